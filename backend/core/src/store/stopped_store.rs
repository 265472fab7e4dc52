//! Checking and reindexing a store that no server has open.

use crate::store::{Reindexed, Verification};

/// A store that no server has open. Each method opens it, so that no server can start meanwhile, and blocks the thread.
pub trait StoppedStore {
    /// Reads back every stored byte, recomputes leaves and roots and compares them with what was acknowledged. Nothing
    /// is changed. Damage is a finding, never an error, and does not stop the rest from being read. `progress` is
    /// called now and then.
    ///
    /// # Errors
    /// [`StoppedStoreError`] where a server has the store open, or there is no store.
    fn check(&self, progress: &mut dyn FnMut(CheckProgress)) -> Result<CheckReport, StoppedStoreError>;

    /// Rebuilds every index that the store derives from its events, missing and damaged ones too, and replaces those
    /// that differ from the rebuilt ones. The events themselves are only read; a store without indexes does nothing. If
    /// interrupted, it can be started again. `progress` is called now and then.
    ///
    /// # Errors
    /// [`StoppedStoreError`] where a server has the store open, there is no store, or events are damaged.
    fn reindex(&self, progress: &mut dyn FnMut(ReindexProgress)) -> Result<Reindexed, StoppedStoreError>;
}

/// The result of checking a stopped store.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CheckReport {
    /// The intact, damaged and unreadable events, and all findings.
    pub verification: Verification,
    /// The number of data files.
    pub files: u64,
    /// The number of bytes read.
    pub bytes: u64,
}

/// The progress of a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CheckProgress {
    /// Bytes read so far.
    pub bytes_done: u64,
    /// Bytes to read.
    pub bytes_total: u64,
}

/// The progress of rebuilding indexes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReindexProgress {
    /// Indexes rebuilt or found correct so far.
    pub indexes_done: u64,
    /// Indexes in total.
    pub indexes_total: u64,
}

/// Why work on a stopped store was not completed: a text for the operator, with the remedy.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct StoppedStoreError(pub String);
