//! Owns export jobs: which job runs next, its visible progress, and its end.
//!
//! The record of a job is control data, and its content is durable. Creating, cancelling or deleting a job only changes
//! its record; the worker that makes its file checks the record with every piece. Files without a record are removed.
//!
//! A job runs for a time slice. If the slice is over and a job of another tenant waits, the job is set aside between
//! two pieces, with its progress recorded and its file open, and tenants take turns.

mod claim;
mod ending;
mod making;
mod shown;
mod sweep;
mod turns;
mod warden;
mod worker;

use std::{collections::HashMap, sync::Arc, time::Duration};

use auditlog_core::store::{Export, ExportKey, ExportProgress};
use claim::Parked;
use parking_lot::Mutex;
use shown::Shown;
pub(crate) use sweep::{delete_file, expires_at, is_over};
use tokio::{sync::Notify, task::JoinSet};
use turns::Turns;

use crate::app::App;

/// The delay before a failed read or record is retried.
const RETRY_AFTER: Duration = Duration::from_secs(2);

/// The jobs of this process. The store knows which jobs exist; this knows which worker runs which job now.
#[derive(Debug, Default)]
pub(crate) struct ExportJobs {
    /// Wakes a worker that is waiting for jobs.
    work: Notify,
    running: Mutex<HashMap<ExportKey, Arc<Shown>>>,
    /// Interrupted jobs that wait for their next turn. Locked after `running`.
    parked: Mutex<Parked>,
    turns: Mutex<Turns>,
}

impl ExportJobs {
    /// Signals that there is a new job.
    pub(crate) fn wake(&self) {
        self.work.notify_one();
    }

    /// The progress of a job that is running; `None` if it is not running.
    pub(crate) fn running(&self, key: &ExportKey) -> Option<ExportProgress> {
        let running = self.running.lock();
        running.get(key).map(|shown| shown.progress())
    }
}

/// The key of an export's file.
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
            tracing::error!(%error, "a task of export jobs failed unexpectedly; its job resumes after the next start");
        }
    }
    // The jobs and the application refer to each other.
    app.export_jobs().parked.lock().clear();
}

/// Waits before a retry, or until the server stops.
async fn pause(app: &App) {
    tokio::select! {
        () = tokio::time::sleep(RETRY_AFTER) => {}
        () = app.stopping().cancelled() => {}
    }
}
