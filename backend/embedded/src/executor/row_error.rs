//! Owns why a row cannot be tested: the budget ended, or a stored value does not read back.

use auditlog_core::{query::Interruption, store::QueryError};

use crate::{columns::UnreadableColumn, segment::Segment};

/// Why a row was not tested.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum RowError {
    /// The query's budget ended.
    Interrupted(Interruption),
    /// A value that passed its checksum is not what this version writes.
    Unreadable(UnreadableColumn),
}

impl RowError {
    /// The error of a query that read the row from a segment.
    pub(super) fn in_segment(self, segment: &Segment) -> QueryError {
        match self {
            Self::Interrupted(interruption) => interruption.into(),
            Self::Unreadable(column) => segment.unreadable(&column),
        }
    }

    /// The error of a query that read the row from the tail. No checksum failed, so the cause is a bug; no answer is
    /// better than a wrong one.
    pub(super) fn in_tail(self) -> QueryError {
        match self {
            Self::Interrupted(interruption) => interruption.into(),
            Self::Unreadable(column) => QueryError::Corrupted(format!("the tail: {column}")),
        }
    }
}

impl From<Interruption> for RowError {
    fn from(interruption: Interruption) -> Self {
        Self::Interrupted(interruption)
    }
}

impl From<UnreadableColumn> for RowError {
    fn from(column: UnreadableColumn) -> Self {
        Self::Unreadable(column)
    }
}
