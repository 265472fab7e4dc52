//! Owns the saved search: the text of a search box under a name, kept for its owner or for its tenant.

use std::fmt;

use uuid::Uuid;

use crate::{
    id::{OwnerId, TenantId, make_uuid_v7, parse_uuid_v7},
    store::{BoxFuture, ControlError, Revision},
    timestamp::Timestamp,
};

/// The maximum number of saved searches of a tenant, the private ones of all owners included.
pub const SAVED_SEARCHES_MAX: usize = 1_000;

/// The maximum number of saved searches of one owner, so that no owner uses up the limit of its tenant.
pub const SAVED_SEARCHES_OF_OWNER_MAX: usize = 250;

/// The id of a saved search: a UUID of version 7, printed in lower case. Unique within its tenant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SavedSearchId(Uuid);

impl SavedSearchId {
    /// Parses the hyphenated lower-case form. `None` for anything else, other UUID versions included.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        parse_uuid_v7(text).map(Self)
    }

    /// Makes an id of a time (cut to milliseconds) and ten random bytes.
    #[must_use]
    pub fn from_parts(time: Timestamp, random: [u8; 10]) -> Self {
        Self(make_uuid_v7(time, random))
    }
}

impl fmt::Display for SavedSearchId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.hyphenated().fmt(formatter)
    }
}

/// A saved search.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SavedSearch {
    /// Its id.
    pub id: SavedSearchId,
    /// Its tenant, the only one whose events it finds.
    pub tenant_id: TenantId,
    /// The number of its current state.
    pub revision: Revision,
    /// Who created it.
    pub owner: OwnerId,
    /// A name for people, at most 256 bytes. Unique among those of one owner.
    pub name: String,
    /// The query in the search box's language, at most [`crate::query::SEARCH_BYTES_MAX`] bytes. Relative times stay
    /// relative: they count back from the time of each use.
    pub query: String,
    /// Its purpose, at most 1 KiB.
    pub description: Option<String>,
    /// Who sees it.
    pub visibility: SearchVisibility,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

/// Who sees a saved search.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SearchVisibility {
    /// Its owner alone.
    Private,
    /// Every key of the tenant that may find events.
    Shared,
}

impl SearchVisibility {
    /// The one spelling.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Private => "private",
            Self::Shared => "shared",
        }
    }

    /// Reads the spelling back. `None` for any other text.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Private, Self::Shared].into_iter().find(|visibility| visibility.as_str() == text)
    }
}

/// A change of a saved search.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SavedSearchChange {
    /// Creates a saved search with [`Revision::FIRST`]; fails with `AlreadyExists` where its tenant has one with its id
    /// or its owner has one with its name, with `NotFound` where its tenant is unknown, and with `LimitReached` where
    /// the tenant has [`SAVED_SEARCHES_MAX`] or the owner [`SAVED_SEARCHES_OF_OWNER_MAX`].
    Create(SavedSearch),
    /// Replaces a saved search's name, query, description, visibility and `updated_at`. `revision` is the one that was
    /// read; the stored record gets the next one. Fails with `NotFound` where its tenant has none with its id, with
    /// `Conflict` where the stored revision is another one, and with `AlreadyExists` where another one of its owner has
    /// its name.
    Update(SavedSearch),
    /// Deletes a saved search; fails with `NotFound`.
    Delete {
        /// The saved search.
        id: SavedSearchId,
        /// Its tenant; one of another tenant is `NotFound`.
        tenant_id: TenantId,
        /// The revision that it must have, or else the change fails with `Conflict`. `None` deletes it whatever its
        /// revision.
        expected: Option<Revision>,
    },
}

/// Finds saved searches.
pub trait SavedSearchStore: Send + Sync + 'static {
    /// The tenant's saved search with this id, whatever its visibility.
    fn get_saved_search(
        &self,
        tenant_id: TenantId,
        id: SavedSearchId,
    ) -> BoxFuture<'_, Result<Option<SavedSearch>, ControlError>>;

    /// Every saved search of a tenant by (name, id), whatever its visibility.
    fn list_saved_searches(&self, tenant_id: TenantId) -> BoxFuture<'_, Result<Vec<SavedSearch>, ControlError>>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_lower_case_uuids_of_version_7() {
        let id = SavedSearchId::from_parts(Timestamp::from_micros(1_795_000_000_123_456), [0xff; 10]);
        assert_eq!(SavedSearchId::parse(&id.to_string()), Some(id));
        for bad in ["01932B5E-7C00-7abc-8def-0123456789ab", "01932b5e-7c00-4abc-8def-0123456789ab", "01932b5e", ""] {
            assert_eq!(SavedSearchId::parse(bad), None, "{bad}");
        }
    }
}
