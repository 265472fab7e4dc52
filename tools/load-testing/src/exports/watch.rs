//! Samples the memory usage of a server while it makes exports.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use tokio::{task::JoinHandle, time::sleep};

use crate::server::memory_of;

const LOOK_EVERY: Duration = Duration::from_millis(20);

/// Samples a process at intervals.
pub(super) struct Watch {
    highest_kib: Arc<AtomicU64>,
    task: JoinHandle<()>,
}

impl Watch {
    pub(super) fn begin(process: u32) -> Self {
        let highest_kib = Arc::new(AtomicU64::new(0));
        let seen = Arc::clone(&highest_kib);
        let task = tokio::spawn(async move {
            loop {
                let resident = memory_of(process).map_or(0, |memory| memory.resident_kib);
                seen.fetch_max(resident, Ordering::Relaxed);
                sleep(LOOK_EVERY).await;
            }
        });
        Self { highest_kib, task }
    }

    /// The highest resident memory seen, in MiB.
    pub(super) fn finish(self) -> u64 {
        self.task.abort();
        self.highest_kib.load(Ordering::Relaxed) / 1024
    }
}
