//! `DELETE /api-keys/{id}`

use axum::extract::State;

use crate::{
    answer::Tagged,
    api::v1::api_keys::representation::{ApiKeyBody, id_in_path},
    app::App,
    auth::{ApiKeysManage, Authorized},
    problem::{Code, Problem},
    request::{IfMatch, NoQuery, OriginOf, PathSegment},
    use_cases::revoke_api_key,
};

/// Revoke an API key
///
/// The key is refused from now on, permanently. Everything running on behalf of the key ends: tails, exports and
/// downloads. The key's exports, completed ones included, and its private saved searches are deleted, because no other
/// key can read them. The record of the key is kept until it is removed to make room for new keys, which is recorded as
/// `api_key.forget`. Revoking a revoked key changes nothing. A key that holds permissions which the caller's key does
/// not hold cannot be revoked. Recorded in the log as `api_key.revoke`.
#[utoipa::path(
    delete,
    path = "/api-keys/{id}",
    operation_id = "revoke_api_key",
    tag = "api-keys",
    params(("id" = String, Path, description = "The key's public part.")),
    responses((status = 200, description = "The key after the change.", body = ApiKeyBody)),
    extensions(("x-problems" = json!([
        Code::StrongerKey, Code::ApiKeyNotFound, Code::Overloaded, Code::InsufficientStorage,
    ])))
)]
pub(super) async fn revoke(
    State(app): State<App>,
    Authorized(caller): Authorized<ApiKeysManage>,
    OriginOf(origin): OriginOf,
    IfMatch(expected): IfMatch,
    PathSegment(id): PathSegment,
    _: NoQuery,
) -> Result<Tagged<ApiKeyBody>, Problem> {
    let id = id_in_path(&id)?;
    let editor = app.changes().by(&caller, &origin);
    let key = revoke_api_key(&editor, &caller.scope, &id, &expected).await?;
    app.export_jobs().wake_cleanup();
    Ok(Tagged::new(key.revision, ApiKeyBody::of(key, app.services().clock.now())))
}
