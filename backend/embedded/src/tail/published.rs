//! Owns the state that readers see: each tenant's log as of the last commit.

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use auditlog_core::id::TenantId;
use parking_lot::{Mutex, RwLock};
use tokio::sync::watch;

use crate::tail::LogView;

/// The current view of every log. The writer replaces views; a reader that took one keeps it.
/// Events of one generation are sealed together. The writer begins a new generation when a seal starts, so that later
/// events are never joined with those being sealed.
#[derive(Debug, Default)]
pub(crate) struct Published {
    logs: RwLock<HashMap<TenantId, Arc<LogView>>>,
    tail_bytes: AtomicU64,
    tail_events: AtomicU64,
    /// The logs that callers wait for to grow. The writer checks it at every commit and mostly finds nothing.
    waited_for: Mutex<HashMap<TenantId, watch::Sender<u64>>>,
}

impl Published {
    /// The tenant's log as it is now. `None` where it has none yet.
    pub(crate) fn log(&self, tenant: &TenantId) -> Option<Arc<LogView>> {
        self.logs.read().get(tenant).cloned()
    }

    /// Every log, by tenant.
    pub(crate) fn logs(&self) -> Vec<Arc<LogView>> {
        let logs = self.logs.read();
        let mut logs: Vec<_> = logs.values().cloned().collect();
        logs.sort_by(|left, right| left.tenant_id.cmp(&right.tenant_id));
        logs
    }

    /// Replaces old views by new ones, all at once.
    pub(crate) fn replace(&self, views: impl IntoIterator<Item = LogView>) {
        let mut heads = Vec::new();
        let mut logs = self.logs.write();
        for view in views {
            heads.push((view.tenant_id.clone(), view.head()));
            let (bytes, events) = (view.tail_bytes(), view.tail_events());
            let old = logs.insert(view.tenant_id.clone(), Arc::new(view));
            let (old_bytes, old_events) = old.map_or((0, 0), |old| (old.tail_bytes(), old.tail_events()));
            // The lock is held, so no other thread adds in between.
            let tail_bytes = self.tail_bytes.load(Ordering::Relaxed) + bytes - old_bytes;
            self.tail_bytes.store(tail_bytes, Ordering::Relaxed);
            let tail_events = self.tail_events.load(Ordering::Relaxed) + events - old_events;
            self.tail_events.store(tail_events, Ordering::Relaxed);
        }
        drop(logs);
        self.wake(heads);
    }

    /// Resolves with the head of the tenant's log as soon as it is greater than `head`.
    pub(crate) async fn grown_beyond(&self, tenant: TenantId, head: u64) -> u64 {
        // Subscribed to before the first check, so that nothing is published unseen between checks.
        let mut waiter = self.subscribe(&tenant);
        loop {
            let now = self.log(&tenant).map_or(0, |view| view.head());
            if now > head {
                return now;
            }
            if waiter.changed().await.is_err() {
                // Only channels without receivers are dropped, so this is none of them; a new one serves as well.
                waiter = self.subscribe(&tenant);
            }
        }
    }

    fn subscribe(&self, tenant: &TenantId) -> watch::Receiver<u64> {
        let mut waited_for = self.waited_for.lock();
        // Logs that no caller waits for any more are removed here, where it costs the writer nothing.
        waited_for.retain(|_, waiters| waiters.receiver_count() > 0);
        waited_for.entry(tenant.clone()).or_insert_with(|| watch::Sender::new(0)).subscribe()
    }

    /// Wakes the callers that wait for these logs.
    fn wake(&self, heads: Vec<(TenantId, u64)>) {
        let waited_for = self.waited_for.lock();
        for (tenant, head) in heads {
            if let Some(waiters) = waited_for.get(&tenant) {
                waiters.send_replace(head);
            }
        }
    }

    /// The approximate memory of all tails, in bytes.
    pub(crate) fn tail_bytes(&self) -> u64 {
        self.tail_bytes.load(Ordering::Relaxed)
    }

    /// The number of events that are not sealed.
    pub(crate) fn tail_events(&self) -> u64 {
        self.tail_events.load(Ordering::Relaxed)
    }
}
