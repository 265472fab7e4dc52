//! Owns the state shared by all requests: the injected services, and everything derived from the configuration.

use std::sync::Arc;

use auditlog_core::{
    clock::{Clock, Entropy},
    policy::{Pepper, Scope},
    store::{ControlStore, EventStore, ExportFiles, Intake, Observe, Reindex, Verify},
};

use tokio_util::sync::CancellationToken;

use crate::{
    config::ServerSection,
    jobs::ExportJobs,
    limits::{AnswerMemory, BatchMemory, ControlTurn, ControlTurns, Purpose, QuerySlots, TailSlots, WholeStoreSlots},
    problem::Problem,
    tail::Feeds,
    telemetry::Metrics,
};

/// The installation's secrets.
#[derive(Debug, Clone)]
pub struct Secrets {
    /// The secret that API key hashes depend on.
    pub pepper: Pepper,
    /// The secret that cursors are signed with.
    pub cursor_key: CursorSecret,
}

/// The secret that cursors are signed with.
#[derive(Clone)]
pub struct CursorSecret(pub [u8; 32]);

impl std::fmt::Debug for CursorSecret {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("CursorSecret(hidden)")
    }
}

/// All external services that the server uses.
#[derive(Clone)]
pub struct Services {
    /// Ingests events.
    pub intake: Arc<dyn Intake>,
    /// Finds events.
    pub events: Arc<dyn EventStore>,
    /// Keeps tenants, keys, saved searches and export jobs.
    pub control: Arc<dyn ControlStore>,
    /// Stores the files of export jobs.
    pub export_files: Arc<dyn ExportFiles>,
    /// Verifies logs.
    pub verify: Arc<dyn Verify>,
    /// Rebuilds indexes.
    pub reindex: Arc<dyn Reindex>,
    /// The store's statistics and metrics.
    pub observe: Arc<dyn Observe>,
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// The source of randomness.
    pub entropy: Arc<dyn Entropy>,
    /// The installation's secrets.
    pub secrets: Secrets,
}

impl std::fmt::Debug for Services {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Services").finish_non_exhaustive()
    }
}

/// The running application. Cheap to clone: all clones share one state.
#[derive(Debug, Clone)]
pub struct App(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    services: Services,
    settings: ServerSection,
    batch_memory: BatchMemory,
    answer_memory: AnswerMemory,
    query_slots: QuerySlots,
    whole_store_slots: WholeStoreSlots,
    tail_slots: TailSlots,
    feeds: Arc<Feeds>,
    export_jobs: ExportJobs,
    metrics: Metrics,
    control_turns: ControlTurns,
    stopping: CancellationToken,
}

impl App {
    /// Creates the application from the services and the settings.
    #[must_use]
    pub fn new(services: Services, settings: ServerSection) -> Self {
        let metrics = Metrics::new(Arc::clone(&services.observe));
        let query_slots = QuerySlots::new(settings.query_concurrency, settings.query_timeout());
        let whole_store_slots = WholeStoreSlots::new(settings.verify_timeout());
        let batch_memory = BatchMemory::new(settings.batch_bytes_max, settings.max_connections);
        let answer_memory = AnswerMemory::new(settings.answer_bytes_max, metrics.answers().room_bytes());
        let tail_slots = TailSlots::new(settings.tail_concurrency);
        let feeds = Arc::new(Feeds::new(settings.tail_bytes_max));
        Self(Arc::new(Shared {
            batch_memory,
            answer_memory,
            services,
            settings,
            query_slots,
            whole_store_slots,
            tail_slots,
            feeds,
            export_jobs: ExportJobs::default(),
            metrics,
            control_turns: ControlTurns::new(),
            stopping: CancellationToken::new(),
        }))
    }

    /// The injected services.
    #[must_use]
    pub fn services(&self) -> &Services {
        &self.0.services
    }

    /// The settings.
    #[must_use]
    pub fn settings(&self) -> &ServerSection {
        &self.0.settings
    }

    /// Waits for the turn to change control data.
    pub(crate) async fn control_turn(&self, scope: &Scope, purpose: Purpose) -> Result<ControlTurn, Problem> {
        self.0.control_turns.take(scope, purpose).await
    }

    pub(crate) fn batch_memory(&self) -> &BatchMemory {
        &self.0.batch_memory
    }

    /// The memory for answers.
    pub(crate) fn answer_memory(&self) -> &AnswerMemory {
        &self.0.answer_memory
    }

    pub(crate) fn query_slots(&self) -> &QuerySlots {
        &self.0.query_slots
    }

    /// The slots for operations that read the whole store.
    pub(crate) fn whole_store_slots(&self) -> &WholeStoreSlots {
        &self.0.whole_store_slots
    }

    pub(crate) fn tail_slots(&self) -> &TailSlots {
        &self.0.tail_slots
    }

    pub(crate) fn feeds(&self) -> &Arc<Feeds> {
        &self.0.feeds
    }

    pub(crate) fn export_jobs(&self) -> &ExportJobs {
        &self.0.export_jobs
    }

    /// Cancelled when the server stops, to end work that has no end of its own.
    pub(crate) fn stopping(&self) -> &CancellationToken {
        &self.0.stopping
    }

    pub(crate) fn metrics(&self) -> &Metrics {
        &self.0.metrics
    }
}
