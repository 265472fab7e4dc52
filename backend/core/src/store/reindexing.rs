//! Rebuilding the indexes of a store while it is in use.

use crate::{
    query::QueryBudget,
    store::{BoxFuture, QueryError},
};

/// The result of rebuilding indexes, counted in indexes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Reindexed {
    /// Indexes that were missing, damaged or of another version, and were replaced.
    pub rebuilt: u64,
    /// Indexes that were correct.
    pub unchanged: u64,
}

/// Rebuilds indexes.
pub trait Reindex: Send + Sync + 'static {
    /// Rebuilds every index that the store derives from its events, missing and damaged ones too, and replaces those
    /// that differ from the rebuilt ones. The events themselves are only read; a store without indexes does nothing.
    ///
    /// Queries and intake continue meanwhile, and no answer changes, except that queries which failed because of an
    /// index succeed. When a budget or a crash interrupts it, each index is either unchanged or rebuilt, and it may be
    /// started again.
    ///
    /// # Errors
    /// [`QueryError::Corrupted`], naming the place, as soon as events that an index is built from are damaged: their
    /// index stays unchanged. Other [`QueryError`]s where it did not complete.
    fn reindex(&self, budget: QueryBudget) -> BoxFuture<'_, Result<Reindexed, QueryError>>;
}
