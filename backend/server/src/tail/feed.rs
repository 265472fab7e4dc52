//! Owns the feed of one tenant: the ring, and the task that fills it as long as there are readers.

use std::{
    sync::{Arc, OnceLock, Weak},
    time::Duration,
};

use auditlog_core::query::Filter;
use parking_lot::{Mutex, MutexGuard};
use tokio::{sync::watch, task::AbortHandle, time::sleep};

use crate::{
    limits::PieceBudgets,
    problem::Problem,
    tail::{
        block::Block,
        feeds::{Feeds, Source},
        matching::{AllTurns, Matching},
        ring::{Found, Ring},
    },
};

/// The minimum interval between reads. Events may arrive singly or by the thousand; reading at this interval delivers
/// them to every reader together, because each read costs a query, and each block costs a write to every connection.
const PACE: Duration = Duration::from_millis(20);
/// The number of events that are read at a time.
const EVENTS_MAX: usize = 1_000;

/// The new events of one log. Dropped with its last reader.
#[derive(Debug)]
pub(super) struct Feed {
    ring: Mutex<Ring>,
    news: watch::Sender<News>,
    matching: Matching,
    task: OnceLock<AbortHandle>,
}

/// Signalled to readers whenever it changes.
#[derive(Debug, Clone, Default)]
pub(super) struct News {
    /// Why no more events will come, if so.
    pub(super) failure: Option<Problem>,
}

impl Feed {
    /// A feed of the events after `head`.
    pub(super) fn start(source: Source, feeds: Arc<Feeds>, turns: AllTurns, head: u64) -> Arc<Self> {
        let ring = Mutex::new(Ring::new(head));
        let matching = Matching::new(Arc::clone(&source.store), turns);
        let feed = Arc::new(Self { ring, news: watch::Sender::default(), matching, task: OnceLock::new() });
        let filling = tokio::spawn(fill(Arc::downgrade(&feed), source, feeds));
        // The cell was just created and is set once.
        let _ = feed.task.set(filling.abort_handle());
        feed
    }

    pub(super) fn ring(&self) -> MutexGuard<'_, Ring> {
        self.ring.lock()
    }

    /// Where the filters of its readers are evaluated.
    pub(super) fn matching(&self) -> &Matching {
        &self.matching
    }

    pub(super) fn find(&self, next: u64) -> Found {
        self.ring().find(next)
    }

    pub(super) fn news(&self) -> watch::Receiver<News> {
        self.news.subscribe()
    }
}

impl Drop for Feed {
    fn drop(&mut self) {
        if let Some(task) = self.task.get() {
            task.abort();
        }
    }
}

async fn fill(feed: Weak<Feed>, source: Source, feeds: Arc<Feeds>) {
    let Some(mut next) = feed.upgrade().map(|feed| feed.ring().end()) else { return };
    // Cancels a running read when the last reader leaves, which ends this task.
    let budgets = PieceBudgets::new(source.timeout);
    loop {
        let fetched = fetch(&source, next, &budgets).await;
        let Some(feed) = feed.upgrade() else { return };
        let is_caught_up = match fetched {
            Ok((block, head)) => {
                next = block.end();
                feed.ring().push(block);
                feeds.bound();
                feed.news.send_replace(News::default());
                next >= head
            }
            Err(problem) => {
                feed.news.send_replace(News { failure: Some(problem) });
                return;
            }
        };
        drop(feed);
        if is_caught_up {
            sleep(PACE).await;
        }
    }
}

/// Waits until there are events after `next` and reads them. Also returns the log's head.
async fn fetch(source: &Source, next: u64, budgets: &PieceBudgets) -> Result<(Block, u64), Problem> {
    loop {
        let head = source.store.wait(source.tenant_id.clone(), next).await?;
        let page = source.scan(Filter::All, next..head, EVENTS_MAX, budgets.next()).await?;
        if page.next > next {
            return Ok((Block::new(page.events, next, source.counters.clone()), head));
        }
    }
}
