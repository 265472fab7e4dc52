//! `GET /api-keys/{id}`

use axum::extract::State;

use crate::{
    answer::Tagged,
    api::v1::api_keys::representation::{ApiKeyBody, id_in_path},
    app::App,
    auth::{ApiKeysManage, Authorized},
    problem::{Code, Problem},
    request::{NoQuery, PathSegment},
    use_cases::find_api_key,
};

/// Get an API key
#[utoipa::path(
    get,
    path = "/api-keys/{id}",
    operation_id = "get_api_key",
    tag = "api-keys",
    params(("id" = String, Path, description = "The key's public part.")),
    responses((status = 200, description = "The key.", body = ApiKeyBody)),
    extensions(("x-problems" = json!([Code::ApiKeyNotFound])))
)]
pub(super) async fn get(
    State(app): State<App>,
    Authorized(caller): Authorized<ApiKeysManage>,
    PathSegment(id): PathSegment,
    _: NoQuery,
) -> Result<Tagged<ApiKeyBody>, Problem> {
    let key = find_api_key(app.services().control.as_ref(), &caller.scope, &id_in_path(&id)?).await?;
    Ok(Tagged::new(key.revision, ApiKeyBody::of(key, app.services().clock.now())))
}
