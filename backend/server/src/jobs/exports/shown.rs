//! Owns what is seen of a job while it is made.

use std::sync::{Mutex, PoisonError};

use auditlog_core::store::ExportProgress;

/// How far a job has come, for those who ask. It runs ahead of what is durable.
#[derive(Debug)]
pub(super) struct Shown(Mutex<ExportProgress>);

impl Shown {
    pub(super) const fn new(progress: ExportProgress) -> Self {
        Self(Mutex::new(progress))
    }

    pub(super) fn set(&self, progress: ExportProgress) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = progress;
    }

    pub(super) fn progress(&self) -> ExportProgress {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
