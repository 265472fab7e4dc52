//! Owns the length of the write-ahead log: a thread checkpoints the log concurrently with the commits. Commits wait
//! only while the log has its maximum length or is being reset.

use std::{sync::Arc, thread::JoinHandle, time::Duration};

use parking_lot::{Condvar, Mutex, MutexGuard};

use crate::{
    commit::thread_writes,
    condition::Condition,
    error::StoreError,
    ledger::{Checkpoint, FRAME_BYTES, LogPages},
};

/// How long the thread waits before it retries where a reader held it up.
const HELD_UP: Duration = Duration::from_millis(50);
/// How long it waits where the disk is full.
const DISK_FULL: Duration = Duration::from_secs(1);

/// Shared by the writer and the thread.
pub(crate) struct Checkpointer {
    bytes_max: u64,
    condition: Arc<Condition>,
    state: Mutex<State>,
    changed: Condvar,
    /// Held during each commit, and while the log is reset.
    gate: Mutex<()>,
}

#[derive(Default)]
struct State {
    /// The approximate size of the log since its last reset.
    bytes: u64,
    /// The largest number of pages it held since then.
    pages: u64,
    written: Written,
    stopping: bool,
    /// The database could not grow. Commits do not wait then: only those that protect or free space get this far.
    is_disk_full: bool,
    failure: Option<String>,
}

/// The bytes written for the ledger since the store was opened.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Written {
    /// Into the write-ahead log.
    pub log: u64,
    /// From the log into the database.
    pub back: u64,
}

impl Checkpointer {
    /// Starts the thread. It ends after [`Checkpointer::stop`].
    pub(crate) fn start(
        checkpoint: Checkpoint,
        bytes_max: u64,
        condition: Arc<Condition>,
    ) -> Result<(Arc<Self>, JoinHandle<()>), StoreError> {
        let (state, changed, gate) = (Mutex::default(), Condvar::new(), Mutex::default());
        let shared = Arc::new(Self { bytes_max, condition, state, changed, gate });
        let own = Arc::clone(&shared);
        let thread = std::thread::Builder::new()
            .name("checkpoint".into())
            .spawn(move || own.run(&checkpoint))
            .map_err(|error| StoreError::Stopped(format!("a thread could not be started: {error}")))?;
        Ok((shared, thread))
    }

    /// Keeps the log from being reset while the guard lives. Waits first where the log is too long, and fails where it
    /// could not be checkpointed: the data in it is safe, but it must not grow without bound.
    pub(crate) fn enter(&self) -> Result<MutexGuard<'_, ()>, StoreError> {
        let mut state = self.state.lock();
        while state.bytes >= self.bytes_max && state.failure.is_none() && !state.stopping && !state.is_disk_full {
            self.changed.wait(&mut state);
        }
        if let Some(failure) = &state.failure {
            return Err(StoreError::Stopped(failure.clone()));
        }
        drop(state);
        Ok(self.gate.lock())
    }

    /// Counts the growth by a commit, `bytes` being approximately the room it needs. Called before the guard of
    /// [`Checkpointer::enter`] is dropped, so that the log has not been reset since.
    pub(crate) fn grew(&self, bytes: u64, log: LogPages) {
        let mut state = self.state.lock();
        state.bytes += bytes;
        state.written.log += log.0.saturating_sub(state.pages) * FRAME_BYTES;
        state.pages = log.0;
        if state.bytes >= self.bytes_max / 4 {
            self.changed.notify_all();
        }
    }

    /// The approximate size of the log.
    pub(crate) fn wal_bytes(&self) -> u64 {
        self.state.lock().bytes
    }

    pub(crate) fn written(&self) -> Written {
        self.state.lock().written
    }

    pub(crate) fn stop(&self) {
        self.state.lock().stopping = true;
        self.changed.notify_all();
    }

    fn run(&self, checkpoint: &Checkpoint) {
        loop {
            let mut state = self.state.lock();
            while state.bytes < self.bytes_max / 4 && !state.stopping {
                self.changed.wait(&mut state);
            }
            if state.stopping || state.failure.is_some() {
                return;
            }
            drop(state);
            let written_back = self.write_back(checkpoint);
            self.note_disk_full(written_back.as_ref().err().filter(|error| error.is_disk_full()));
            // The data in the log is safe. Waits for the reader, for disk space, or for the stop.
            match written_back {
                Ok(true) => {}
                Ok(false) => _ = self.changed.wait_for(&mut self.state.lock(), HELD_UP),
                Err(error) if error.is_disk_full() => self.wait_for_disk(),
                Err(error) => self.fail(&error),
            }
            self.changed.notify_all();
        }
    }

    fn note_disk_full(&self, error: Option<&StoreError>) {
        let was_full = std::mem::replace(&mut self.state.lock().is_disk_full, error.is_some());
        if was_full != error.is_some() {
            self.condition.maintenance_ended("checkpoint", error);
        }
        if let Some(error) = error.filter(|_| !was_full) {
            tracing::warn!(%error, "the disk is full: the write-ahead log is written back once there is space");
            self.changed.notify_all();
        }
    }

    /// Commits also notify, but none of them frees space.
    fn wait_for_disk(&self) {
        self.changed.wait_while_for(&mut self.state.lock(), |state| !state.stopping, DISK_FULL);
    }

    /// The next commit will be refused; earlier `health` queries report the failure too.
    fn fail(&self, error: &StoreError) {
        let failure = format!("the write-ahead log was not written back: {error}");
        tracing::error!(failure, "the store accepts no more writes");
        self.condition.stopped(&failure);
        self.state.lock().failure = Some(failure);
    }

    fn write_back(&self, checkpoint: &Checkpoint) -> Result<bool, StoreError> {
        let written_before = thread_writes::bytes();
        checkpoint.write_back()?;
        let _gate = self.gate.lock();
        let started_over = checkpoint.start_over()?;
        let mut state = self.state.lock();
        state.written.back += thread_writes::bytes().saturating_sub(written_before);
        if started_over {
            (state.bytes, state.pages) = (0, 0);
        }
        Ok(started_over)
    }
}
