//! Owns the numbers of live tails.

use prometheus_client::{
    encoding::{EncodeLabelSet, EncodeLabelValue},
    metrics::{counter::Counter, family::Family, gauge::Gauge},
    registry::Registry,
};

/// Why a tail ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, EncodeLabelValue)]
pub(crate) enum TailEnd {
    /// Its reader went away.
    ReaderLeft,
    /// Its reader took nothing for too long.
    Stalled,
    /// Its reader fell behind what is kept in memory.
    SlowReader,
    /// Its filter took longer than events came.
    SlowFilter,
    /// Its key or tenant may read no more.
    NotAllowed,
    /// The store could not be read.
    Failed,
    /// The server stops.
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

/// The numbers of live tails.
#[derive(Debug, Default)]
pub(crate) struct TailMetrics {
    open: Gauge,
    ended: Family<EndLabels, Counter>,
    counters: TailCounters,
}

/// What is counted of frames. Clones count together.
#[derive(Debug, Clone, Default)]
pub(crate) struct TailCounters {
    printed: Counter,
    sent: Counter,
}

impl TailMetrics {
    /// Starts at zero.
    pub(crate) fn new(registry: &mut Registry) -> Self {
        let metrics = Self::default();
        // Shown from the start, so that the first one is seen as a rise.
        for reason in TailEnd::ALL {
            drop(metrics.ended.get_or_create(&EndLabels { reason }));
        }
        registry.register("tails", "Live tails that are open", metrics.open.clone());
        registry.register("tails_ended", "Live tails that ended, by reason", metrics.ended.clone());
        let TailCounters { printed, sent } = metrics.counters.clone();
        registry.register("tail_frames_printed", "Events printed for live tails", printed);
        registry.register("tail_frames_sent", "Events sent to live tails, to each reader anew", sent);
        metrics
    }

    pub(crate) fn counters(&self) -> TailCounters {
        self.counters.clone()
    }

    /// Counts a tail in.
    pub(crate) fn open(&self) -> OpenTail {
        self.open.inc();
        OpenTail { open: Some(self.open.clone()), ended: self.ended.clone() }
    }
}

impl TailCounters {
    /// Counts events that were printed.
    pub(crate) fn count_printed(&self, frames: u64) {
        self.printed.inc_by(frames);
    }

    /// Counts events that were sent.
    pub(crate) fn count_sent(&self, frames: u64) {
        self.sent.inc_by(frames);
    }
}

/// A tail that is counted in.
#[derive(Debug)]
pub(crate) struct OpenTail {
    open: Option<Gauge>,
    ended: Family<EndLabels, Counter>,
}

impl OpenTail {
    /// Counts it out, once; the first reason stands.
    pub(crate) fn end(&mut self, reason: TailEnd) {
        if let Some(open) = self.open.take() {
            open.dec();
            self.ended.get_or_create(&EndLabels { reason }).inc();
        }
    }
}
