//! The composition root: picks the implementation of every contract and passes it to the server. The only place that
//! knows both sides.
//!
//! There is one engine, the embedded one. Another one becomes a second variant of [`Engine`], after which the compiler
//! names every place that must distinguish them, and [`Backend::open`] and [`stopped_store`] choose between the
//! variants. No other file of this crate names an engine.

use std::{path::Path, sync::Arc};

use auditlog_core::{
    clock::{Clock, Entropy, SystemClock},
    policy::Pepper,
    store::{ControlStore, EventStore, ExportFiles, Intake, KeyDirectory, Observe, Reindex, StoppedStore, Verify},
};
use auditlog_embedded::{ClockCheck, EmbeddedStore, LogAhead, LogsAhead, Options, StoppedDirectory, StorageSection};
use auditlog_server::{
    app::{CursorSecret, Secrets, Services},
    config,
    use_cases::{ClockReset, record_clock_reset},
};
use rand::RngCore;

use crate::failure::{Exit, Failure};

/// The whole configuration, with the section of the store.
pub(crate) type Config = config::Config<StorageSection>;

/// The operating system's random numbers, through the thread's generator, which is seeded from them.
struct OsEntropy;

impl Entropy for OsEntropy {
    fn fill(&self, bytes: &mut [u8]) {
        rand::rng().fill_bytes(bytes);
    }
}

/// An open store behind the server's contracts.
pub(crate) struct Backend {
    services: Services,
    engine: Engine,
}

/// The engine that holds the data.
enum Engine {
    /// Everything in a directory of this machine.
    Embedded(EmbeddedStore),
}

impl Backend {
    /// Opens the store that the configuration names; creates it if there is none.
    pub(crate) fn open(config: &Config) -> Result<Self, Failure> {
        Self::open_with(config, ClockCheck::Refuse)
    }

    /// Opens the store with a clock that the operator declares right, and lets the logs that are ahead of it continue.
    pub(crate) async fn open_with_reset_clock(config: &Config) -> Result<Self, Failure> {
        let backend = Self::open_with(config, ClockCheck::Override)?;
        match &backend.engine {
            Engine::Embedded(store) => reset_clock(store, &backend.services).await?,
        }
        Ok(backend)
    }

    fn open_with(config: &Config, clock_check: ClockCheck) -> Result<Self, Failure> {
        let entropy = Arc::new(OsEntropy);
        let options = Options { clock_check, ..Options::from(config.storage.clone()) };
        let store = EmbeddedStore::open(options, Arc::new(SystemClock), entropy.clone())
            .map_err(|error| Failure::failed(error.to_string()))?;
        let secrets = store.secrets();
        let secrets = Secrets { pepper: Pepper::new(secrets.pepper), cursor_key: CursorSecret(secrets.cursor_key) };
        let services = services(Arc::new(store.clone()), store.receipt_clock(), entropy, secrets);
        Ok(Self { services, engine: Engine::Embedded(store) })
    }

    /// The services that the server works with.
    pub(crate) fn services(&self) -> &Services {
        &self.services
    }

    /// Closes the store cleanly, so that the next start is quick.
    pub(crate) async fn close(self) -> Result<(), Failure> {
        let closed = match self.engine {
            Engine::Embedded(store) => store.close().await,
        };
        closed.map_err(|error| {
            Failure::caused_by("the store was not closed cleanly", &error)
                .detail("nothing acknowledged is lost; the next start takes a little longer")
        })
    }
}

/// The services of a server over one store that implements every contract.
fn services<S>(store: Arc<S>, clock: Arc<dyn Clock>, entropy: Arc<dyn Entropy>, secrets: Secrets) -> Services
where
    S: Intake + EventStore + ControlStore + KeyDirectory + ExportFiles + Verify + Reindex + Observe,
{
    Services {
        intake: store.clone(),
        events: store.clone(),
        control: store.clone(),
        directory: store.clone(),
        export_files: store.clone(),
        verify: store.clone(),
        reindex: store.clone(),
        observe: store,
        clock,
        entropy,
        secrets,
    }
}

/// Lets the logs that are ahead of the clock continue, and records that in each of them.
async fn reset_clock(store: &EmbeddedStore, services: &Services) -> Result<(), Failure> {
    let failed = |error: &dyn std::error::Error| Failure::caused_by("the clock could not be reset", error);
    let LogsAhead { now, logs } = store.logs_ahead().map_err(|error| failed(&error))?;
    let resets = logs.into_iter().map(|LogAhead { tenant_id, newest }| ClockReset { tenant_id, newest, now });
    let records: Vec<_> = resets
        .map(|reset| record_clock_reset(services.entropy.as_ref(), &reset))
        .collect::<Result<_, _>>()
        .map_err(|error| failed(&error))?;
    tracing::warn!(clock = %now, logs = records.len(), "the clock is reset: these logs were ahead of it");
    store.reset_clock(now, records).await.map_err(|error| failed(&error))
}

/// The directory that holds the data and, if no other place is given, the first keys.
pub(crate) fn data_dir(config: &Config) -> &Path {
    &config.storage.data_dir
}

/// The store in the data directory of a stopped server.
pub(crate) fn stopped_store(data_dir: &Path) -> Result<Box<dyn StoppedStore>, Failure> {
    Ok(Box::new(StoppedDirectory::new(existing_data_dir(data_dir)?)))
}

/// Checks that the directory exists: reading commands must not create it.
pub(crate) fn existing_data_dir(data_dir: &Path) -> Result<&Path, Failure> {
    if data_dir.is_dir() {
        return Ok(data_dir);
    }
    let failure = Failure::usage(format!("{} is not a data directory", data_dir.display()));
    Err(Failure {
        exit: Exit::Usage,
        ..failure.hint("name the directory that was given to `auditlog serve --data-dir`")
    })
}
