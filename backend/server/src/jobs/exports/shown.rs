//! Owns the visible progress of a running job.

use parking_lot::Mutex;

use auditlog_core::store::ExportProgress;

/// The progress of a job, as shown to callers. It is ahead of the durable progress.
#[derive(Debug)]
pub(super) struct Shown(Mutex<ExportProgress>);

impl Shown {
    pub(super) const fn new(progress: ExportProgress) -> Self {
        Self(Mutex::new(progress))
    }

    pub(super) fn set(&self, progress: ExportProgress) {
        *self.0.lock() = progress;
    }

    pub(super) fn progress(&self) -> ExportProgress {
        *self.0.lock()
    }
}
