//! `PATCH /api-keys/{id}`

use axum::{Json, extract::State};
use utoipa::ToSchema;

use crate::{
    api::v1::{
        api_keys::representation::{ApiKeyBody, id_in_path},
        fields,
    },
    app::App,
    auth::{ApiKeysManage, Authorized, take_turn},
    body::JsonObject,
    limits::Purpose,
    problem::{Problem, ProblemBody},
    request::{NoQuery, OriginOf, PathSegment},
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
/// of the caller's key. Recorded as `api_key.update`.
#[utoipa::path(
    patch,
    path = "/api-keys/{id}",
    operation_id = "update_api_key",
    tag = "api-keys",
    params(("id" = String, Path, description = "The key's public part.")),
    request_body = UpdateApiKey,
    responses(
        (status = 200, description = "The key after the change.", body = ApiKeyBody),
        (status = 403, description = "`permission_denied`, `tenant_suspended`, `address_not_allowed`, `stronger_key`, `key_bounds_exceeded`", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "`api_key_not_found`", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "`invalid_request`", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(super) async fn update(
    State(app): State<App>,
    Authorized(manager): Authorized<ApiKeysManage>,
    OriginOf(origin): OriginOf,
    PathSegment(id): PathSegment,
    _: NoQuery,
    body: JsonObject,
) -> Result<Json<ApiKeyBody>, Problem> {
    let id = id_in_path(&id)?;
    let now = app.services().clock.now();
    let mut members = body.members();
    let name = members.optional("name", fields::name);
    let expires_at = members.clearable("expires_at", |value| fields::future(value, now));
    let allowed_networks = members.optional("allowed_networks", fields::networks);
    let update = members.finish(Some(ApiKeyUpdate { name, expires_at, allowed_networks }))?;
    let author = manager.author(origin);
    let _turn = take_turn(&app, &author, Purpose::Ordinary).await?;
    let key = update_api_key(app.services(), &author, &manager.scope(), &id, update).await?;
    Ok(Json(ApiKeyBody::of(key, now)))
}
