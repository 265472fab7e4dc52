//! Owns how a tenant is represented in responses.

use auditlog_core::{id::TenantId, store::Tenant};
use serde::Serialize;
use utoipa::ToSchema;

use crate::problem::{Code, Problem};

/// A tenant.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Tenant)]
pub(super) struct TenantBody {
    /// The tenant's id; an id is never reused.
    #[schema(example = "acme", pattern = "^[a-z0-9][a-z0-9._-]{0,127}$")]
    id: String,
    /// A human-readable name.
    #[schema(example = "Acme Inc.")]
    name: String,
    /// Whether the tenant's keys are accepted.
    #[schema(value_type = TenantStatus)]
    status: &'static str,
    /// When it was created.
    #[schema(format = DateTime)]
    created_at: String,
    /// When it was last changed.
    #[schema(format = DateTime)]
    updated_at: String,
}

/// Whether a tenant's keys are accepted.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
#[expect(dead_code, reason = "it describes the spelling of a status in the OpenAPI document")]
pub(super) enum TenantStatus {
    /// The tenant's keys are accepted.
    Active,
    /// The tenant's keys are refused; no data is deleted.
    Suspended,
}

impl From<Tenant> for TenantBody {
    fn from(tenant: Tenant) -> Self {
        Self {
            id: tenant.id.to_string(),
            name: tenant.name,
            status: tenant.status.as_str(),
            created_at: tenant.created_at.to_string(),
            updated_at: tenant.updated_at.to_string(),
        }
    }
}

/// The tenant id in a path. A text that is not a valid id names no tenant.
pub(super) fn id_in_path(segment: &str) -> Result<TenantId, Problem> {
    TenantId::parse(segment).ok_or_else(|| Problem::new(Code::TenantNotFound, "there is no tenant with this id"))
}
