//! Owns the end of waiting jobs whose key is revoked or expires, or whose tenant is suspended. Running jobs check that
//! themselves.

use std::time::Duration;

use auditlog_core::store::{ControlError, Export};

use crate::{
    app::App,
    auth::Standing,
    jobs::exports::{
        claim::{Found, claim},
        pause,
    },
};

/// How often keys with an expiry are checked.
const LOOK_AGAIN: Duration = Duration::from_millis(500);

/// Ends such jobs until the server stops.
pub(super) async fn watch(app: App) {
    let control = &app.services().control;
    while !app.stopping().is_cancelled() {
        // Read before the check, so that no change in between is missed.
        let seen = control.revision();
        if let Err(error) = end_all(&app).await {
            tracing::warn!(%error, "the export jobs cannot be read");
            pause(&app).await;
            continue;
        }
        tokio::select! {
            _ = tokio::time::timeout(LOOK_AGAIN, control.wait_for_change(seen)) => {}
            () = app.stopping().cancelled() => {}
        }
    }
}

async fn end_all(app: &App) -> Result<(), ControlError> {
    let refusal = |export: &Export| Standing::of_owner(app, &export.owner).check().err();
    let refused = |waiting: Vec<Export>| waiting.into_iter().find(|export| refusal(export).is_some());
    while let Some(Found { claim, .. }) = claim(app, refused).await? {
        let ended = refusal(&claim.export).map(|problem| claim.failed(problem));
        if ended.is_some() {
            claim.conclude(ended).await;
        } else {
            // The key may be valid again; an idle worker takes the job.
            drop(claim);
            app.export_jobs().wake();
        }
    }
    Ok(())
}
