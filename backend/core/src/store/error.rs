//! Storage errors, coarsely: one kind for each way in which a caller reacts differently.

use std::time::Duration;

use crate::{id::TenantId, query::Interruption, timestamp::Timestamp};

/// Why a batch was not stored.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AppendError {
    /// A bounded queue or the tail is full; the same request may succeed later.
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
    /// The object to be created exists already.
    #[error("{0} exists already")]
    AlreadyExists(String),
    /// The object to be changed does not exist.
    #[error("{0} does not exist")]
    NotFound(String),
    /// The object cannot be created: the maximum number of them exists.
    #[error("{0}")]
    LimitReached(String),
    /// The change and its audit event could not be stored.
    #[error(transparent)]
    NotStored(#[from] AppendError),
    /// The disk could not be read, or the data is damaged.
    #[error("control data cannot be read: {0}")]
    Unavailable(String),
}
