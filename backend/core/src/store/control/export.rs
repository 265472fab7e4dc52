//! Owns the export job: its request, the progress of its file, and which worker has it. Knows neither formats nor
//! files.

use std::{fmt, time::Duration};

use uuid::Uuid;

use crate::{
    event::Visibility,
    id::{OwnerId, TenantId, make_uuid_v7, parse_uuid_v7},
    store::{BoxFuture, ControlError, ExportKey, Revision, TreeHead},
    timestamp::Timestamp,
};

/// The maximum number of exports of a tenant, ended ones included.
pub const EXPORTS_MAX: usize = 100;

/// The maximum number of exports of one owner, so that no owner uses up the limit of its tenant.
pub const EXPORTS_OF_OWNER_MAX: usize = 25;

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
    /// The number of its current state.
    pub revision: Revision,
    /// Who requested it.
    pub owner: OwnerId,
    /// The request.
    pub request: ExportRequest,
    /// The groups that the owner may see.
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

impl Export {
    /// The name of its file.
    #[must_use]
    pub fn key(&self) -> ExportKey {
        ExportKey { tenant_id: self.tenant_id.clone(), id: self.id }
    }
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

/// A change of an export.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ExportChange {
    /// Creates an export with [`Revision::FIRST`]; fails with `AlreadyExists` where its tenant has one with its id,
    /// with `NotFound` where its tenant is unknown, and with `LimitReached` where the tenant has [`EXPORTS_MAX`] or the
    /// owner [`EXPORTS_OF_OWNER_MAX`].
    Create(Export),
    /// Replaces an export's status and progress. `revision` is the one that was read; the stored record gets the next
    /// one. Fails with `NotFound` where its tenant has none with its id, and with `Conflict` where the stored revision
    /// is another one or the stored status is not [`ExportStatus::Pending`]: an ended export does not change.
    Update(Export),
    /// Deletes an export; fails with `NotFound`.
    Delete {
        /// The export.
        id: ExportId,
        /// Its tenant; one of another tenant is `NotFound`.
        tenant_id: TenantId,
        /// The revision that it must have, or else the change fails with `Conflict`. `None` deletes it whatever its
        /// revision.
        expected: Option<Revision>,
    },
}

/// Names a lease: random bytes of the worker that takes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct LeaseId(pub [u8; 16]);

/// Finds exports, and gives each one to a single worker at a time.
///
/// A lease ends when it is released, when another worker takes it after its duration, or when no process that took
/// leases has the store open: a store that only one process can open may keep leases in memory. A worker that is late
/// may still write to the file; [`crate::store::Condition::ExportLeased`] keeps it from changing the record.
pub trait ExportStore: Send + Sync + 'static {
    /// The tenant's export with this id, regardless of its owner.
    fn get_export(&self, tenant_id: TenantId, id: ExportId) -> BoxFuture<'_, Result<Option<Export>, ControlError>>;

    /// Every export of a tenant by (`created_at`, id), regardless of the owner.
    fn list_exports(&self, tenant_id: TenantId) -> BoxFuture<'_, Result<Vec<Export>, ControlError>>;

    /// Every export of every tenant, by tenant and (`created_at`, id), for the code that removes old ones.
    fn list_all_exports(&self) -> BoxFuture<'_, Result<Vec<Export>, ControlError>>;

    /// Every [`ExportStatus::Pending`] export that no worker has leased, by tenant and (`created_at`, id).
    fn list_waiting_exports(&self) -> BoxFuture<'_, Result<Vec<Export>, ControlError>>;

    /// Takes a lease on an export for `duration` from now and returns its current record. `None` where it does not
    /// exist, is not pending, or has the lease of another worker.
    fn lease_export(
        &self,
        key: ExportKey,
        lease: LeaseId,
        duration: Duration,
    ) -> BoxFuture<'_, Result<Option<Export>, ControlError>>;

    /// Extends a lease to `duration` from now, also after its duration if no other worker has taken it, and returns the
    /// export's current record. `None` where the export is gone or has ended, or where the lease was released or taken
    /// over.
    fn renew_lease(
        &self,
        key: ExportKey,
        lease: LeaseId,
        duration: Duration,
    ) -> BoxFuture<'_, Result<Option<Export>, ControlError>>;

    /// Ends a lease. One that is over or unknown is ignored.
    fn release_lease(&self, key: ExportKey, lease: LeaseId) -> BoxFuture<'_, Result<(), ControlError>>;
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
