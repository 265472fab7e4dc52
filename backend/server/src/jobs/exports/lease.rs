//! Owns the lease of a job while this process works on it: taken from the store, renewed in the background, released at
//! the end. A process that dies stops renewing, and another one takes the job over.

use std::time::Duration;

use auditlog_core::store::{Condition, ControlError, Export, ExportKey, LeaseId};
use tokio::task::AbortHandle;

use crate::jobs::exports::ExportJobs;

/// How long a lease lasts without a renewal.
const DURATION: Duration = Duration::from_secs(30);
/// How often a lease is renewed: two renewals may fail before it ends.
const RENEW_EVERY: Duration = Duration::from_secs(10);

/// A lease that is held. Dropping it stops the renewals.
pub(super) struct Lease {
    jobs: ExportJobs,
    key: ExportKey,
    id: LeaseId,
    renewals: AbortHandle,
}

/// A lease, and the record of the job when it was taken.
pub(super) struct Taken {
    pub(super) lease: Lease,
    pub(super) export: Export,
}

impl Lease {
    /// Takes the lease of a job. `None` if the job has ended or another worker was faster.
    pub(super) async fn take(jobs: &ExportJobs, key: ExportKey) -> Result<Option<Taken>, ControlError> {
        let mut random = [0; 16];
        jobs.0.services.entropy.fill(&mut random);
        let id = LeaseId(random);
        let Some(export) = jobs.control().lease_export(key.clone(), id, DURATION).await? else { return Ok(None) };
        let renewals = tokio::spawn(renew_for_ever(jobs.clone(), key.clone(), id)).abort_handle();
        Ok(Some(Taken { lease: Self { jobs: jobs.clone(), key, id, renewals }, export }))
    }

    /// The current record of the job. `None` if the job is gone or has ended, or if the lease is over.
    pub(super) async fn current(&self) -> Result<Option<Export>, ControlError> {
        self.jobs.control().renew_lease(self.key.clone(), self.id, DURATION).await
    }

    /// Under this condition this worker may change the record.
    pub(super) fn condition(&self) -> Condition {
        Condition::ExportLeased { key: self.key.clone(), lease: self.id }
    }

    /// Gives the job to other workers.
    pub(super) async fn release(&self) {
        self.renewals.abort();
        if let Err(error) = self.jobs.control().release_lease(self.key.clone(), self.id).await {
            tracing::warn!(%error, "the lease of an export cannot be released; it ends by itself");
        }
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        self.renewals.abort();
    }
}

async fn renew_for_ever(jobs: ExportJobs, key: ExportKey, id: LeaseId) {
    loop {
        tokio::time::sleep(RENEW_EVERY).await;
        match jobs.control().renew_lease(key.clone(), id, DURATION).await {
            Ok(Some(_)) => {}
            // The worker notices it with its next piece.
            Ok(None) => return,
            Err(error) => tracing::warn!(%error, "the lease of an export cannot be renewed now"),
        }
    }
}
