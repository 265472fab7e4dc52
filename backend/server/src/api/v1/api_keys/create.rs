//! `POST /api-keys`

use auditlog_core::{
    id::TenantId,
    policy::{Caller, EnvironmentName, Permissions, Scope},
    timestamp::Timestamp,
};
use axum::{extract::State, http::StatusCode};
use ipnet::IpNet;
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    answer::Tagged,
    api::v1::{
        api_keys::representation::{ApiKeyBody, PermissionName, RoleName},
        fields,
    },
    app::App,
    auth::{ApiKeysManage, Authorized},
    body::{JsonObject, Members},
    problem::{Code, Problem, ProblemError},
    request::{NoQuery, OriginOf},
    use_cases::{CreatedApiKey, KeyPolicy, NewApiKey, create_api_key, create_first_api_key},
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
#[schema(as = CreatedApiKey)]
pub(super) struct CreatedApiKeyBody {
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
/// creates a tenant's key only while that tenant has no key that is neither revoked nor expired, and chooses its bounds
/// freely. Recorded in the log as `api_key.create`. If there are too many revoked and expired keys, those that ended
/// first are removed, which is recorded as `api_key.forget`.
#[utoipa::path(
    post,
    path = "/api-keys",
    operation_id = "create_api_key",
    tag = "api-keys",
    request_body = CreateApiKey,
    responses((status = 201, description = "The key, with its secret.", body = CreatedApiKeyBody)),
    extensions(("x-problems" = json!([
        Code::PermissionNotHeld, Code::KeyBoundsExceeded, Code::TenantNotFound, Code::TenantHasKeys,
        Code::TooManyApiKeys, Code::InvalidRequest, Code::RevisionConflict, Code::Overloaded, Code::InsufficientStorage,
    ])))
)]
pub(super) async fn create(
    State(app): State<App>,
    Authorized(caller): Authorized<ApiKeysManage>,
    OriginOf(origin): OriginOf,
    _: NoQuery,
    body: JsonObject,
) -> Result<(StatusCode, Tagged<CreatedApiKeyBody>), Problem> {
    let now = app.services().clock.now();
    let wanted = read(body.members(), now)?;
    let settings = app.settings();
    let environment = EnvironmentName::parse(&settings.key_environment).map_err(|error| {
        tracing::error!(%error, "server.key_environment is not valid");
        Problem::new(Code::InternalError, "the server's configuration is invalid")
    })?;
    let policy = KeyPolicy { environment, live_max: settings.api_keys_max };
    let Place { scope, position } = place_of(&caller, wanted.tenant_id)?;
    let Wanted { name, permissions, expires_at, allowed_networks, .. } = wanted;
    let new = NewApiKey { scope, name, permissions, expires_at, allowed_networks };
    let editor = app.changes().by(&caller, &origin);
    let CreatedApiKey { key, token } = match position {
        Position::First => create_first_api_key(&editor, &policy, new).await?,
        Position::Any => create_api_key(&editor, &policy, new).await?,
    };
    let revision = key.revision;
    let created = CreatedApiKeyBody { api_key: ApiKeyBody::of(key, now), key: token.expose() };
    Ok((StatusCode::CREATED, Tagged::new(revision, created)))
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

/// Where a new key is to be valid, and which one it may be there.
struct Place {
    scope: Scope,
    position: Position,
}

/// Which key of its scope a new key may be.
enum Position {
    /// Only the first: its creator is not a member of the tenant.
    First,
    /// Any.
    Any,
}

/// The scope of the new key, which its creator chooses within the scope that it manages.
fn place_of(caller: &Caller, wanted: Option<TenantId>) -> Result<Place, Problem> {
    match (&caller.scope, wanted) {
        (Scope::Tenant(own), Some(other)) if other != *own => {
            let detail = "the tenant comes from the credentials; leave tenant_id out";
            let error = ProblemError::body("/tenant_id", "tenant_mismatch", detail);
            Err(Problem::new(Code::InvalidRequest, detail).with_error(error))
        }
        (Scope::Tenant(_), _) | (Scope::System, None) => {
            Ok(Place { scope: caller.scope.clone(), position: Position::Any })
        }
        (Scope::System, Some(tenant_id)) => Ok(Place { scope: Scope::Tenant(tenant_id), position: Position::First }),
    }
}
