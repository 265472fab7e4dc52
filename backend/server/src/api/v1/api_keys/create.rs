//! `POST /api-keys`

use auditlog_core::{
    id::TenantId,
    policy::{EnvironmentName, Permissions, Scope},
    timestamp::Timestamp,
};
use axum::{Json, extract::State, http::StatusCode};
use ipnet::IpNet;
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    api::v1::{
        api_keys::representation::{ApiKeyBody, PermissionName, RoleName},
        fields,
    },
    app::App,
    auth::{ApiKeysManage, Authorized, KeyManager, take_turn},
    body::{JsonObject, Members},
    limits::Purpose,
    problem::{Code, Problem, ProblemBody, ProblemError},
    request::{NoQuery, OriginOf},
    use_cases::{KeyPolicy, NewApiKey, create_api_key, create_first_api_key, find_tenant},
};

/// A key to be created.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it describes the body in the OpenAPI document; members are read one by one")]
pub(super) struct CreateApiKey {
    /// The tenant in which the key is to be valid. With a tenant's key, leave it out or name the key's own tenant. With
    /// the system key, name a tenant to create its first key, or leave it out to create another system key.
    #[schema(nullable = false)]
    tenant_id: Option<String>,
    /// A human-readable name.
    #[schema(example = "billing service, production", min_length = 1, max_length = 256)]
    name: String,
    /// The role that the key gets. Give either this or `permissions`.
    #[schema(nullable = false)]
    role: Option<RoleName>,
    /// The permissions that the key gets. Give either this or `role`.
    #[schema(nullable = false)]
    permissions: Option<Vec<PermissionName>>,
    /// When the key expires.
    #[schema(format = DateTime, nullable = false)]
    expires_at: Option<String>,
    /// Networks or addresses that requests must come from; an empty list allows any.
    #[schema(example = json!(["10.0.0.0/8"]), nullable = false)]
    allowed_networks: Option<Vec<String>>,
}

/// A new key with its secret.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct CreatedApiKey {
    #[serde(flatten)]
    api_key: ApiKeyBody,
    /// The complete key. It is returned here and never again.
    #[schema(example = "alk_live_k3v9x0q2m7ab4c1d_…")]
    key: String,
}

/// The content of the request body, without its author.
struct Wanted {
    tenant_id: Option<TenantId>,
    name: String,
    permissions: Permissions,
    expires_at: Option<Timestamp>,
    allowed_networks: Vec<IpNet>,
}

/// Create an API key
///
/// A caller cannot grant permissions that its own key does not hold. If the caller's key expires or is bound to
/// networks, the new key must be bound at least as strictly; bounds that are left out are inherited. The system key
/// creates a tenant's key only while that tenant has no live key, and chooses its bounds freely. Recorded as
/// `api_key.create`. Keys that ended long ago may be removed to make room, which is recorded as `api_key.forget`.
#[utoipa::path(
    post,
    path = "/api-keys",
    operation_id = "create_api_key",
    tag = "api-keys",
    request_body = CreateApiKey,
    responses(
        (status = 201, description = "The key, with its secret.", body = CreatedApiKey),
        (status = 403, description = "`permission_not_held`, `key_bounds_exceeded`, `permission_denied`, `tenant_suspended`, `address_not_allowed`", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "`tenant_not_found`", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "`tenant_has_keys`, `too_many_api_keys`", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "`invalid_request`", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(super) async fn create(
    State(app): State<App>,
    Authorized(manager): Authorized<ApiKeysManage>,
    OriginOf(origin): OriginOf,
    _: NoQuery,
    body: JsonObject,
) -> Result<(StatusCode, Json<CreatedApiKey>), Problem> {
    let now = app.services().clock.now();
    let wanted = read(body.members(), now)?;
    let settings = app.settings();
    let environment = EnvironmentName::parse(&settings.key_environment).map_err(|error| {
        tracing::error!(%error, "server.key_environment is not valid");
        Problem::new(Code::InternalError, "the server's configuration is invalid")
    })?;
    let policy = KeyPolicy { environment, live_max: settings.api_keys_max };
    let (scope, is_first) = scope_of(&app, &manager, wanted.tenant_id)?;
    let Wanted { name, permissions, expires_at, allowed_networks, .. } = wanted;
    let new = NewApiKey { scope, name, permissions, expires_at, allowed_networks };
    let author = manager.author(origin);
    let _turn = take_turn(&app, &author, Purpose::Ordinary).await?;
    let (key, token) = match is_first {
        First::Yes => create_first_api_key(app.services(), &author, policy, new).await?,
        First::No => create_api_key(app.services(), &author, policy, new).await?,
    };
    let created = CreatedApiKey { api_key: ApiKeyBody::of(key, now), key: token.expose() };
    Ok((StatusCode::CREATED, Json(created)))
}

fn read(mut members: Members, now: Timestamp) -> Result<Wanted, Problem> {
    let tenant_id = members.optional("tenant_id", fields::tenant_id);
    let name = members.required("name", fields::name);
    let permissions = match (members.has("role"), members.has("permissions")) {
        (true, true) => {
            members.refuse("permissions", "invalid_value", "give either role or permissions, not both");
            members.optional("role", fields::role).and(members.optional("permissions", fields::permissions))
        }
        (false, true) => members.required("permissions", fields::permissions),
        (_, false) => members.required("role", fields::role),
    };
    let expires_at = members.optional("expires_at", |value| fields::future(value, now));
    let allowed_networks = members.optional("allowed_networks", fields::networks).unwrap_or_default();
    let wanted = name.zip(permissions).map(|(name, permissions)| Wanted {
        tenant_id,
        name,
        permissions,
        expires_at,
        allowed_networks,
    });
    members.finish(wanted)
}

/// Whether the key is the first of a tenant, created by a caller outside the tenant.
enum First {
    Yes,
    No,
}

/// The scope of the new key, which its creator chooses within the scope that it manages.
fn scope_of(app: &App, manager: &KeyManager, wanted: Option<TenantId>) -> Result<(Scope, First), Problem> {
    match (manager, wanted) {
        (KeyManager::Tenant(tenant), Some(other)) if other != tenant.tenant_id => {
            let detail = "the tenant comes from the credentials; leave tenant_id out";
            let error = ProblemError::body("/tenant_id", "tenant_mismatch", detail);
            Err(Problem::new(Code::InvalidRequest, detail).with_error(error))
        }
        (KeyManager::Tenant(tenant), _) => Ok((Scope::Tenant(tenant.tenant_id.clone()), First::No)),
        (KeyManager::System(_), None) => Ok((Scope::System, First::No)),
        (KeyManager::System(_), Some(tenant_id)) => {
            find_tenant(app.services(), &tenant_id)?;
            Ok((Scope::Tenant(tenant_id), First::Yes))
        }
    }
}
