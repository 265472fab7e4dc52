//! `PATCH /api-keys/{id}`

use axum::extract::State;
use utoipa::ToSchema;

use crate::{
    answer::Tagged,
    api::v1::{
        api_keys::representation::{ApiKeyBody, id_in_path},
        fields,
    },
    app::App,
    auth::{ApiKeysManage, Authorized},
    body::JsonObject,
    problem::{Code, Problem},
    request::{IfMatch, NoQuery, OriginOf, PathSegment},
    use_cases::{ApiKeyUpdate, update_api_key},
};

/// Changes to a key. Members that are left out stay unchanged.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it describes the body in the OpenAPI document; members are read one by one")]
pub(super) struct UpdateApiKey {
    /// The new name.
    #[schema(min_length = 1, max_length = 256, nullable = false)]
    name: Option<String>,
    /// The new expiry; `null` removes it.
    #[schema(format = DateTime)]
    expires_at: Option<String>,
    /// The new networks or addresses that requests must come from; an empty list allows any.
    #[schema(nullable = false)]
    allowed_networks: Option<Vec<String>>,
}

/// Change the name, expiry or networks of an API key
///
/// A key's permissions never change: create another key instead. A key that holds permissions which the caller's key
/// does not hold cannot be changed. No key, including the caller's own, can be widened beyond the expiry and networks
/// of the caller's key. A later expiry makes an expired key usable again. That is refused with
/// `too_many_api_keys` if the maximum number of usable keys is already reached. Recorded in the log as
/// `api_key.update`.
#[utoipa::path(
    patch,
    path = "/api-keys/{id}",
    operation_id = "update_api_key",
    tag = "api-keys",
    params(("id" = String, Path, description = "The key's public part.")),
    request_body = UpdateApiKey,
    responses((status = 200, description = "The key after the change.", body = ApiKeyBody)),
    extensions(("x-problems" = json!([
        Code::StrongerKey, Code::KeyBoundsExceeded, Code::ApiKeyNotFound, Code::TooManyApiKeys, Code::InvalidRequest,
        Code::Overloaded, Code::InsufficientStorage,
    ])))
)]
pub(super) async fn update(
    State(app): State<App>,
    Authorized(caller): Authorized<ApiKeysManage>,
    OriginOf(origin): OriginOf,
    IfMatch(expected): IfMatch,
    PathSegment(id): PathSegment,
    _: NoQuery,
    body: JsonObject,
) -> Result<Tagged<ApiKeyBody>, Problem> {
    let id = id_in_path(&id)?;
    let now = app.services().clock.now();
    let mut members = body.members();
    let name = members.optional("name", fields::name);
    let expires_at = members.clearable("expires_at", |value| fields::future(value, now));
    let allowed_networks = members.optional("allowed_networks", fields::networks);
    let update = members.finish(Some(ApiKeyUpdate { name, expires_at, allowed_networks }))?;
    let editor = app.changes().by(&caller, &origin);
    let key = update_api_key(&editor, app.settings().api_keys_max, &caller.scope, &id, update, &expected).await?;
    Ok(Tagged::new(key.revision, ApiKeyBody::of(key, now)))
}
