//! Owns the tenant: its record, its changes and how it is found.

use crate::{
    id::TenantId,
    store::{BoxFuture, ControlError, Revision},
    timestamp::Timestamp,
};

/// A tenant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tenant {
    /// Its id; an id is never reused.
    pub id: TenantId,
    /// The number of its current state.
    pub revision: Revision,
    /// A name for people, at most 256 bytes.
    pub name: String,
    /// Whether its keys work.
    pub status: TenantStatus,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

/// Whether a tenant's keys work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TenantStatus {
    /// They do.
    Active,
    /// They are refused; nothing is deleted.
    Suspended,
}

impl TenantStatus {
    /// The one spelling.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Suspended => "suspended",
        }
    }

    /// Reads the spelling back. `None` for any other text.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Active, Self::Suspended].into_iter().find(|status| status.as_str() == text)
    }
}

/// A change of a tenant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TenantChange {
    /// Creates a tenant with [`Revision::FIRST`]; fails with `AlreadyExists` where its id was ever used.
    Create(Tenant),
    /// Replaces a tenant's name, status and `updated_at`. `revision` is the one that was read; the stored record gets
    /// the next one. Fails with `NotFound`, and with `Conflict` where the stored revision is another one.
    Update(Tenant),
}

/// Finds tenants.
pub trait TenantStore: Send + Sync + 'static {
    /// The tenant with this id.
    fn get_tenant(&self, id: TenantId) -> BoxFuture<'_, Result<Option<Tenant>, ControlError>>;

    /// A page of all tenants, by id: those after `after`, or from the first one on, and at most `limit` of them.
    fn list_tenants(&self, after: Option<TenantId>, limit: usize) -> BoxFuture<'_, Result<Vec<Tenant>, ControlError>>;
}
