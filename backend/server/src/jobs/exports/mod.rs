//! Owns export jobs: which of them is made next, what is shown of it meanwhile, and what becomes of it.
//!
//! The record of a job is control data: what it says is durable. Whoever creates, cancels or deletes a job changes its
//! record and nothing else, and the worker that makes its file looks at the record with every piece. Files without a
//! record are removed.
//!
//! A job is worked on for a slice of time. When that is over and a job of another tenant waits, it is set aside between two
//! pieces, with what it has come to recorded and its file open, and tenants take turns.

mod claim;
mod ending;
mod making;
mod shown;
mod sweep;
mod turns;
mod warden;
mod worker;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use auditlog_core::store::{Export, ExportKey, ExportProgress};
use claim::Parked;
use shown::Shown;
pub(crate) use sweep::{delete_file, expires_at, is_over};
use tokio::{sync::Notify, task::JoinSet};
use turns::Turns;

use crate::app::App;

/// After so long what could not be read or recorded is tried again.
const RETRY_AFTER: Duration = Duration::from_secs(2);

/// The jobs of this process. What is to be done stands in the store; this knows who does what now.
#[derive(Debug, Default)]
pub(crate) struct ExportJobs {
    /// Wakes a worker that found nothing to do.
    work: Notify,
    running: Mutex<HashMap<ExportKey, Arc<Shown>>>,
    /// Those that were begun and wait for their next turn. Locked behind `running`.
    parked: Mutex<Parked>,
    turns: Mutex<Turns>,
}

impl ExportJobs {
    /// Says that there is a new job.
    pub(crate) fn wake(&self) {
        self.work.notify_one();
    }

    /// How far a job has come that is being made now; `None` where it is not.
    pub(crate) fn running(&self, key: &ExportKey) -> Option<ExportProgress> {
        let running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        running.get(key).map(|shown| shown.progress())
    }
}

/// Names an export's file.
pub(crate) fn key_of(export: &Export) -> ExportKey {
    ExportKey { tenant_id: export.tenant_id.clone(), id: export.id }
}

/// Makes files until the server stops.
pub(super) async fn run(app: App) {
    let mut tasks = JoinSet::new();
    for _ in 0..app.settings().export_concurrency.get() {
        tasks.spawn(worker::work(app.clone()));
    }
    tasks.spawn(warden::watch(app.clone()));
    tasks.spawn(sweep::sweep_for_ever(app.clone()));
    while let Some(ended) = tasks.join_next().await {
        if let Err(error) = ended {
            tracing::error!(%error, "a thread of export jobs ended badly; the next start goes on with its job");
        }
    }
    // Each holds on to the application that holds it.
    app.export_jobs().parked.lock().unwrap_or_else(PoisonError::into_inner).clear();
}

/// Waits before something is tried again, or until the server stops.
async fn pause(app: &App) {
    tokio::select! {
        () = tokio::time::sleep(RETRY_AFTER) => {}
        () = app.stopping().cancelled() => {}
    }
}
