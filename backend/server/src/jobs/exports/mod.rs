//! Owns export jobs: which job runs next, its visible progress, and its end.
//!
//! The record of a job is control data, which is durable. Creating, cancelling or deleting a job only changes this
//! record. The worker that makes the job's file reads the log in pieces and checks the record before each of them.
//! Files without a record are removed.
//!
//! A worker leases a job from the store, so that no other worker, in this or another process, works on it, and renews
//! the lease while it works. A job runs for a time slice. If the slice is over and a job of another tenant waits, the
//! job is set aside between two pieces: its progress is recorded and its lease released, but its file stays open. So
//! tenants take turns.

mod claim;
mod ending;
mod lease;
mod making;
mod parked;
mod shown;
mod sweep;
mod turns;
mod warden;
mod worker;

use std::{collections::HashMap, num::NonZeroUsize, sync::Arc, time::Duration};

use auditlog_core::{
    clock::{Clock, Entropy},
    store::{ControlStore, ExportFiles, ExportKey, ExportProgress},
};
use parked::Parked;
use parking_lot::Mutex;
use shown::Shown;
use tokio::{sync::Notify, task::JoinSet};
use tokio_util::sync::CancellationToken;
use turns::Turns;

use crate::{export::LogReader, standing::StandingChecks, telemetry::Metrics};

/// The delay before a failed read or record is retried.
const RETRY_AFTER: Duration = Duration::from_secs(2);

/// The services that export jobs use.
pub(crate) struct ExportServices {
    pub(crate) control: Arc<dyn ControlStore>,
    pub(crate) files: Arc<dyn ExportFiles>,
    pub(crate) log: LogReader,
    pub(crate) checks: StandingChecks,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) entropy: Arc<dyn Entropy>,
    pub(crate) metrics: Arc<Metrics>,
}

/// The settings of export jobs.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ExportSettings {
    /// The maximum number of jobs that run at the same time.
    pub(crate) concurrency: NonZeroUsize,
    /// How long a job runs before a waiting job of another tenant gets its turn.
    pub(crate) slice: Duration,
    /// How often a job makes its progress durable.
    pub(crate) sync_every: Duration,
    /// How long a job and its file are kept after it has ended.
    pub(crate) retention: Duration,
    /// The timeout for reading a piece of the log.
    pub(crate) query_timeout: Duration,
}

/// The jobs of this process. The store knows which jobs exist and which are leased; this knows the progress of those
/// that run here. Cheap to clone: all clones share one state.
#[derive(Clone)]
pub(crate) struct ExportJobs(Arc<Shared>);

struct Shared {
    services: ExportServices,
    settings: ExportSettings,
    /// Cancelled when the server stops.
    stopping: CancellationToken,
    /// Wakes a worker that is waiting for jobs.
    work: Notify,
    /// Wakes the cleanup before its next turn.
    cleanup: Notify,
    running: Mutex<HashMap<ExportKey, Arc<Shown>>>,
    /// Interrupted jobs that wait for their next turn.
    parked: Mutex<Parked>,
    turns: Mutex<Turns>,
}

impl ExportJobs {
    pub(crate) fn new(services: ExportServices, settings: ExportSettings, stopping: CancellationToken) -> Self {
        Self(Arc::new(Shared {
            services,
            settings,
            stopping,
            work: Notify::new(),
            cleanup: Notify::new(),
            running: Mutex::default(),
            parked: Mutex::default(),
            turns: Mutex::default(),
        }))
    }

    /// Signals that there is a new job.
    pub(crate) fn wake(&self) {
        self.0.work.notify_one();
    }

    /// Signals that records were deleted whose files are no longer needed.
    pub(crate) fn wake_cleanup(&self) {
        self.0.cleanup.notify_one();
    }

    /// The progress of a job that is running in this process; `None` if it is not.
    pub(crate) fn running(&self, key: &ExportKey) -> Option<ExportProgress> {
        let running = self.0.running.lock();
        running.get(key).map(|shown| shown.progress())
    }

    /// Makes files until the server stops.
    pub(super) async fn run(self) {
        let mut tasks = JoinSet::new();
        for _ in 0..self.0.settings.concurrency.get() {
            tasks.spawn(worker::work(self.clone()));
        }
        tasks.spawn(warden::watch(self.clone()));
        tasks.spawn(sweep::sweep_for_ever(self.clone()));
        while let Some(ended) = tasks.join_next().await {
            if let Err(error) = ended {
                tracing::error!(%error, "a task of export jobs failed unexpectedly; its job resumes later");
            }
        }
        // The jobs and this object refer to each other.
        self.0.parked.lock().clear();
    }

    fn control(&self) -> &dyn ControlStore {
        self.0.services.control.as_ref()
    }

    fn is_stopping(&self) -> bool {
        self.0.stopping.is_cancelled()
    }

    /// Waits before a retry, or until the server stops.
    async fn pause(&self) {
        tokio::select! {
            () = tokio::time::sleep(RETRY_AFTER) => {}
            () = self.0.stopping.cancelled() => {}
        }
    }
}
