//! `GET /api-keys`

use axum::{Json, extract::State};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    api::v1::api_keys::representation::ApiKeyBody,
    app::App,
    auth::{ApiKeysManage, Authorized},
    problem::Problem,
    request::NoQuery,
};

/// Every key of the caller's scope.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ApiKeyList {
    /// By creation, revoked and expired ones included.
    api_keys: Vec<ApiKeyBody>,
}

/// List API keys
///
/// Those of the caller's tenant; for the system key, the system keys.
#[utoipa::path(
    get,
    path = "/api-keys",
    operation_id = "list_api_keys",
    tag = "api-keys",
    responses((status = 200, description = "Every key of the caller's scope.", body = ApiKeyList))
)]
pub(super) async fn list(
    State(app): State<App>,
    Authorized(manager): Authorized<ApiKeysManage>,
    _: NoQuery,
) -> Result<Json<ApiKeyList>, Problem> {
    let now = app.services().clock.now();
    let keys = app.services().control.list_api_keys(&manager.scope())?;
    Ok(Json(ApiKeyList { api_keys: keys.into_iter().map(|key| ApiKeyBody::of(key, now)).collect() }))
}
