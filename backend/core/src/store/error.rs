//! Storage errors, coarsely: one kind for each way in which a caller reacts differently.

use std::{fmt, time::Duration};

use crate::{id::TenantId, query::Interruption, timestamp::Timestamp};

/// Why a batch was not stored.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AppendError {
    /// A bounded queue or memory is full; the same request may succeed later.
    #[error("the store is overloaded; retry in {} ms", retry_after.as_millis())]
    Overloaded {
        /// How long to wait before retrying.
        retry_after: Duration,
    },
    /// Less disk is free than the configured minimum; reads continue.
    #[error("only {free_bytes} bytes of disk are free, but at least {min_free_bytes} must stay free")]
    InsufficientStorage {
        /// The free space, in bytes.
        free_bytes: u64,
        /// The configured minimum, in bytes.
        min_free_bytes: u64,
    },
    /// The tenant does not exist.
    #[error("tenant {0} does not exist")]
    UnknownTenant(TenantId),
    /// The clock is behind the newest receipt: within a log `received_at` falls by at most 60 s. The same request
    /// succeeds once the clock has caught up or was reset.
    #[error("a request received at {received_at} is more than 60 s behind the newest event, received at {newest}")]
    ClockBehind {
        /// When the request was received.
        received_at: Timestamp,
        /// When the newest event was received.
        newest: Timestamp,
    },
    /// The request could not be decided, because stored data that it depends on cannot be read. Other requests are not
    /// affected.
    #[error("the request cannot be decided: {0}")]
    Unavailable(String),
    /// A write or sync failed, or the store is closing. Everything acknowledged before is kept.
    #[error("the store accepts no more writes: {0}")]
    Stopped(String),
}

/// Why a query has no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum QueryError {
    /// The deadline passed before the answer was complete.
    #[error("the query did not finish before its deadline")]
    DeadlineExceeded,
    /// The answer has more groups than the memory limit of one query allows.
    #[error("there are too many groups for one answer")]
    TooManyGroups,
    /// The caller no longer waits.
    #[error("the query was cancelled")]
    Cancelled,
    /// Stored bytes do not match their checksum. They are never served.
    #[error("stored data is damaged: {0}")]
    Corrupted(String),
    /// The disk could not be read, or the store is closing.
    #[error("the store cannot answer: {0}")]
    Unavailable(String),
}

impl From<Interruption> for QueryError {
    fn from(interruption: Interruption) -> Self {
        match interruption {
            Interruption::DeadlineExceeded => Self::DeadlineExceeded,
            Interruption::Cancelled => Self::Cancelled,
        }
    }
}

/// Why a change of control data was not made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ControlError {
    /// The record to be created exists already.
    #[error("{0} already exists")]
    AlreadyExists(RecordName),
    /// The record to be changed does not exist.
    #[error("{0} does not exist")]
    NotFound(RecordName),
    /// The record changed since the change was decided, or a condition of the commit is not true. The change may be
    /// decided again on the current state.
    #[error("{0} has changed meanwhile")]
    Conflict(RecordName),
    /// The record cannot be created: the maximum number of them exists.
    #[error("{0} cannot be created, because the maximum number of them exists")]
    LimitReached(RecordName),
    /// The change and its audit event could not be stored.
    #[error(transparent)]
    NotStored(#[from] AppendError),
    /// The disk could not be read, or the data is damaged.
    #[error("control data cannot be read: {0}")]
    Unavailable(String),
}

/// Names a record in an error.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordName {
    /// What it is.
    pub kind: RecordKind,
    /// Its id within its kind, or the name that it shares with another record.
    pub id: String,
}

/// A kind of control data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RecordKind {
    /// A tenant.
    Tenant,
    /// An API key.
    ApiKey,
    /// A saved search.
    SavedSearch,
    /// An export.
    Export,
}

impl RecordKind {
    /// The kind in a message.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Tenant => "tenant",
            Self::ApiKey => "API key",
            Self::SavedSearch => "saved search",
            Self::Export => "export",
        }
    }

    /// Names the record of this kind with this id.
    #[must_use]
    pub fn named(self, id: impl fmt::Display) -> RecordName {
        RecordName { kind: self, id: id.to_string() }
    }
}

impl fmt::Display for RecordName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {}", self.kind.as_str(), self.id)
    }
}
