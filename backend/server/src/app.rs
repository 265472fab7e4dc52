//! Owns the state shared by all requests: the injected services, and everything derived from the configuration. Each
//! use case gets the part that it needs.

use std::sync::Arc;

use auditlog_core::{
    clock::{Clock, Entropy},
    policy::Pepper,
    store::{ControlStore, EventStore, ExportFiles, Intake, KeyDirectory, Observe, Reindex, Verify},
};
use tokio_util::sync::CancellationToken;

pub use crate::use_cases::CursorSecret;
use crate::{
    auth::Authenticator,
    body::BodyTimeout,
    config::ServerSection,
    export::LogReader,
    jobs::{ExportJobs, ExportServices, ExportSettings},
    limits::{AnswerMemory, BatchMemory, QuerySlots, TailSlots, WholeStoreSlots},
    standing::StandingChecks,
    tail::{Feeds, Tails},
    telemetry::Metrics,
    use_cases::{ChangeServices, ExportFileServices, IngestServices, ReadServices},
};

/// The installation's secrets.
#[derive(Debug, Clone)]
pub struct Secrets {
    /// The secret that API key hashes depend on.
    pub pepper: Pepper,
    /// The secret that cursors are signed with.
    pub cursor_key: CursorSecret,
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
    /// Finds the key and tenant of a request in memory.
    pub directory: Arc<dyn KeyDirectory>,
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

impl Services {
    /// The services that change control data, also without a running server.
    #[must_use]
    pub fn changes(&self) -> ChangeServices {
        ChangeServices::new(
            Arc::clone(&self.control),
            Arc::clone(&self.directory),
            Arc::clone(&self.clock),
            Arc::clone(&self.entropy),
            self.secrets.pepper.clone(),
        )
    }
}

/// The running application. Cheap to clone: all clones share one state.
#[derive(Clone)]
pub struct App(Arc<Shared>);

struct Shared {
    services: Services,
    settings: ServerSection,
    authenticator: Authenticator,
    body_timeout: BodyTimeout,
    checks: StandingChecks,
    batch_memory: BatchMemory,
    answer_memory: AnswerMemory,
    whole_store_slots: WholeStoreSlots,
    metrics: Arc<Metrics>,
    stopping: CancellationToken,
    ingest: IngestServices,
    reads: ReadServices,
    changes: ChangeServices,
    export_jobs: ExportJobs,
    export_files: ExportFileServices,
}

impl std::fmt::Debug for App {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("App").field("settings", &self.0.settings).finish_non_exhaustive()
    }
}

impl App {
    /// Creates the application from the services and the settings.
    #[must_use]
    pub fn new(services: Services, settings: ServerSection) -> Self {
        let (clock, entropy) = (Arc::clone(&services.clock), Arc::clone(&services.entropy));
        let stopping = CancellationToken::new();
        let metrics = Arc::new(Metrics::new(Arc::clone(&services.observe)));
        let checks = StandingChecks::new(Arc::clone(&services.directory), Arc::clone(&clock));
        let answer_memory = AnswerMemory::new(settings.answer_bytes_max, metrics.answers().room_bytes());
        let query_slots = QuerySlots::new(settings.query_concurrency, settings.query_timeout());
        let log = LogReader::new(Arc::clone(&services.events), Arc::clone(&metrics));
        let tails = Tails {
            events: Arc::clone(&services.events),
            feeds: Arc::new(Feeds::new(settings.tail_bytes_max)),
            metrics: Arc::clone(&metrics),
            query_slots: query_slots.clone(),
            answer_memory: answer_memory.clone(),
            heartbeat: settings.tail_heartbeat(),
            query_timeout: settings.query_timeout(),
            answer_write_timeout: settings.answer_write_timeout(),
            stopping: stopping.clone(),
        };
        let export_services = ExportServices {
            control: Arc::clone(&services.control),
            files: Arc::clone(&services.export_files),
            log: log.clone(),
            checks: checks.clone(),
            clock: Arc::clone(&clock),
            entropy: Arc::clone(&entropy),
            metrics: Arc::clone(&metrics),
        };
        let export_jobs = ExportJobs::new(export_services, export_settings(&settings), stopping.clone());
        let reads = ReadServices {
            events: Arc::clone(&services.events),
            clock: Arc::clone(&clock),
            checks: checks.clone(),
            cursor_secret: services.secrets.cursor_key.clone(),
            query_slots,
            tail_slots: TailSlots::new(settings.tail_concurrency),
            answer_memory: answer_memory.clone(),
            metrics: Arc::clone(&metrics),
            tails,
            log,
        };
        let ingest = IngestServices {
            intake: Arc::clone(&services.intake),
            clock,
            entropy,
            answer_memory: answer_memory.clone(),
            metrics: Arc::clone(&metrics),
        };
        let export_files = ExportFileServices {
            control: Arc::clone(&services.control),
            files: Arc::clone(&services.export_files),
            jobs: export_jobs.clone(),
            checks: checks.clone(),
        };
        Self(Arc::new(Shared {
            authenticator: Authenticator::new(checks.clone(), services.secrets.pepper.clone()),
            body_timeout: BodyTimeout(settings.body_read_timeout()),
            batch_memory: BatchMemory::new(settings.batch_bytes_max, settings.max_connections),
            whole_store_slots: WholeStoreSlots::new(settings.verify_timeout()),
            changes: services.changes(),
            answer_memory,
            checks,
            metrics,
            stopping,
            ingest,
            reads,
            export_jobs,
            export_files,
            services,
            settings,
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

    /// The services that change control data.
    #[must_use]
    pub fn changes(&self) -> &ChangeServices {
        &self.0.changes
    }

    /// The services that ingest events.
    pub(crate) fn ingest(&self) -> &IngestServices {
        &self.0.ingest
    }

    /// The services that read events.
    pub(crate) fn reads(&self) -> &ReadServices {
        &self.0.reads
    }

    /// The services that open files of exports.
    pub(crate) fn export_files(&self) -> &ExportFileServices {
        &self.0.export_files
    }

    pub(crate) fn export_jobs(&self) -> &ExportJobs {
        &self.0.export_jobs
    }

    /// The checks whether a subject may still act.
    pub(crate) fn checks(&self) -> &StandingChecks {
        &self.0.checks
    }

    pub(crate) fn batch_memory(&self) -> &BatchMemory {
        &self.0.batch_memory
    }

    /// The memory for answers.
    pub(crate) fn answer_memory(&self) -> &AnswerMemory {
        &self.0.answer_memory
    }

    /// The slots for operations that read the whole store.
    pub(crate) fn whole_store_slots(&self) -> &WholeStoreSlots {
        &self.0.whole_store_slots
    }

    /// Cancelled when the server stops, to end work that has no end of its own.
    pub(crate) fn stopping(&self) -> &CancellationToken {
        &self.0.stopping
    }

    pub(crate) fn metrics(&self) -> &Arc<Metrics> {
        &self.0.metrics
    }
}

impl AsRef<Authenticator> for App {
    fn as_ref(&self) -> &Authenticator {
        &self.0.authenticator
    }
}

impl AsRef<BodyTimeout> for App {
    fn as_ref(&self) -> &BodyTimeout {
        &self.0.body_timeout
    }
}

fn export_settings(settings: &ServerSection) -> ExportSettings {
    ExportSettings {
        concurrency: settings.export_concurrency,
        slice: settings.export_slice(),
        sync_every: settings.export_sync(),
        retention: settings.export_retention(),
        query_timeout: settings.query_timeout(),
    }
}
