//! Owns which worker works on which job: each job is claimed by one worker at a time, and an interrupted job waits with
//! its file open.

use std::{collections::HashMap, fmt, sync::Arc};

use auditlog_core::store::{ControlChange, ControlError, Export, ExportKey, ExportStatus, Urgency};

use crate::{
    app::App,
    jobs::exports::{key_of, making::Making, pause, shown::Shown, sweep::delete_file},
    problem::Problem,
    telemetry::ExportEnd,
};

/// The maximum number of interrupted jobs with open files. A Parquet file holds up to 16 MiB of rows in memory, because
/// it cannot be resumed in any other way.
const OPEN_MAX: usize = 16;

/// The interrupted jobs with open files.
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

    /// Drops the jobs that are no longer pending and returns their keys.
    fn forget_unwanted(&mut self, pending: &[Export]) -> Vec<ExportKey> {
        let is_wanted = |key: &ExportKey| pending.iter().any(|export| key_of(export) == *key);
        let unwanted: Vec<_> = self.0.keys().filter(|key| !is_wanted(key)).cloned().collect();
        for key in &unwanted {
            self.0.remove(key);
        }
        unwanted
    }
}

/// Exclusive access to a job. Dropping it releases the job.
pub(super) struct Claim {
    pub(super) app: App,
    pub(super) export: Export,
    pub(super) shown: Arc<Shown>,
}

/// A claimed job and its state.
pub(super) struct Found {
    pub(super) claim: Claim,
    /// The interrupted work, if the job was begun and its file is open.
    pub(super) begun: Option<Box<Making>>,
}

/// Claims one of the waiting jobs.
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
    // Held until the job is taken, so that no two workers take the same one.
    let mut running = jobs.running.lock();
    let mut parked = jobs.parked.lock();
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

/// Whether a job of another tenant waits for a worker. `false` if that cannot be determined, so that no job is
/// interrupted.
pub(super) fn do_others_wait(app: &App, export: &Export) -> bool {
    let Ok(pending) = pending(app) else { return false };
    let running = app.export_jobs().running.lock();
    pending.iter().any(|other| other.tenant_id != export.tenant_id && !running.contains_key(&key_of(other)))
}

impl Claim {
    /// Sets the job aside, so that another one gets its turn. If too many files are open, a job that can be resumed
    /// from its record is closed, and any other is returned so that the work continues.
    pub(super) fn set_aside(&self, making: Box<Making>) -> Option<Box<Making>> {
        let mut parked = self.app.export_jobs().parked.lock();
        if parked.0.len() < OPEN_MAX {
            parked.0.insert(self.key(), making);
            return None;
        }
        (!making.can_resume()).then_some(making)
    }

    /// The record of a job that failed.
    pub(super) fn failed(&self, problem: Problem) -> Export {
        tracing::warn!(tenant = %self.export.tenant_id, export = %self.export.id, %problem, "an export failed");
        let (code, at) = (problem.code.as_str().to_owned(), self.app.services().clock.now());
        Export {
            status: ExportStatus::Failed { at, code, detail: problem.detail },
            progress: self.shown.progress(),
            ..self.export.clone()
        }
    }

    /// Records how the job ended. If the store refuses the record, retries until the server stops, and once after that:
    /// without the record, the next start would make the file again.
    pub(super) async fn conclude(&self, ended: Option<Export>) {
        let exports = self.app.metrics().exports();
        let Some(ended) = ended else {
            exports.count_end(ExportEnd::Cancelled);
            return delete_file(&self.app, self.key()).await;
        };
        loop {
            // An attempt that begins after the stop of the server was requested is the last one.
            let is_last = self.app.stopping().is_cancelled();
            let change = ControlChange::UpdateExport(ended.clone());
            let control = &self.app.services().control;
            // A protective change: a failed job leaves a file that can then be deleted, and an export ends only once.
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
                    tracing::warn!(%error, "the end of an export cannot be recorded yet");
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
        self.app.export_jobs().running.lock().remove(&self.key());
    }
}
