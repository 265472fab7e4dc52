//! Rebuilding the indexes of a store while it is in use.

use crate::store::{BoxFuture, QueryBudget, QueryError};

/// What building indexes anew came to, counted in indexes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Reindexed {
    /// Were missing, damaged or of another version, and were replaced.
    pub rebuilt: u64,
    /// Were right as they were.
    pub unchanged: u64,
}

/// Builds indexes anew.
pub trait Reindex: Send + Sync + 'static {
    /// Builds every index that the store derives from its events anew, missing and damaged ones too, and replaces those
    /// that are not what it built. The events themselves are only read; a store that keeps no index has nothing to do.
    ///
    /// Queries and intake go on meanwhile, and no answer changes, but that those which failed because of an index
    /// succeed. Interrupted by its budget or by a crash it leaves each index either as it was or rebuilt, and may be
    /// started again.
    ///
    /// # Errors
    /// [`QueryError::Corrupted`], naming where, as soon as events that an index is built from are damaged: their index
    /// stays as it was. Other [`QueryError`]s where it did not come to its end.
    fn reindex(&self, budget: QueryBudget) -> BoxFuture<'_, Result<Reindexed, QueryError>>;
}
