//! Owns the state that the threads of a store and its callers share.

use std::{
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use auditlog_core::{store::Health, timestamp::Timestamp};
use parking_lot::Mutex;
use tokio::sync::oneshot;

use crate::{
    cache::Cache,
    commit::{Checkpointer, Job, NewSegment, Queue, Reply},
    condition::Condition,
    control::Control,
    counters::Counters,
    data_directory::{DataDirectory, durable, free_bytes, private},
    error::StoreError,
    options::Options,
    receipt_clock::ReceiptClock,
    segment::{Segment, SegmentError, SegmentId, SegmentMeta},
    signal::Signal,
    tail::Published,
};

/// The parts of an open store.
pub(crate) struct Engine {
    pub options: Arc<Options>,
    pub directory: DataDirectory,
    /// The clock, and the times of receipt that it assigns.
    pub receipts: Arc<ReceiptClock>,
    pub cache: Arc<Cache>,
    pub published: Arc<Published>,
    pub control: Arc<Control>,
    pub queue: Arc<Queue>,
    pub checkpointer: Arc<Checkpointer>,
    pub condition: Arc<Condition>,
    pub counters: Arc<Counters>,
    /// The last segment number used.
    pub last_segment: AtomicU64,
    /// `sealing` is held during a seal, `compacting` during a compaction or reindexing: one of each runs at a time.
    pub sealing: Mutex<()>,
    pub compacting: Mutex<()>,
    /// Signalled when the tail is large enough to be sealed.
    pub seal_due: Arc<Signal>,
    /// Signalled when there are new segments.
    pub compaction_due: Signal,
}

impl Engine {
    /// Sends the writer a job of the store's own and waits until it is done. Blocks the thread.
    pub(crate) fn ask_writer<T>(&self, job: impl FnOnce(Reply<T, StoreError>) -> Job) -> Result<T, StoreError> {
        let (reply, answer) = oneshot::channel();
        self.queue.push_own(job(reply)).map_err(|error| StoreError::Stopped(error.to_string()))?;
        let gone = |_| StoreError::Stopped("the writer has stopped".into());
        answer.blocking_recv().map_err(gone)?
    }

    /// A segment number that was never used before.
    pub(crate) fn next_segment(&self) -> SegmentId {
        SegmentId(self.last_segment.fetch_add(1, Ordering::Relaxed) + 1)
    }

    /// The directory of a day's segments.
    pub(crate) fn day_directory(&self, day: i64) -> PathBuf {
        self.directory.paths().day(day)
    }

    /// The same, created durably. Its name is synced each time: the sync after an earlier attempt may have failed.
    pub(crate) fn make_day_directory(&self, day: i64) -> Result<PathBuf, StoreError> {
        let path = self.day_directory(day);
        private::make_directory(&path)?;
        durable::sync_directory(&self.directory.paths().segments())?;
        Ok(path)
    }

    /// A segment whose rows were in the manifest before, with the numbers of its tenants.
    pub(crate) fn numbered(&self, segment: Arc<Segment>) -> NewSegment {
        let ids = segment.meta().tenants.iter().map(|range| &range.tenant_id);
        let tenants = ids.filter_map(|id| Some((id.clone(), self.control.tenant(id)?.number))).collect();
        NewSegment { segment, tenants }
    }

    /// Writes a segment of that day and opens it. The files of a segment that cannot be finished are removed: on a full
    /// disk each retry would otherwise use up more of the remaining space.
    pub(crate) fn write_segment(
        &self,
        day: i64,
        write: impl FnOnce(&Path, SegmentId) -> Result<SegmentMeta, SegmentError>,
    ) -> Result<Arc<Segment>, StoreError> {
        let (directory, id) = (self.make_day_directory(day)?, self.next_segment());
        let open = |meta| Ok(Arc::new(Segment::open(&directory, meta, &self.cache)?));
        let written = write(&directory, id).map_err(StoreError::from).and_then(open);
        if written.is_err() {
            self.remove_segment(day, id);
        }
        written
    }

    /// Removes the files of a segment that the manifest does not list. Where that fails the next start does it. The
    /// data file is removed last: a start can identify the events only by it.
    pub(crate) fn remove_segment(&self, day: i64, id: SegmentId) {
        for name in [id.index_file_name(), id.data_file_name()] {
            if let Err(error) = durable::remove_file(&self.day_directory(day).join(name)) {
                tracing::warn!(%error, "a file that no segment owns is left until the next start");
            }
        }
    }

    /// Stops the threads that wait for a signal, once their current work is done.
    pub(crate) fn stop_maintenance(&self) {
        self.seal_due.stop();
        self.compaction_due.stop();
    }

    /// The most serious problem, if any; first of all the one that keeps events from being accepted.
    pub(crate) fn health(&self) -> Health {
        if let Some(reason) = self.condition.why_stopped() {
            return Health::Degraded(reason);
        }
        let min_free_bytes = self.options.min_free_bytes;
        match free_bytes(self.directory.paths().root()) {
            Ok(free_bytes) if free_bytes < min_free_bytes => Health::DiskFull { free_bytes, min_free_bytes },
            _ => self.condition.maintenance_health(),
        }
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.receipts.shown()
    }
}
