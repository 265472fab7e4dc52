//! Owns how a store stops: cleanly when it is closed, abruptly when it is dropped.

use std::thread::{self, JoinHandle};

use crate::{
    commit::Writer,
    error::StoreError,
    ledger::Ledger,
    store::{EmbeddedStore, Inner},
};

const CLOSING: &str = "the store is closing";

/// The threads of an open store.
pub(super) struct Threads {
    /// Returns the ledger after a clean end.
    writer: Option<JoinHandle<Option<Ledger>>>,
    checkpoint: Option<JoinHandle<()>>,
    maintenance: Vec<JoinHandle<()>>,
}

impl Threads {
    pub(super) fn new(checkpoint: JoinHandle<()>) -> Self {
        Self { writer: None, checkpoint: Some(checkpoint), maintenance: Vec::new() }
    }

    pub(super) fn start_writer(&mut self, writer: Writer) -> Result<(), StoreError> {
        let started = thread::Builder::new().name("writer".into()).spawn(move || writer.run());
        let failed = |error| StoreError::Stopped(format!("a thread could not be started: {error}"));
        self.writer = Some(started.map_err(failed)?);
        Ok(())
    }

    pub(super) fn add(&mut self, maintenance: JoinHandle<()>) {
        self.maintenance.push(maintenance);
    }
}

impl EmbeddedStore {
    /// Accepts no more jobs, commits the waiting ones, checkpoints the log and records the ledger's checksums. The tail
    /// is not sealed: a segment for a few events would cost more than reading them back.
    ///
    /// # Errors
    /// [`StoreError`] where the store had stopped before, or cannot be closed cleanly. Nothing acknowledged is lost.
    pub async fn close(&self) -> Result<(), StoreError> {
        self.inner.engine.stop_maintenance();
        self.inner.engine.queue.close(CLOSING);
        let store = self.clone();
        let closed = tokio::task::spawn_blocking(move || store.inner.close()).await;
        closed.map_err(|error| StoreError::Stopped(error.to_string()))?
    }
}

impl Inner {
    fn close(&self) -> Result<(), StoreError> {
        let Some(ledger) = self.stop() else {
            return Err(StoreError::Stopped("the ledger was not closed, or was closed before".into()));
        };
        ledger.close_with_sums(self.engine.directory.paths())
    }

    /// Ends every thread. Returns the ledger the first time, where the writer ended cleanly.
    fn stop(&self) -> Option<Ledger> {
        let engine = &self.engine;
        engine.stop_maintenance();
        engine.queue.close(CLOSING);
        let mut threads = self.threads.lock();
        let ledger = threads.writer.take().and_then(|writer| writer.join().ok().flatten());
        // The writer may have waited for the checkpoint thread, so that one ends after it.
        engine.checkpointer.stop();
        if let Some(checkpoint) = threads.checkpoint.take() {
            // A thread that panicked has nothing to return.
            drop(checkpoint.join());
        }
        for thread in threads.maintenance.drain(..) {
            drop(thread.join());
        }
        ledger
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        drop(self.stop());
    }
}
