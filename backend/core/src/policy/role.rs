//! Owns the roles: the named sets of permissions that keys are given.

use crate::policy::{Permission, Permissions};

/// A named set of permissions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Role {
    /// Sends events.
    AuditWriter,
    /// Finds events; personal groups are withheld.
    AuditViewer,
    /// Finds events and sees all their groups.
    AuditReader,
    /// Sends, finds and sees events and manages the tenant's keys.
    AuditAdmin,
    /// Manages tenants and their first keys, and starts verification and reindexing of every log; reads no events.
    SystemAdmin,
}

impl Role {
    /// Every role.
    pub const ALL: &'static [Self] =
        &[Self::AuditWriter, Self::AuditViewer, Self::AuditReader, Self::AuditAdmin, Self::SystemAdmin];

    /// The role's one spelling.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AuditWriter => "audit_writer",
            Self::AuditViewer => "audit_viewer",
            Self::AuditReader => "audit_reader",
            Self::AuditAdmin => "audit_admin",
            Self::SystemAdmin => "system_admin",
        }
    }

    /// Reads the spelling back. `None` for any other text.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|role| role.as_str() == text)
    }

    /// The permissions of the role.
    #[must_use]
    pub fn permissions(self) -> Permissions {
        use Permission::{ApiKeysManage, EventsRead, EventsReadPersonal, EventsWrite, TenantsManage};
        let permissions: &[Permission] = match self {
            Self::AuditWriter => &[EventsWrite],
            Self::AuditViewer => &[EventsRead],
            Self::AuditReader => &[EventsRead, EventsReadPersonal],
            Self::AuditAdmin => &[EventsWrite, EventsRead, EventsReadPersonal, ApiKeysManage],
            Self::SystemAdmin => &[TenantsManage],
        };
        permissions.iter().copied().collect()
    }
}
