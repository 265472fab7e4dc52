//! Owns what all tails of the process share, and how a tail begins.

use std::{sync::Arc, time::Duration};

use auditlog_core::store::EventStore;
use tokio_util::sync::CancellationToken;

use crate::{
    limits::{AnswerMemory, QuerySlots},
    tail::{Feeds, Subscription, Tail},
    telemetry::Metrics,
};

/// The tails of the process. Cheap to clone: all clones share one state.
#[derive(Clone)]
pub(crate) struct Tails {
    pub(crate) events: Arc<dyn EventStore>,
    pub(crate) feeds: Arc<Feeds>,
    pub(crate) metrics: Arc<Metrics>,
    /// The slots for reading the log while a reader catches up.
    pub(crate) query_slots: QuerySlots,
    pub(crate) answer_memory: AnswerMemory,
    /// The interval of heartbeats.
    pub(crate) heartbeat: Duration,
    /// The timeout for reading a piece of the log.
    pub(crate) query_timeout: Duration,
    /// A reader that has not taken a text for this long is counted as stalled.
    pub(crate) answer_write_timeout: Duration,
    /// Cancelled when the server stops.
    pub(crate) stopping: CancellationToken,
}

impl Tails {
    /// Begins a tail; `head` is the current end of the log.
    pub(crate) fn begin(&self, subscription: Subscription, head: u64) -> Tail {
        Tail::begin(self.clone(), subscription, head)
    }
}
