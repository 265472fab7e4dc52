//! Owns the public store: how it is opened and closed, and its implementation of the traits of core.

mod clock_reset;
mod close;
mod control;
mod intake;
mod open;
mod stopped;
mod traits;

use std::sync::Arc;

use auditlog_core::clock::{Clock, Entropy};
use parking_lot::Mutex;

use crate::{
    compaction,
    data_directory::Secrets,
    engine::Engine,
    error::{OpenError, StoreError},
    options::Options,
    query_threads::QueryThreads,
    seal,
};
pub use clock_reset::{LogAhead, LogsAhead};
use close::Threads;
pub use stopped::StoppedDirectory;

/// A store in a data directory. Cheap to clone; the clones are one store.
///
/// Dropped without [`EmbeddedStore::close`], it stops as in a crash: nothing acknowledged is lost, and the next start
/// takes a little longer.
#[derive(Clone)]
pub struct EmbeddedStore {
    inner: Arc<Inner>,
}

struct Inner {
    engine: Arc<Engine>,
    threads: Mutex<Threads>,
    query_threads: QueryThreads,
}

impl EmbeddedStore {
    /// Opens the store in `options.data_dir`; creates one where there is none. Blocks until everything is recovered.
    ///
    /// # Errors
    /// [`OpenError`], whose text says what to do about it.
    #[expect(clippy::needless_pass_by_value, reason = "clock and entropy are passed by value alike, as everywhere")]
    pub fn open(options: Options, clock: Arc<dyn Clock>, entropy: Arc<dyn Entropy>) -> Result<Self, OpenError> {
        let (engine, threads) = open::open(options, clock, entropy.as_ref())?;
        Ok(Self {
            inner: Arc::new(Inner { engine, threads: Mutex::new(threads), query_threads: QueryThreads::default() }),
        })
    }

    /// The secrets of the data directory.
    #[must_use]
    pub fn secrets(&self) -> &Secrets {
        self.engine().directory.secrets()
    }

    /// Seals everything that is committed now. Returns the number of segments written.
    ///
    /// # Errors
    /// [`StoreError`]; the committed events stay in the tail.
    pub async fn seal(&self) -> Result<usize, StoreError> {
        self.blocking(seal::seal).await
    }

    /// Joins segments until none are left to join. Returns the number of segments written.
    ///
    /// # Errors
    /// [`StoreError`]; the existing segments stay.
    pub async fn compact(&self) -> Result<usize, StoreError> {
        self.blocking(compaction::compact_all).await
    }

    fn engine(&self) -> &Arc<Engine> {
        &self.inner.engine
    }

    async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Engine) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        // The clone keeps the store alive: dropped meanwhile, it must not stop during the work.
        let store = self.clone();
        let done = tokio::task::spawn_blocking(move || work(store.engine())).await;
        done.map_err(|error| StoreError::Stopped(error.to_string()))?
    }
}
