//! `GET /exports/{id}`

use axum::{Json, extract::State};

use crate::{
    api::v1::exports::representation::ExportBody,
    app::App,
    auth::{Authorized, EventsRead},
    problem::{Problem, ProblemBody},
    request::{NoQuery, OriginOf, PathSegment},
    use_cases::{Asker, find_export},
};

/// Get an export
///
/// Returns the export with its progress and, once the file is complete, its manifest.
#[utoipa::path(
    get,
    path = "/exports/{id}",
    operation_id = "get_export",
    tag = "exports",
    params(("id" = String, Path, description = "The export's id.")),
    responses(
        (status = 200, description = "The export.", body = ExportBody),
        (status = 404, description = "`export_not_found`, also for the exports of other keys unless the caller holds `api_keys.manage`.", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(super) async fn get(
    State(app): State<App>,
    Authorized(reader): Authorized<EventsRead>,
    OriginOf(origin): OriginOf,
    PathSegment(id): PathSegment,
    _: NoQuery,
) -> Result<Json<ExportBody>, Problem> {
    let export = find_export(&app, &Asker::new(reader, origin)?, &id)?;
    Ok(Json(ExportBody::of(&app, export)))
}
