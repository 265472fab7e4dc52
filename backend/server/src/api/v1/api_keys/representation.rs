//! Owns how an API key looks in answers: everything but its secret.

use auditlog_core::{
    policy::{Permission, Scope},
    store::{ApiKey, ApiKeyId},
    timestamp::Timestamp,
};
use serde::Serialize;
use utoipa::ToSchema;

use crate::problem::{Code, Problem};

/// An API key, without its secret.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ApiKey)]
pub(super) struct ApiKeyBody {
    /// The public part, which stands in the key itself too.
    #[schema(example = "k3v9x0q2m7ab4c1d")]
    id: String,
    /// The tenant it is valid in; absent where it is a system key.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "acme", nullable = false)]
    tenant_id: Option<String>,
    /// A name for people.
    #[schema(example = "billing service, production")]
    name: String,
    /// What it may do.
    #[schema(value_type = Vec<PermissionName>)]
    permissions: Vec<&'static str>,
    /// Whether it opens anything now.
    status: ApiKeyStatus,
    /// When it was created.
    #[schema(format = DateTime)]
    created_at: String,
    /// From when on it is refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime, nullable = false)]
    expires_at: Option<String>,
    /// Since when it is refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime, nullable = false)]
    revoked_at: Option<String>,
    /// Where requests must come from; empty means anywhere.
    #[schema(example = json!(["10.0.0.0/8"]))]
    allowed_networks: Vec<String>,
}

/// Whether a key opens anything now.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum ApiKeyStatus {
    /// It does.
    Active,
    /// Not any more, because of its expiry.
    Expired,
    /// Never again.
    Revoked,
}

/// What a key may do.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it describes the spelling of permissions in the OpenAPI document")]
pub(super) enum PermissionName {
    /// Send events.
    #[schema(rename = "events.write")]
    EventsWrite,
    /// Find events; personal groups are withheld.
    #[schema(rename = "events.read")]
    EventsRead,
    /// See the personal groups of events that may be read.
    #[schema(rename = "events.read_personal")]
    EventsReadPersonal,
    /// Create, list and revoke the API keys of the own tenant.
    #[schema(rename = "api_keys.manage")]
    ApiKeysManage,
    /// Create, list and change tenants and create their first keys; have every log verified and reindexed. Only outside of
    /// tenants.
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
    /// Finds events; personal groups are withheld.
    AuditViewer,
    /// Finds events and sees all of them.
    AuditReader,
    /// Sends, finds and sees events and manages the tenant's keys.
    AuditAdmin,
    /// Manages tenants and their first keys, and has every log verified and reindexed; reads no events. Only outside of
    /// tenants.
    SystemAdmin,
}

impl ApiKeyBody {
    /// The key as it is at a time.
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

/// The key that a path names; a text that is no id names none.
pub(super) fn id_in_path(segment: &str) -> Result<ApiKeyId, Problem> {
    ApiKeyId::parse(segment).ok_or_else(|| Problem::new(Code::ApiKeyNotFound, "there is no API key with this id"))
}
