//! Storage errors, coarsely: one kind for each way in which a caller reacts differently.

use std::time::Duration;

use crate::{id::TenantId, timestamp::Timestamp};

/// Why nothing of a batch was stored.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AppendError {
    /// A bounded queue or the tail is full; the same request may succeed later.
    #[error("the store is taking in events as fast as it can; retry in {} ms", retry_after.as_millis())]
    Overloaded {
        /// When to try again.
        retry_after: Duration,
    },
    /// Less disk is free than the configured minimum; reads go on.
    #[error("only {free_bytes} bytes of disk are free and at least {min_free_bytes} are kept free")]
    InsufficientStorage {
        /// What is free, in bytes.
        free_bytes: u64,
        /// What the configuration wants free, in bytes.
        min_free_bytes: u64,
    },
    /// The tenant does not exist.
    #[error("tenant {0} does not exist")]
    UnknownTenant(TenantId),
    /// The clock fell behind what was received already: within a log `received_at` falls by at most 60 s. The same request
    /// succeeds once the clock has caught up or was reset.
    #[error("a request of {received_at} comes more than 60 s behind the newest event, which was received at {newest}")]
    ClockBehind {
        /// When the request was received.
        received_at: Timestamp,
        /// When the newest event was received.
        newest: Timestamp,
    },
    /// A write or sync failed, or the store is closing. What was acknowledged before is kept.
    #[error("the store takes in nothing any more: {0}")]
    Stopped(String),
}

/// Why a query has no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum QueryError {
    /// The deadline passed first.
    #[error("the query did not finish before its deadline")]
    DeadlineExceeded,
    /// The answer has more groups than memory for one query holds.
    #[error("there are too many groups for one answer")]
    TooManyGroups,
    /// The asker went away.
    #[error("the query was cancelled")]
    Cancelled,
    /// Stored bytes do not match their checksum. They are never served.
    #[error("stored data is damaged: {0}")]
    Corrupted(String),
    /// The disk could not be read, or the store is closing.
    #[error("the store cannot answer: {0}")]
    Unavailable(String),
}

/// Why a change of control data was not made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ControlError {
    /// What was to be created is there already.
    #[error("{0} exists already")]
    AlreadyExists(String),
    /// What was to be changed is not there.
    #[error("{0} does not exist")]
    NotFound(String),
    /// There is no room for what was to be created: as many as allowed are there.
    #[error("{0}")]
    LimitReached(String),
    /// The change and its audit event could not be stored.
    #[error(transparent)]
    NotStored(#[from] AppendError),
    /// The disk could not be read, or what was read is damaged.
    #[error("control data cannot be read: {0}")]
    Unavailable(String),
}
