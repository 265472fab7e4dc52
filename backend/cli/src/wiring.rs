//! The composition root: picks the implementation of every contract and passes it to the server. The only place that
//! knows both sides.
//!
//! There is one store today, the embedded one. Another one becomes a second arm of [`Backend::open`], selected by the
//! configuration; nothing else in this crate changes.

use std::{path::Path, sync::Arc};

use auditlog_core::{
    clock::{Entropy, SystemClock},
    policy::Pepper,
};
use auditlog_embedded::{ClockCheck, EmbeddedStore, LogAhead, LogsAhead, Options};
use auditlog_server::{
    app::{CursorSecret, Secrets, Services},
    config::{Config, StorageSection},
    use_cases::{ClockReset, record_clock_reset},
};
use rand::RngCore;

use crate::failure::{Exit, Failure};

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
    store: EmbeddedStore,
}

impl Backend {
    /// Opens the store that the configuration names; creates it if there is none.
    pub(crate) fn open(config: &Config) -> Result<Self, Failure> {
        Self::open_with(config, ClockCheck::Refuse)
    }

    /// Opens the store with a clock that the operator declares right, and lets the logs that are ahead of it continue.
    pub(crate) async fn open_with_reset_clock(config: &Config) -> Result<Self, Failure> {
        let backend = Self::open_with(config, ClockCheck::Override)?;
        let failed = |error: &dyn std::error::Error| Failure::caused_by("the clock could not be reset", error);
        let LogsAhead { now, logs } = backend.store.logs_ahead().map_err(|error| failed(&error))?;
        let resets = logs.into_iter().map(|LogAhead { tenant_id, newest }| ClockReset { tenant_id, newest, now });
        let records: Vec<_> = resets
            .map(|reset| record_clock_reset(&backend.services, &reset))
            .collect::<Result<_, _>>()
            .map_err(|error| failed(&error))?;
        tracing::warn!(clock = %now, logs = records.len(), "the clock is reset: these logs were ahead of it");
        backend.store.reset_clock(now, records).await.map_err(|error| failed(&error))?;
        Ok(backend)
    }

    fn open_with(config: &Config, clock_check: ClockCheck) -> Result<Self, Failure> {
        let entropy = Arc::new(OsEntropy);
        let options = Options { clock_check, ..options(&config.storage) };
        let store = EmbeddedStore::open(options, Arc::new(SystemClock), entropy.clone())
            .map_err(|error| Failure::failed(error.to_string()))?;
        let secrets = store.secrets();
        let secrets = Secrets { pepper: Pepper::new(secrets.pepper), cursor_key: CursorSecret(secrets.cursor_key) };
        let shared = Arc::new(store.clone());
        let services = Services {
            intake: shared.clone(),
            events: shared.clone(),
            control: shared.clone(),
            export_files: shared.clone(),
            verify: shared.clone(),
            reindex: shared.clone(),
            observe: shared,
            clock: store.receipt_clock(),
            entropy,
            secrets,
        };
        Ok(Self { services, store })
    }

    /// The services that the server works with.
    pub(crate) fn services(&self) -> &Services {
        &self.services
    }

    /// Closes the store cleanly, so that the next start is quick.
    pub(crate) async fn close(self) -> Result<(), Failure> {
        self.store.close().await.map_err(|error| {
            Failure::caused_by("the store was not closed cleanly", &error)
                .detail("nothing acknowledged is lost; the next start takes a little longer")
        })
    }
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

fn options(section: &StorageSection) -> Options {
    let StorageSection {
        data_dir,
        seal_events,
        seal_bytes,
        tail_bytes_max,
        queue_bytes_max,
        wal_bytes_max,
        cache_bytes_max,
        min_free_bytes,
    } = section;
    Options {
        seal_events: seal_events.get(),
        seal_bytes: seal_bytes.get(),
        tail_bytes_max: tail_bytes_max.get(),
        queue_bytes_max: queue_bytes_max.get(),
        wal_bytes_max: wal_bytes_max.get(),
        cache_bytes_max: cache_bytes_max.get(),
        min_free_bytes: *min_free_bytes,
        ..Options::new(data_dir)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_of_the_configuration_are_those_of_the_store() {
        let section = StorageSection::default();
        assert_eq!(options(&section), Options::new(&section.data_dir));
    }
}
