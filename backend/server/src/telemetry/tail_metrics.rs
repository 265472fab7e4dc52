//! Owns the metrics of live tails.

use prometheus_client::{
    encoding::{EncodeLabelSet, EncodeLabelValue},
    metrics::{counter::Counter, family::Family, gauge::Gauge},
    registry::Registry,
};

/// Why a tail ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, EncodeLabelValue)]
pub(crate) enum TailEnd {
    /// The reader disconnected.
    ReaderLeft,
    /// The reader read nothing for too long.
    Stalled,
    /// The reader fell behind the events kept in memory.
    SlowReader,
    /// The filter could not keep up with new events.
    SlowFilter,
    /// The key or tenant may no longer read.
    NotAllowed,
    /// The store could not be read.
    Failed,
    /// The server is stopping.
    ServerStopping,
}

impl TailEnd {
    const ALL: [Self; 7] = [
        Self::ReaderLeft,
        Self::Stalled,
        Self::SlowReader,
        Self::SlowFilter,
        Self::NotAllowed,
        Self::Failed,
        Self::ServerStopping,
    ];
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct EndLabels {
    reason: TailEnd,
}

/// The metrics of live tails.
#[derive(Debug, Default)]
pub(crate) struct TailMetrics {
    open: Gauge,
    ended: Family<EndLabels, Counter>,
    counters: TailCounters,
}

/// The counters of frames. Clones share the counters.
#[derive(Debug, Clone, Default)]
pub(crate) struct TailCounters {
    printed: Counter,
    sent: Counter,
}

impl TailMetrics {
    /// Registers the metrics, starting at zero.
    pub(crate) fn new(registry: &mut Registry) -> Self {
        let metrics = Self::default();
        // Created at the start, so that the first count is visible as an increase.
        for reason in TailEnd::ALL {
            drop(metrics.ended.get_or_create(&EndLabels { reason }));
        }
        registry.register("tails", "Live tails that are open", metrics.open.clone());
        registry.register("tails_ended", "Live tails that ended, by reason", metrics.ended.clone());
        let TailCounters { printed, sent } = metrics.counters.clone();
        registry.register("tail_frames_printed", "Events encoded for live tails", printed);
        registry.register("tail_frames_sent", "Events sent to live tails, counted once per reader", sent);
        metrics
    }

    pub(crate) fn counters(&self) -> TailCounters {
        self.counters.clone()
    }

    /// Counts a tail as open.
    pub(crate) fn open(&self) -> OpenTail {
        self.open.inc();
        OpenTail { open: Some(self.open.clone()), ended: self.ended.clone() }
    }
}

impl TailCounters {
    /// Counts events that were encoded.
    pub(crate) fn count_printed(&self, frames: u64) {
        self.printed.inc_by(frames);
    }

    /// Counts events that were sent.
    pub(crate) fn count_sent(&self, frames: u64) {
        self.sent.inc_by(frames);
    }
}

/// A tail that is counted as open.
#[derive(Debug)]
pub(crate) struct OpenTail {
    open: Option<Gauge>,
    ended: Family<EndLabels, Counter>,
}

impl OpenTail {
    /// Counts the end of the tail, once; the first reason is kept.
    pub(crate) fn end(&mut self, reason: TailEnd) {
        if let Some(open) = self.open.take() {
            open.dec();
            self.ended.get_or_create(&EndLabels { reason }).inc();
        }
    }
}
