//! Owns the interrupted jobs, which wait for their next turn with their files open.

use std::{collections::HashMap, fmt};

use auditlog_core::store::{ControlError, Export, ExportKey, ExportStatus};

use crate::jobs::exports::{ExportJobs, making::Making};

/// The maximum number of interrupted jobs with open files. A Parquet file holds up to 16 MiB of rows in memory, because
/// it cannot be resumed in any other way.
const OPEN_MAX: usize = 16;

/// The interrupted jobs.
#[derive(Default)]
pub(super) struct Parked(HashMap<ExportKey, Box<Making>>);

impl fmt::Debug for Parked {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_set().entries(self.0.keys()).finish()
    }
}

impl Parked {
    pub(super) fn clear(&mut self) {
        self.0.clear();
    }

    /// Keeps a job. If too many files are open, a job that can be resumed from its record is closed, and any other is
    /// returned.
    pub(super) fn put(&mut self, key: ExportKey, making: Box<Making>) -> Option<Box<Making>> {
        if self.0.len() < OPEN_MAX {
            self.0.insert(key, making);
            return None;
        }
        (!making.can_resume()).then_some(making)
    }

    /// The interrupted work on a job, unless another worker has continued it since: that raises the revision.
    pub(super) fn take(&mut self, export: &Export) -> Option<Box<Making>> {
        self.0.remove(&export.key()).filter(|making| making.revision() == export.revision)
    }
}

impl ExportJobs {
    /// Drops the interrupted jobs that were ended or continued elsewhere.
    pub(super) async fn drop_outdated(&self) -> Result<(), ControlError> {
        let keys: Vec<ExportKey> = self.0.parked.lock().0.keys().cloned().collect();
        for key in keys {
            let export = self.control().get_export(key.tenant_id.clone(), key.id).await?;
            let pending = export.as_ref().filter(|export| export.status == ExportStatus::Pending);
            // A job that was parked again since has a later revision.
            let is_current = |making: &Making| pending.as_ref().is_some_and(|now| now.revision <= making.revision());
            let is_dropped = {
                let mut parked = self.0.parked.lock();
                let is_outdated = parked.0.get(&key).is_some_and(|making| !is_current(making));
                is_outdated && parked.0.remove(&key).is_some()
            };
            if is_dropped {
                self.delete_unneeded_file(key, export.as_ref()).await;
            }
        }
        Ok(())
    }
}
