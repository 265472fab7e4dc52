//! `GET /exports/{id}`

use axum::{Json, extract::State};

use crate::{
    api::v1::exports::representation::ExportBody,
    app::App,
    auth::{Authorized, EventsRead},
    problem::{Code, Problem},
    request::{NoQuery, PathSegment},
    use_cases::find_export,
};

/// Get an export
///
/// Returns the export with its progress and, once the file is complete, its manifest. An export created with
/// another key is reported as not found unless the caller holds the permission `api_keys.manage`.
#[utoipa::path(
    get,
    path = "/exports/{id}",
    operation_id = "get_export",
    tag = "exports",
    params(("id" = String, Path, description = "The export's id.")),
    responses((status = 200, description = "The export.", body = ExportBody)),
    extensions(("x-problems" = json!([Code::ExportNotFound, Code::TooManyAnswers])))
)]
pub(super) async fn get(
    State(app): State<App>,
    Authorized(caller): Authorized<EventsRead>,
    PathSegment(id): PathSegment,
    _: NoQuery,
) -> Result<Json<ExportBody>, Problem> {
    let export = find_export(app.services().control.as_ref(), app.export_jobs(), &caller, &id).await?;
    Ok(Json(ExportBody::of(app.export_jobs(), export)))
}
