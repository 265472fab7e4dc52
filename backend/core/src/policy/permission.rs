//! Defines every permission, and the type for a set of permissions.

use crate::event::Visibility;

/// One thing a caller may be allowed to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Permission {
    /// Send events.
    EventsWrite,
    /// Find events; personal groups are withheld.
    EventsRead,
    /// See the groups `actor`, `context` and `content` of events that may be read.
    EventsReadPersonal,
    /// Create, list and revoke the API keys of the own tenant.
    ApiKeysManage,
    /// Create, list and change tenants and create their first keys; start verification and reindexing of every log.
    TenantsManage,
}

impl Permission {
    /// Every permission.
    pub const ALL: &'static [Self] =
        &[Self::EventsWrite, Self::EventsRead, Self::EventsReadPersonal, Self::ApiKeysManage, Self::TenantsManage];

    /// The permission's one spelling.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::EventsWrite => "events.write",
            Self::EventsRead => "events.read",
            Self::EventsReadPersonal => "events.read_personal",
            Self::ApiKeysManage => "api_keys.manage",
            Self::TenantsManage => "tenants.manage",
        }
    }

    /// Reads the spelling back. `None` for any other text.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|permission| permission.as_str() == text)
    }
}

/// A set of permissions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub struct Permissions(u32);

impl Permissions {
    /// Whether `permission` is in the set.
    #[must_use]
    pub const fn contains(self, permission: Permission) -> bool {
        self.0 & (1 << permission as u32) != 0
    }

    /// Whether every permission of `other` is in this set too. Used so that no key can grant more than it holds.
    #[must_use]
    pub const fn contains_all(self, other: Self) -> bool {
        other.0 & !self.0 == 0
    }

    /// The groups of events that a caller with these permissions sees.
    #[must_use]
    pub const fn visibility(self) -> Visibility {
        if self.contains(Permission::EventsReadPersonal) { Visibility::All } else { Visibility::WithoutPersonal }
    }

    /// The permissions in the set, in the order of [`Permission::ALL`].
    pub fn iter(self) -> impl Iterator<Item = Permission> {
        Permission::ALL.iter().copied().filter(move |permission| self.contains(*permission))
    }
}

impl FromIterator<Permission> for Permissions {
    fn from_iter<I: IntoIterator<Item = Permission>>(permissions: I) -> Self {
        Self(permissions.into_iter().fold(0, |set, permission| set | 1 << permission as u32))
    }
}
