//! Owns the statistics of a run: how many operations of each kind it performed.

use std::ops::AddAssign;

/// The statistics of one run, or of several together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ModelReport {
    /// All operations, each of the following counted once.
    pub operations: u64,
    /// Batches appended, not counting records of control changes.
    pub batches: u64,
    /// Events sent in which something was adjusted.
    pub adjusted: u64,
    /// Receipts that said stored.
    pub stored: u64,
    /// Receipts that said duplicate.
    pub duplicates: u64,
    /// Receipts that said conflict.
    pub conflicts: u64,
    /// Changes of control data, including refused ones.
    pub control_changes: u64,
    /// Seals that had something to seal.
    pub seals: u64,
    /// Compactions that had something to join.
    pub compactions: u64,
    /// How often the store was closed and reopened.
    pub reopens: u64,
    /// Leaves recomputed from sealed data.
    pub sealed_leaves: u64,
    /// Queries: look-ups, walks and counts.
    pub queries: u64,
    /// Queries that found at least one event.
    pub non_empty_queries: u64,
    /// Queries that found events both in sealed data and in the tail.
    pub spanning_queries: u64,
    /// Pages listed.
    pub pages: u64,
}

impl AddAssign for ModelReport {
    fn add_assign(&mut self, other: Self) {
        self.operations += other.operations;
        self.batches += other.batches;
        self.adjusted += other.adjusted;
        self.stored += other.stored;
        self.duplicates += other.duplicates;
        self.conflicts += other.conflicts;
        self.control_changes += other.control_changes;
        self.seals += other.seals;
        self.compactions += other.compactions;
        self.reopens += other.reopens;
        self.sealed_leaves += other.sealed_leaves;
        self.queries += other.queries;
        self.non_empty_queries += other.non_empty_queries;
        self.spanning_queries += other.spanning_queries;
        self.pages += other.pages;
    }
}
