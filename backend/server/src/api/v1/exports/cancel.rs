//! `POST /exports/{id}/cancel`

use axum::{Json, extract::State};

use crate::{
    api::v1::exports::representation::ExportBody,
    app::App,
    auth::{Authorized, EventsRead, take_turn},
    limits::Purpose,
    problem::{Problem, ProblemBody},
    request::{NoQuery, OriginOf, PathSegment},
    use_cases::{Asker, cancel_export},
};

/// Cancel an export
///
/// Stops making the file and removes the part that exists. Cancelling a cancelled export changes nothing. Recorded as
/// `export.cancel`.
#[utoipa::path(
    post,
    path = "/exports/{id}/cancel",
    operation_id = "cancel_export",
    tag = "exports",
    params(("id" = String, Path, description = "The export's id.")),
    responses(
        (status = 200, description = "The export after the change.", body = ExportBody),
        (status = 404, description = "`export_not_found`", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "`export_finished`: the export is completed or has failed.", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(super) async fn cancel(
    State(app): State<App>,
    Authorized(reader): Authorized<EventsRead>,
    OriginOf(origin): OriginOf,
    PathSegment(id): PathSegment,
    _: NoQuery,
) -> Result<Json<ExportBody>, Problem> {
    let asker = Asker::new(reader, origin)?;
    let _turn = take_turn(&app, asker.author(), Purpose::Protective).await?;
    let export = cancel_export(&app, &asker, &id).await?;
    Ok(Json(ExportBody::of(&app, export)))
}
