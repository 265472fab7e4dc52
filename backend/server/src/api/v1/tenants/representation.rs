//! Owns how a tenant looks in answers.

use auditlog_core::{id::TenantId, store::Tenant};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    problem::{Code, Problem},
    use_cases::status_text,
};

/// A tenant.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Tenant)]
pub(super) struct TenantBody {
    /// Its id; once given, never given again.
    #[schema(example = "acme", pattern = "^[a-z0-9][a-z0-9._-]{0,127}$")]
    id: String,
    /// A name for people.
    #[schema(example = "Acme Inc.")]
    name: String,
    /// Whether its keys work.
    #[schema(value_type = TenantStatus)]
    status: &'static str,
    /// When it was created.
    #[schema(format = DateTime)]
    created_at: String,
    /// When it was last changed.
    #[schema(format = DateTime)]
    updated_at: String,
}

/// Whether a tenant's keys work.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
#[expect(dead_code, reason = "it describes the spelling of a status in the OpenAPI document")]
pub(super) enum TenantStatus {
    /// They do.
    Active,
    /// They are refused; nothing is deleted.
    Suspended,
}

impl From<Tenant> for TenantBody {
    fn from(tenant: Tenant) -> Self {
        Self {
            id: tenant.id.to_string(),
            name: tenant.name,
            status: status_text(tenant.status),
            created_at: tenant.created_at.to_string(),
            updated_at: tenant.updated_at.to_string(),
        }
    }
}

/// The tenant that a path names; a text that is no id names none.
pub(super) fn id_in_path(segment: &str) -> Result<TenantId, Problem> {
    TenantId::parse(segment).ok_or_else(|| Problem::new(Code::TenantNotFound, "there is no tenant with this id"))
}
