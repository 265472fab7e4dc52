//! `GET /exports`

use axum::{Json, extract::State};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    api::v1::exports::representation::ExportBody,
    app::App,
    auth::{Authorized, EventsRead},
    problem::Problem,
    request::{NoQuery, OriginOf},
    use_cases::{Asker, list_exports},
};

/// The exports that the caller sees.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ExportList {
    /// The newest first.
    exports: Vec<ExportBody>,
}

/// List exports
///
/// Those of the caller's key; for holders of `api_keys.manage` those of the whole tenant.
#[utoipa::path(
    get,
    path = "/exports",
    operation_id = "list_exports",
    tag = "exports",
    responses((status = 200, description = "Every export that the caller sees.", body = ExportList))
)]
pub(super) async fn list(
    State(app): State<App>,
    Authorized(reader): Authorized<EventsRead>,
    OriginOf(origin): OriginOf,
    _: NoQuery,
) -> Result<Json<ExportList>, Problem> {
    let exports = list_exports(&app, &Asker::new(reader, origin)?)?;
    Ok(Json(ExportList { exports: exports.into_iter().map(|export| ExportBody::of(&app, export)).collect() }))
}
