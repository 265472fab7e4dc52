//! Owns the export job: its request and the progress of its file. Knows neither formats nor files.

use std::fmt;

use uuid::Uuid;

use crate::{
    event::Visibility,
    id::{ApiKeyId, TenantId, make_uuid_v7, parse_uuid_v7},
    store::TreeHead,
    timestamp::Timestamp,
};

/// The maximum number of exports of a tenant, ended ones included.
pub const EXPORTS_MAX: usize = 100;

/// The maximum number of exports of one key, so that no key uses up the limit of its tenant.
pub const EXPORTS_OF_KEY_MAX: usize = 25;

/// The id of an export: a UUID of version 7, printed in lower case. Unique within its tenant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ExportId(Uuid);

impl ExportId {
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

impl fmt::Display for ExportId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.hyphenated().fmt(formatter)
    }
}

/// A file of events that is, or was, written in the background.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Export {
    /// Its id.
    pub id: ExportId,
    /// Whose events it holds.
    pub tenant_id: TenantId,
    /// The key that requested it.
    pub owner: ApiKeyId,
    /// The request.
    pub request: ExportRequest,
    /// The groups that the key may see.
    pub visibility: Visibility,
    /// The log at the time of the request: later events are not in the file.
    pub log: TreeHead,
    /// When it was requested, which is also the time that relative times count back from.
    pub created_at: Timestamp,
    /// Whether it has ended, and how.
    pub status: ExportStatus,
    /// Its progress.
    pub progress: ExportProgress,
}

/// The parameters of an export, in the words of the request. The job that writes the file parses them again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExportRequest {
    /// The query in the search box's language; `None` is every event.
    pub query: Option<String>,
    /// The format's name.
    pub format: String,
    /// The compression's name.
    pub compression: String,
    /// The columns of a table as one record of comma-separated values; `None` are the default columns.
    pub columns: Option<String>,
}

/// Whether an export has ended, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ExportStatus {
    /// It has not ended: it is being written, or will be.
    Pending,
    /// Its file is complete.
    Completed {
        /// When it ended.
        at: Timestamp,
    },
    /// It failed, and has no file.
    Failed {
        /// When it ended.
        at: Timestamp,
        /// The reason, as a stable code.
        code: String,
        /// The reason, for people.
        detail: String,
    },
    /// It was cancelled, and has no file.
    Cancelled {
        /// When it ended.
        at: Timestamp,
    },
}

impl ExportStatus {
    /// When it ended; `None` if it has not.
    #[must_use]
    pub const fn ended_at(&self) -> Option<Timestamp> {
        match self {
            Self::Pending => None,
            Self::Completed { at } | Self::Failed { at, .. } | Self::Cancelled { at } => Some(*at),
        }
    }
}

/// The progress of a file of events: the contents of its first bytes. For a completed export, of the whole file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ExportProgress {
    /// The first sequence that was not scanned.
    pub next: u64,
    /// The number of events in the file.
    pub events: u64,
    /// The range of their sequences; `None` where there are none.
    pub sequences: Option<SequenceSpan>,
    /// The length of the file, in bytes.
    pub bytes: u64,
    /// SHA-256 of these bytes.
    pub sha256: [u8; 32],
}

impl ExportProgress {
    /// The progress before the start.
    pub const NOTHING: Self = Self { next: 0, events: 0, sequences: None, bytes: 0, sha256: SHA256_OF_NOTHING };
}

/// SHA-256 of no bytes (FIPS 180-4).
const SHA256_OF_NOTHING: [u8; 32] = [
    0xe3, 0xb0, 0xc4, 0x42, 0x98, 0xfc, 0x1c, 0x14, 0x9a, 0xfb, 0xf4, 0xc8, 0x99, 0x6f, 0xb9, 0x24, 0x27, 0xae, 0x41,
    0xe4, 0x64, 0x9b, 0x93, 0x4c, 0xa4, 0x95, 0x99, 0x1b, 0x78, 0x52, 0xb8, 0x55,
];

/// The first and the last sequence of some events.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SequenceSpan {
    /// The first.
    pub first: u64,
    /// The last.
    pub last: u64,
}

#[cfg(test)]
mod tests {
    use sha2::{Digest, Sha256};

    use super::*;

    #[test]
    fn nothing_has_the_digest_of_no_bytes() {
        assert_eq!(ExportProgress::NOTHING.sha256, <[u8; 32]>::from(Sha256::digest([])));
    }
}
