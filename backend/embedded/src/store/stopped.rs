//! Owns the view of a data directory whose server is stopped.

use std::path::PathBuf;

use auditlog_core::store::{CheckProgress, CheckReport, ReindexProgress, Reindexed, StoppedStore, StoppedStoreError};

use crate::{check, error::OpenError, reindex};

/// A data directory whose server is stopped. Nothing is opened before a method is called.
#[derive(Debug, Clone)]
pub struct StoppedDirectory {
    data_dir: PathBuf,
}

impl StoppedDirectory {
    /// The store in `data_dir`.
    #[must_use]
    pub fn new(data_dir: impl Into<PathBuf>) -> Self {
        Self { data_dir: data_dir.into() }
    }
}

impl StoppedStore for StoppedDirectory {
    fn check(&self, progress: &mut dyn FnMut(CheckProgress)) -> Result<CheckReport, StoppedStoreError> {
        check::run(&self.data_dir, progress).map_err(|error| explained(&error))
    }

    fn reindex(&self, progress: &mut dyn FnMut(ReindexProgress)) -> Result<Reindexed, StoppedStoreError> {
        reindex::run(&self.data_dir, progress).map_err(|error| explained(&error))
    }
}

fn explained(error: &OpenError) -> StoppedStoreError {
    StoppedStoreError(error.to_string())
}
