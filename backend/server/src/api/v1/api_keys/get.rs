//! `GET /api-keys/{id}`

use axum::{Json, extract::State};

use crate::{
    api::v1::api_keys::representation::{ApiKeyBody, id_in_path},
    app::App,
    auth::{ApiKeysManage, Authorized},
    problem::{Problem, ProblemBody},
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
    responses(
        (status = 200, description = "The key.", body = ApiKeyBody),
        (status = 404, description = "`api_key_not_found`", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(super) async fn get(
    State(app): State<App>,
    Authorized(manager): Authorized<ApiKeysManage>,
    PathSegment(id): PathSegment,
    _: NoQuery,
) -> Result<Json<ApiKeyBody>, Problem> {
    let key = find_api_key(app.services(), &manager.scope(), &id_in_path(&id)?)?;
    Ok(Json(ApiKeyBody::of(key, app.services().clock.now())))
}
