//! Owns the end of waiting jobs whose owner's key is revoked or expires, or whose tenant is suspended. Running jobs
//! check these conditions themselves.

use std::time::Duration;

use auditlog_core::store::{ControlError, Export};

use crate::{
    jobs::exports::{ExportJobs, claim::Found},
    standing::{NotValid, Standing},
};

/// How often keys with an expiry are checked.
const LOOK_AGAIN: Duration = Duration::from_millis(500);

/// Ends such jobs until the server stops.
pub(super) async fn watch(jobs: ExportJobs) {
    let checks = jobs.0.services.checks.clone();
    while !jobs.is_stopping() {
        // Read before the check, so that no change in between is missed.
        let seen = checks.version();
        if let Err(error) = end_all(&jobs).await {
            tracing::warn!(%error, "the export jobs cannot be read");
            jobs.pause().await;
            continue;
        }
        tokio::select! {
            _ = tokio::time::timeout(LOOK_AGAIN, checks.wait_for_change(seen)) => {}
            () = jobs.0.stopping.cancelled() => {}
        }
    }
}

async fn end_all(jobs: &ExportJobs) -> Result<(), ControlError> {
    let reason = |export: &Export| -> Option<NotValid> {
        let reason = Standing::of_owner(&jobs.0.services.checks, &export.owner).check().err();
        // What cannot be checked now is checked again later.
        reason.filter(|reason| !matches!(reason, NotValid::Unavailable(_)))
    };
    let invalid = |waiting: Vec<Export>| waiting.into_iter().find(|export| reason(export).is_some());
    while !jobs.is_stopping()
        && let Some(Found { claim, begun }) = jobs.claim(invalid).await?
    {
        if let Some(reason) = reason(&claim.export) {
            claim.conclude(claim.failed(reason.into())).await;
            claim.release().await;
        } else {
            // The key is valid again; an idle worker takes the job, with its open file.
            if let Some(begun) = begun {
                jobs.0.parked.lock().put(claim.export.key(), begun);
            }
            claim.release().await;
            drop(claim);
            jobs.wake();
        }
    }
    Ok(())
}
