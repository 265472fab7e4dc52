//! Owns a worker: it takes one job after the other, has its file made and tells the record how that ended.

use std::{
    sync::{Arc, PoisonError},
    time::Duration,
};

use auditlog_core::store::{ControlChange, ControlError, Export, ExportKey, ExportStatus, Urgency};

use crate::{
    app::App,
    jobs::exports::{ending::Ending, key_of, making, shown::Shown, sweep::delete_file},
    problem::{Code, Problem},
    telemetry::ExportEnd,
};

/// After so long what could not be read or recorded is tried again.
const RETRY_AFTER: Duration = Duration::from_secs(2);

/// A job that this worker makes, and nobody else. Dropping it lets go of the job.
struct Claim {
    app: App,
    export: Export,
    shown: Arc<Shown>,
}

/// Takes jobs until the server stops.
pub(super) async fn work(app: App) {
    while !app.stopping().is_cancelled() {
        match claim(&app) {
            Ok(Some(claim)) => claim.make().await,
            Ok(None) => {
                tokio::select! {
                    () = app.export_jobs().work.notified() => {}
                    () = app.stopping().cancelled() => {}
                }
            }
            Err(error) => {
                tracing::warn!(%error, "the export jobs cannot be read");
                pause(&app).await;
            }
        }
    }
}

/// The next job that nobody makes.
fn claim(app: &App) -> Result<Option<Claim>, ControlError> {
    let jobs = app.export_jobs();
    // Held until the job is taken, so that no two workers take one.
    let mut running = jobs.running.lock().unwrap_or_else(PoisonError::into_inner);
    let mut waiting = app.services().control.list_all_exports()?;
    waiting.retain(|export| export.status == ExportStatus::Pending && !running.contains_key(&key_of(export)));
    let Some(export) = jobs.turns.lock().unwrap_or_else(PoisonError::into_inner).next(waiting) else { return Ok(None) };
    let shown = Arc::new(Shown::new(export.progress));
    running.insert(key_of(&export), Arc::clone(&shown));
    Ok(Some(Claim { app: app.clone(), export, shown }))
}

impl Claim {
    async fn make(self) {
        let _running = self.app.metrics().exports().begin();
        let (app, export, shown) = (self.app.clone(), self.export.clone(), Arc::clone(&self.shown));
        // On a task of its own: a panic ends the job and not the worker.
        let made = tokio::spawn(async move { making::make(app, export, &shown).await }).await;
        let ending = made.unwrap_or_else(|error| {
            tracing::error!(%error, "making the file of an export ended badly");
            Ending::Failed(Problem::new(Code::InternalError, "the file could not be made"))
        });
        let ended = match ending {
            Ending::Stopping => return,
            Ending::Unwanted => None,
            Ending::Completed(progress) => {
                let status = ExportStatus::Completed { at: self.app.services().clock.now() };
                Some(Export { status, progress, ..self.export.clone() })
            }
            Ending::Failed(problem) => {
                tracing::warn!(tenant = %self.export.tenant_id, export = %self.export.id, %problem, "an export failed");
                let (code, at) = (problem.code.as_str().to_owned(), self.app.services().clock.now());
                Some(Export {
                    status: ExportStatus::Failed { at, code, detail: problem.detail },
                    progress: self.shown.progress(),
                    ..self.export.clone()
                })
            }
        };
        self.conclude(ended).await;
    }

    /// Records how the job ended. Where the store does not take that in now, it is tried again: as long as the record
    /// says nothing, the next start would make the file once more.
    async fn conclude(&self, ended: Option<Export>) {
        let exports = self.app.metrics().exports();
        let Some(ended) = ended else {
            exports.count_end(ExportEnd::Cancelled);
            return delete_file(&self.app, self.key()).await;
        };
        while !self.app.stopping().is_cancelled() {
            let change = ControlChange::UpdateExport(ended.clone());
            let control = &self.app.services().control;
            // What ended badly leaves a file that can be deleted, and an export ends once.
            match control.apply_with(Urgency::Protective, vec![change], Vec::new()).await {
                Ok(()) if matches!(ended.status, ExportStatus::Completed { .. }) => {
                    return exports.count_end(ExportEnd::Completed);
                }
                Ok(()) => {
                    exports.count_end(ExportEnd::Failed);
                    return delete_file(&self.app, self.key()).await;
                }
                Err(ControlError::NotFound(_)) => {
                    exports.count_end(ExportEnd::Cancelled);
                    return delete_file(&self.app, self.key()).await;
                }
                Err(error) => {
                    tracing::warn!(%error, "how an export ended cannot be recorded yet");
                    pause(&self.app).await;
                }
            }
        }
    }

    fn key(&self) -> ExportKey {
        key_of(&self.export)
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        self.app.export_jobs().running.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.key());
    }
}

/// Waits before something is tried again, or until the server stops.
async fn pause(app: &App) {
    tokio::select! {
        () = tokio::time::sleep(RETRY_AFTER) => {}
        () = app.stopping().cancelled() => {}
    }
}
