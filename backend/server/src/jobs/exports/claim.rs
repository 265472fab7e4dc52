//! Owns a worker's hold on one job: its lease, its visible progress, and how its end is recorded.

use std::sync::Arc;

use auditlog_core::store::{
    ControlCommit, ControlError, Export, ExportChange, ExportKey, ExportProgress, ExportStatus, Urgency,
};

use crate::{
    jobs::exports::{
        ExportJobs,
        lease::{Lease, Taken},
        making::Making,
        shown::Shown,
    },
    problem::Problem,
    telemetry::ExportEnd,
};

/// Exclusive access to a job.
pub(super) struct Claim {
    pub(super) jobs: ExportJobs,
    /// The record when the job was claimed.
    pub(super) export: Export,
    pub(super) lease: Arc<Lease>,
    pub(super) shown: Arc<Shown>,
}

/// A claimed job and its state.
pub(super) struct Found {
    pub(super) claim: Claim,
    /// The interrupted work, if the job was begun and its file is open.
    pub(super) begun: Option<Box<Making>>,
}

/// How a job ended.
pub(super) struct End {
    pub(super) status: ExportStatus,
    pub(super) progress: ExportProgress,
}

impl ExportJobs {
    /// Claims one of the waiting jobs.
    pub(super) async fn claim(
        &self,
        choose: impl Fn(Vec<Export>) -> Option<Export>,
    ) -> Result<Option<Found>, ControlError> {
        self.drop_outdated().await?;
        let mut waiting = self.control().list_waiting_exports().await?;
        while let Some(chosen) = choose(waiting.clone()) {
            if let Some(taken) = Lease::take(self, chosen.key()).await? {
                return Ok(Some(self.found(taken)));
            }
            // Another worker was faster.
            waiting.retain(|export| export.key() != chosen.key());
        }
        Ok(None)
    }

    fn found(&self, Taken { lease, export }: Taken) -> Found {
        let begun = self.0.parked.lock().take(&export);
        let shown = Arc::new(Shown::new(begun.as_ref().map_or(export.progress, |making| making.progress())));
        self.0.running.lock().insert(export.key(), Arc::clone(&shown));
        Found { claim: Claim { jobs: self.clone(), export, lease: Arc::new(lease), shown }, begun }
    }

    /// Whether a job of another tenant waits for a worker. `false` if that cannot be determined, so that no job is
    /// interrupted.
    pub(super) async fn do_others_wait(&self, export: &Export) -> bool {
        let Ok(waiting) = self.control().list_waiting_exports().await else { return false };
        waiting.iter().any(|other| other.tenant_id != export.tenant_id)
    }
}

impl Claim {
    /// Sets the job aside and releases it, so that another one gets its turn. Returns the work if too many files are
    /// open and this one could not be resumed, so that it continues.
    pub(super) async fn set_aside(&self, making: Box<Making>) -> Option<Box<Making>> {
        let kept = self.jobs.0.parked.lock().put(self.key(), making);
        if kept.is_none() {
            self.release().await;
        }
        kept
    }

    /// Gives the job to other workers.
    pub(super) async fn release(&self) {
        self.lease.release().await;
    }

    /// The end of a job that failed.
    pub(super) fn failed(&self, problem: Problem) -> End {
        tracing::warn!(tenant = %self.export.tenant_id, export = %self.export.id, %problem, "an export failed");
        let (code, at) = (problem.code.as_str().to_owned(), self.jobs.0.services.clock.now());
        let status = ExportStatus::Failed { at, code, detail: problem.detail };
        End { status, progress: self.shown.progress() }
    }

    /// Records how the job ended. If the store refuses the record, retries until the server stops, and once after that:
    /// without the record, the next start would make the file again.
    pub(super) async fn conclude(&self, end: End) {
        loop {
            // An attempt that begins after the stop of the server was requested is the last one.
            let is_last = self.jobs.is_stopping();
            match self.try_to_conclude(&end).await {
                Ok(Some(end)) => {
                    self.jobs.0.services.metrics.exports().count_end(end);
                    if !matches!(end, ExportEnd::Completed) {
                        self.jobs.delete_file(self.key()).await;
                    }
                    return;
                }
                Ok(None) => return self.clean_up_unwanted().await,
                Err(error) => {
                    tracing::warn!(%error, "the end of an export cannot be recorded yet");
                    if is_last {
                        return;
                    }
                    self.jobs.pause().await;
                }
            }
        }
    }

    /// Deletes the file of a job that is no longer this worker's, if the job needs none. The file of a completed job,
    /// or of another worker, is left alone.
    pub(super) async fn clean_up_unwanted(&self) {
        let key = self.key();
        if let Ok(current) = self.jobs.control().get_export(key.tenant_id.clone(), key.id).await {
            self.jobs.delete_unneeded_file(key, current.as_ref()).await;
        }
    }

    /// `None` if the job is no longer this worker's.
    async fn try_to_conclude(&self, end: &End) -> Result<Option<ExportEnd>, ControlError> {
        let Some(current) = self.lease.current().await? else { return Ok(None) };
        let End { status, progress } = end;
        let counted = match status {
            ExportStatus::Completed { .. } => ExportEnd::Completed,
            ExportStatus::Pending | ExportStatus::Failed { .. } | ExportStatus::Cancelled { .. } => ExportEnd::Failed,
        };
        let ended = Export { status: status.clone(), progress: *progress, ..current };
        // A protective change: a failed job leaves a file that can then be deleted, and an export ends only once.
        let commit = ControlCommit::new(vec![ExportChange::Update(ended).into()], Vec::new());
        let commit = commit.with_urgency(Urgency::Protective).on_condition(self.lease.condition());
        match self.jobs.control().commit(commit).await {
            Ok(()) => Ok(Some(counted)),
            Err(ControlError::NotFound(_) | ControlError::Conflict(_)) => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn key(&self) -> ExportKey {
        self.export.key()
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        // Another worker of this process may have the job by now.
        let mut running = self.jobs.0.running.lock();
        if running.get(&self.key()).is_some_and(|shown| Arc::ptr_eq(shown, &self.shown)) {
            running.remove(&self.key());
        }
    }
}
