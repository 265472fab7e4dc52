//! `POST /exports/{id}/cancel`

use axum::{Json, extract::State};

use crate::{
    api::v1::exports::representation::ExportBody,
    app::App,
    auth::{Authorized, EventsRead},
    problem::{Code, Problem},
    request::{NoQuery, OriginOf, PathSegment},
    use_cases::cancel_export,
};

/// Cancel an export
///
/// Stops making the file and deletes what has been written of it so far. Recorded in the log as `export.cancel`.
/// Cancelling a cancelled export changes nothing and is not recorded.
#[utoipa::path(
    post,
    path = "/exports/{id}/cancel",
    operation_id = "cancel_export",
    tag = "exports",
    params(("id" = String, Path, description = "The export's id.")),
    responses((status = 200, description = "The export after the change.", body = ExportBody)),
    extensions(("x-problems" = json!([
        Code::ExportNotFound, Code::ExportFinished, Code::RevisionConflict, Code::Overloaded, Code::TooManyAnswers, Code::InsufficientStorage,
    ])))
)]
pub(super) async fn cancel(
    State(app): State<App>,
    Authorized(caller): Authorized<EventsRead>,
    OriginOf(origin): OriginOf,
    PathSegment(id): PathSegment,
    _: NoQuery,
) -> Result<Json<ExportBody>, Problem> {
    let editor = app.changes().by(&caller, &origin);
    let export = cancel_export(&editor, app.export_jobs(), &id).await?;
    Ok(Json(ExportBody::of(app.export_jobs(), export)))
}
