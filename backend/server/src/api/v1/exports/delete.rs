//! `DELETE /exports/{id}`

use axum::{extract::State, http::StatusCode};

use crate::{
    app::App,
    auth::{Authorized, EventsRead},
    problem::{Code, Problem},
    request::{NoQuery, OriginOf, PathSegment},
    use_cases::delete_export,
};

/// Delete an export
///
/// Deletes the export and its file; an export in progress is stopped. Recorded in the log as `export.delete`.
#[utoipa::path(
    delete,
    path = "/exports/{id}",
    operation_id = "delete_export",
    tag = "exports",
    params(("id" = String, Path, description = "The export's id.")),
    responses((status = 204, description = "The export was deleted.")),
    extensions(("x-problems" = json!([Code::ExportNotFound, Code::RevisionConflict, Code::Overloaded, Code::InsufficientStorage])))
)]
pub(super) async fn delete(
    State(app): State<App>,
    Authorized(caller): Authorized<EventsRead>,
    OriginOf(origin): OriginOf,
    PathSegment(id): PathSegment,
    _: NoQuery,
) -> Result<StatusCode, Problem> {
    delete_export(&app.changes().by(&caller, &origin), app.export_jobs(), &id).await?;
    Ok(StatusCode::NO_CONTENT)
}
