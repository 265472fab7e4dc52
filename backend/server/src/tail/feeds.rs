//! Owns the open feeds, one for each tenant with readers, and their total memory.

use std::{
    collections::HashMap,
    num::NonZeroU64,
    ops::Range,
    sync::{Arc, Weak},
    time::Duration,
};

use auditlog_core::{
    id::TenantId,
    query::{Filter, QueryBudget},
    store::{EventStore, QueryError, ScanPage, ScanRequest, View},
};
use parking_lot::Mutex;

use crate::{
    tail::{feed::Feed, matching::AllTurns},
    telemetry::TailCounters,
};

/// The source of a feed's events.
#[derive(Clone)]
pub(crate) struct Source {
    pub(crate) store: Arc<dyn EventStore>,
    pub(crate) tenant_id: TenantId,
    /// The timeout for reading a piece of the log.
    pub(crate) timeout: Duration,
    pub(crate) counters: TailCounters,
}

impl Source {
    /// Reads a piece of the log: those of the events with these sequences that match, up to a limit.
    pub(super) async fn scan(
        &self,
        filter: Filter,
        range: Range<u64>,
        limit: usize,
        budget: QueryBudget,
    ) -> Result<ScanPage, QueryError> {
        let view = View { tenant_id: self.tenant_id.clone(), head: range.end, filter };
        self.store.scan(ScanRequest { view, from: range.start, limit }, budget).await
    }
}

/// The open feeds.
#[derive(Debug)]
pub(crate) struct Feeds {
    open: Mutex<HashMap<TenantId, Weak<Feed>>>,
    turns: AllTurns,
    bytes_max: usize,
}

impl Feeds {
    pub(crate) fn new(bytes_max: NonZeroU64) -> Self {
        let turns = AllTurns::default();
        Self { open: Mutex::default(), turns, bytes_max: usize::try_from(bytes_max.get()).unwrap_or(usize::MAX) }
    }

    /// The tenant's feed. Creates one of the events after `head` if there is none.
    pub(super) fn join(self: &Arc<Self>, source: Source, head: u64) -> Arc<Feed> {
        let mut open = self.open.lock();
        open.retain(|_, feed| feed.strong_count() > 0);
        if let Some(feed) = open.get(&source.tenant_id).and_then(Weak::upgrade) {
            return feed;
        }
        let tenant_id = source.tenant_id.clone();
        let feed = Feed::start(source, Arc::clone(self), self.turns.clone(), head);
        open.insert(tenant_id, Arc::downgrade(&feed));
        feed
    }

    /// If all rings together exceed their memory limit, cuts each to an equal share.
    pub(super) fn bound(&self) {
        let open: Vec<Arc<Feed>> = {
            let open = self.open.lock();
            open.values().filter_map(Weak::upgrade).collect()
        };
        let bytes: usize = open.iter().map(|feed| feed.ring().bytes()).sum();
        if bytes <= self.bytes_max {
            return;
        }
        let share = self.bytes_max / open.len().max(1);
        for feed in open {
            feed.ring().shrink_to(share);
        }
    }
}
