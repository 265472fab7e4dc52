//! Owns the saved search: the text of a search box under a name, kept by a key for itself or for its tenant.

use std::fmt;

use uuid::Uuid;

use crate::{
    id::{ApiKeyId, TenantId, make_uuid_v7, parse_uuid_v7},
    timestamp::Timestamp,
};

/// The maximum number of saved searches of a tenant, the private ones of all keys included.
pub const SAVED_SEARCHES_MAX: usize = 1_000;

/// The maximum number of saved searches of one key, so that no key uses up the limit of its tenant.
pub const SAVED_SEARCHES_OF_KEY_MAX: usize = 250;

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
    /// The key that created it.
    pub owner: ApiKeyId,
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
