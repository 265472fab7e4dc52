//! `DELETE /api-keys/{id}`

use axum::{Json, extract::State};

use crate::{
    api::v1::api_keys::representation::{ApiKeyBody, id_in_path},
    app::App,
    auth::{ApiKeysManage, Authorized, take_turn},
    limits::Purpose,
    problem::{Problem, ProblemBody},
    request::{NoQuery, OriginOf, PathSegment},
    use_cases::revoke_api_key,
};

/// Revoke an API key
///
/// The key is refused from now on, permanently; its record is kept. Everything running on behalf of the key ends:
/// tails, exports and downloads. Revoking a revoked key changes nothing. A key that holds permissions which the
/// caller's key does not hold cannot be revoked. Recorded as `api_key.revoke`.
#[utoipa::path(
    delete,
    path = "/api-keys/{id}",
    operation_id = "revoke_api_key",
    tag = "api-keys",
    params(("id" = String, Path, description = "The key's public part.")),
    responses(
        (status = 200, description = "The key after the change.", body = ApiKeyBody),
        (status = 403, description = "`permission_denied`, `tenant_suspended`, `address_not_allowed`, `stronger_key`", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "`api_key_not_found`", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(super) async fn revoke(
    State(app): State<App>,
    Authorized(manager): Authorized<ApiKeysManage>,
    OriginOf(origin): OriginOf,
    PathSegment(id): PathSegment,
    _: NoQuery,
) -> Result<Json<ApiKeyBody>, Problem> {
    let id = id_in_path(&id)?;
    let author = manager.author(origin);
    let _turn = take_turn(&app, &author, Purpose::Protective).await?;
    let key = revoke_api_key(app.services(), &author, &manager.scope(), &id).await?;
    Ok(Json(ApiKeyBody::of(key, app.services().clock.now())))
}
