//! Owns the cleanup of expired exports and of files without a job.

use std::{sync::Arc, time::Duration};

use auditlog_core::{
    store::{ControlCommit, ControlError, Export, ExportChange, ExportKey, ExportStatus, Urgency},
    timestamp::Timestamp,
};
use tokio::{task::spawn_blocking, time::MissedTickBehavior};

use crate::{
    jobs::exports::ExportJobs,
    problem::{Code, Problem},
    telemetry::ExportEnd,
};

/// The interval between cleanups.
const EVERY: Duration = Duration::from_mins(1);

/// Cleans up at the start, every minute and when records were deleted, until the server stops.
pub(super) async fn sweep_for_ever(jobs: ExportJobs) {
    let mut ticks = tokio::time::interval(EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = ticks.tick() => {}
            // The pause bounds how often callers can cause a cleanup.
            () = jobs.0.cleanup.notified() => jobs.pause().await,
            () = jobs.0.stopping.cancelled() => return,
        }
        if let Err(problem) = jobs.sweep().await {
            tracing::warn!(%problem, "exports cannot be cleaned up now");
        }
    }
}

impl ExportJobs {
    /// The file is deleted before the record: in the opposite order, a failure would leave a file without a record.
    async fn sweep(&self) -> Result<(), Problem> {
        for export in self.control().list_all_exports().await?.into_iter().filter(|export| self.is_over(export)) {
            self.delete_file(export.key()).await;
            let delete = ExportChange::Delete { id: export.id, tenant_id: export.tenant_id, expected: None };
            let commit = ControlCommit::new(vec![delete.into()], Vec::new()).with_urgency(Urgency::Protective);
            match self.control().commit(commit).await {
                // Its owner, or the sweep of another process, was faster.
                Ok(()) | Err(ControlError::NotFound(_)) => {}
                Err(error) => return Err(error.into()),
            }
        }
        // Files are listed before their records are read, because a record is created before its file.
        for key in self.list_files().await? {
            let export = self.control().get_export(key.tenant_id.clone(), key.id).await?;
            if !export.as_ref().is_some_and(needs_file) {
                self.delete_file(key).await;
            }
        }
        Ok(())
    }

    /// When an export expires; `None` until it has ended.
    pub(crate) fn expires_at(&self, export: &Export) -> Option<Timestamp> {
        let kept_us = i64::try_from(self.0.settings.retention.as_micros()).unwrap_or(i64::MAX);
        let ended_at = export.status.ended_at()?;
        Some(Timestamp::from_micros(ended_at.as_micros().saturating_add(kept_us)))
    }

    /// Whether an export has expired, whether or not it has been cleaned up.
    pub(crate) fn is_over(&self, export: &Export) -> bool {
        self.expires_at(export).is_some_and(|at| at <= self.0.services.clock.now())
    }

    /// Removes the file of a job that was cancelled, failed or deleted, and counts its end.
    pub(super) async fn delete_unneeded_file(&self, key: ExportKey, export: Option<&Export>) {
        if !export.is_some_and(needs_file) {
            self.0.services.metrics.exports().count_end(ExportEnd::Cancelled);
            self.delete_file(key).await;
        }
    }

    /// Removes a file that is no longer needed. If that fails, the next sweep retries it.
    pub(crate) async fn delete_file(&self, key: ExportKey) {
        let files = Arc::clone(&self.0.services.files);
        match spawn_blocking(move || files.delete_file(&key)).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::warn!(%error, "the file of an export cannot be removed now"),
            Err(error) => tracing::error!(%error, "removing the file of an export failed unexpectedly"),
        }
    }

    async fn list_files(&self) -> Result<Vec<ExportKey>, Problem> {
        let files = Arc::clone(&self.0.services.files);
        let listed = spawn_blocking(move || files.list_files()).await;
        Ok(listed.map_err(|_| Problem::new(Code::InternalError, "the files could not be listed"))??)
    }
}

/// Whether a job has, or will have, a file.
const fn needs_file(export: &Export) -> bool {
    match export.status {
        ExportStatus::Pending | ExportStatus::Completed { .. } => true,
        ExportStatus::Failed { .. } | ExportStatus::Cancelled { .. } => false,
    }
}
