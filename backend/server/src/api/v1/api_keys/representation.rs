//! Owns how an API key is represented in responses: all members except its secret.

use auditlog_core::{
    id::ApiKeyId,
    policy::{Permission, Scope},
    store::ApiKey,
    timestamp::Timestamp,
};
use serde::Serialize;
use utoipa::ToSchema;

use crate::problem::{Code, Problem};

/// An API key, without its secret.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ApiKey)]
pub(super) struct ApiKeyBody {
    /// The public part, which the key itself also contains.
    #[schema(example = "k3v9x0q2m7ab4c1d")]
    id: String,
    /// The tenant in which the key is valid; absent for a system key.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "acme", nullable = false)]
    tenant_id: Option<String>,
    /// A human-readable name.
    #[schema(example = "billing service, production")]
    name: String,
    /// The key's permissions.
    #[schema(value_type = Vec<PermissionName>)]
    permissions: Vec<&'static str>,
    /// Whether the key is accepted now.
    status: ApiKeyStatus,
    /// When it was created.
    #[schema(format = DateTime)]
    created_at: String,
    /// When the key expires.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime, nullable = false)]
    expires_at: Option<String>,
    /// When the key was revoked.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime, nullable = false)]
    revoked_at: Option<String>,
    /// Networks or addresses that requests must come from; an empty list allows any.
    #[schema(example = json!(["10.0.0.0/8"]))]
    allowed_networks: Vec<String>,
}

/// Whether a key is accepted now.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum ApiKeyStatus {
    /// The key is accepted.
    Active,
    /// The key has expired.
    Expired,
    /// The key was revoked permanently.
    Revoked,
}

/// A permission of a key.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it describes the spelling of permissions in the OpenAPI document")]
pub(super) enum PermissionName {
    /// Send events.
    #[schema(rename = "events.write")]
    EventsWrite,
    /// Find events; personal field groups are withheld.
    #[schema(rename = "events.read")]
    EventsRead,
    /// See the personal field groups of the events that the key may find.
    #[schema(rename = "events.read_personal")]
    EventsReadPersonal,
    /// Create, list and revoke the API keys of the own tenant.
    #[schema(rename = "api_keys.manage")]
    ApiKeysManage,
    /// Create, list and change tenants, create their first keys, and verify and reindex all logs. Only valid for system
    /// keys.
    #[schema(rename = "tenants.manage")]
    TenantsManage,
}

/// A named set of permissions.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
#[expect(dead_code, reason = "it describes the spelling of roles in the OpenAPI document")]
pub(super) enum RoleName {
    /// Sends events.
    AuditWriter,
    /// Finds events; personal field groups are withheld.
    AuditViewer,
    /// Finds events and sees all their fields.
    AuditReader,
    /// Sends and finds events, sees all their fields, and manages the tenant's keys.
    AuditAdmin,
    /// Manages tenants and their first keys, and verifies and reindexes all logs; cannot read events. Only valid for
    /// system keys.
    SystemAdmin,
}

impl ApiKeyBody {
    /// Represents the key with its status at the time `now`.
    pub(super) fn of(key: ApiKey, now: Timestamp) -> Self {
        let status = match (key.revoked_at, key.expires_at) {
            (Some(_), _) => ApiKeyStatus::Revoked,
            (None, Some(expires_at)) if expires_at <= now => ApiKeyStatus::Expired,
            _ => ApiKeyStatus::Active,
        };
        let tenant_id = match key.scope {
            Scope::Tenant(tenant_id) => Some(tenant_id.to_string()),
            Scope::System => None,
        };
        Self {
            id: key.id.to_string(),
            tenant_id,
            name: key.name,
            permissions: key.permissions.iter().map(Permission::as_str).collect(),
            status,
            created_at: key.created_at.to_string(),
            expires_at: key.expires_at.map(|time| time.to_string()),
            revoked_at: key.revoked_at.map(|time| time.to_string()),
            allowed_networks: key.allowed_networks.iter().map(ToString::to_string).collect(),
        }
    }
}

/// The key id in a path. A text that is not a valid id names no key.
pub(super) fn id_in_path(segment: &str) -> Result<ApiKeyId, Problem> {
    ApiKeyId::parse(segment).ok_or_else(|| Problem::new(Code::ApiKeyNotFound, "there is no API key with this id"))
}
