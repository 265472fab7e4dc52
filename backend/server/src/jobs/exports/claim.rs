//! Owns who works on which job: each job is claimed by one worker at a time, and one that was set aside waits with its
//! file open.

use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, PoisonError},
};

use auditlog_core::store::{ControlChange, ControlError, Export, ExportKey, ExportStatus, Urgency};

use crate::{
    app::App,
    jobs::exports::{key_of, making::Making, pause, shown::Shown, sweep::delete_file},
    problem::Problem,
    telemetry::ExportEnd,
};

/// How many jobs wait with their files open. A Parquet file holds up to 16 MiB of rows in memory, because it cannot be
/// resumed in any other way.
const OPEN_MAX: usize = 16;

/// The jobs that were set aside with their files open.
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

    /// Forgets those that nobody wants any more, and tells which.
    fn forget_unwanted(&mut self, pending: &[Export]) -> Vec<ExportKey> {
        let is_wanted = |key: &ExportKey| pending.iter().any(|export| key_of(export) == *key);
        let unwanted: Vec<_> = self.0.keys().filter(|key| !is_wanted(key)).cloned().collect();
        for key in &unwanted {
            self.0.remove(key);
        }
        unwanted
    }
}

/// A job that its holder works on, and nobody else. Dropping it releases the job.
pub(super) struct Claim {
    pub(super) app: App,
    pub(super) export: Export,
    pub(super) shown: Arc<Shown>,
}

/// A job that was claimed, as it is found.
pub(super) struct Found {
    pub(super) claim: Claim,
    /// What was set aside, where it was begun already and has its file open.
    pub(super) begun: Option<Box<Making>>,
}

/// Claims one of the jobs that wait.
pub(super) async fn claim(
    app: &App,
    choose: impl FnOnce(Vec<Export>) -> Option<Export>,
) -> Result<Option<Found>, ControlError> {
    let (claimed, unwanted) = try_to_claim(app, choose)?;
    for key in unwanted {
        app.metrics().exports().count_end(ExportEnd::Cancelled);
        delete_file(app, key).await;
    }
    Ok(claimed)
}

fn try_to_claim(
    app: &App,
    choose: impl FnOnce(Vec<Export>) -> Option<Export>,
) -> Result<(Option<Found>, Vec<ExportKey>), ControlError> {
    let jobs = app.export_jobs();
    // Held until the job is taken, so that no two take one.
    let mut running = jobs.running.lock().unwrap_or_else(PoisonError::into_inner);
    let mut parked = jobs.parked.lock().unwrap_or_else(PoisonError::into_inner);
    let mut waiting = pending(app)?;
    let unwanted = parked.forget_unwanted(&waiting);
    waiting.retain(|export| !running.contains_key(&key_of(export)));
    let claimed = choose(waiting).map(|export| {
        let begun = parked.0.remove(&key_of(&export));
        let shown = Arc::new(Shown::new(begun.as_ref().map_or(export.progress, |making| making.progress())));
        running.insert(key_of(&export), Arc::clone(&shown));
        Found { claim: Claim { app: app.clone(), export, shown }, begun }
    });
    Ok((claimed, unwanted))
}

/// The jobs that have not ended.
fn pending(app: &App) -> Result<Vec<Export>, ControlError> {
    let mut exports = app.services().control.list_all_exports()?;
    exports.retain(|export| export.status == ExportStatus::Pending);
    Ok(exports)
}

/// Whether a job of another tenant waits for a worker. While that is not known nobody is interrupted.
pub(super) fn do_others_wait(app: &App, export: &Export) -> bool {
    let Ok(pending) = pending(app) else { return false };
    let running = app.export_jobs().running.lock().unwrap_or_else(PoisonError::into_inner);
    pending.iter().any(|other| other.tenant_id != export.tenant_id && !running.contains_key(&key_of(other)))
}

impl Claim {
    /// Sets the job aside, so that another one has its turn. Where too many files are open, one that can be resumed
    /// from its record is closed, and any other is given back to be worked on.
    pub(super) fn set_aside(&self, making: Box<Making>) -> Option<Box<Making>> {
        let mut parked = self.app.export_jobs().parked.lock().unwrap_or_else(PoisonError::into_inner);
        if parked.0.len() < OPEN_MAX {
            parked.0.insert(self.key(), making);
            return None;
        }
        (!making.can_resume()).then_some(making)
    }

    /// The job's record, where it failed.
    pub(super) fn failed(&self, problem: Problem) -> Export {
        tracing::warn!(tenant = %self.export.tenant_id, export = %self.export.id, %problem, "an export failed");
        let (code, at) = (problem.code.as_str().to_owned(), self.app.services().clock.now());
        Export {
            status: ExportStatus::Failed { at, code, detail: problem.detail },
            progress: self.shown.progress(),
            ..self.export.clone()
        }
    }

    /// Records how the job ended. Where the store refuses the record, this tries again until the server stops, and once
    /// after that: without the record the next start would make the file again.
    pub(super) async fn conclude(&self, ended: Option<Export>) {
        let exports = self.app.metrics().exports();
        let Some(ended) = ended else {
            exports.count_end(ExportEnd::Cancelled);
            return delete_file(&self.app, self.key()).await;
        };
        loop {
            // An attempt that begins after the server was asked to stop is the last one.
            let is_last = self.app.stopping().is_cancelled();
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
                    if is_last {
                        return;
                    }
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
