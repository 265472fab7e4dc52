//! Owns the counters of a store and the list of what it tells about itself.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use auditlog_core::store::{Measurement, MeasurementKind, Receipt};

use crate::engine::Engine;

/// What happened since the store was opened.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    commits: AtomicU64,
    commit_nanos: AtomicU64,
    events: AtomicU64,
    duplicates: AtomicU64,
    conflicts: AtomicU64,
    seals: AtomicU64,
    compactions: AtomicU64,
}

impl Counters {
    pub(crate) fn count_commit(&self, took: Duration, events: u64) {
        self.commits.fetch_add(1, Ordering::Relaxed);
        self.commit_nanos.fetch_add(u64::try_from(took.as_nanos()).unwrap_or(u64::MAX), Ordering::Relaxed);
        self.events.fetch_add(events, Ordering::Relaxed);
    }

    pub(crate) fn count_receipts(&self, receipts: &[Receipt]) {
        let count = |wanted: fn(&Receipt) -> bool| receipts.iter().filter(|receipt| wanted(receipt)).count() as u64;
        let duplicates = count(|receipt| matches!(receipt, Receipt::Duplicate { .. }));
        let conflicts = count(|receipt| matches!(receipt, Receipt::Conflict { .. }));
        self.duplicates.fetch_add(duplicates, Ordering::Relaxed);
        self.conflicts.fetch_add(conflicts, Ordering::Relaxed);
    }

    pub(crate) fn count_seal(&self) {
        self.seals.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn count_compaction(&self) {
        self.compactions.fetch_add(1, Ordering::Relaxed);
    }
}

/// The numbers of an open store, always in the same order.
pub(crate) fn measure(engine: &Engine) -> Vec<Measurement> {
    let counters = &engine.counters;
    let seconds = Duration::from_nanos(counters.commit_nanos.load(Ordering::Relaxed)).as_secs_f64();
    let lookups = engine.cache.lookups();
    let (segments, segment_bytes) = segment_totals(engine);
    let counted = |counter: &AtomicU64| number(counter.load(Ordering::Relaxed));
    vec![
        counter("events_stored", "Events made durable.", counted(&counters.events)),
        counter("events_duplicate", "Events that were stored before and sent again.", counted(&counters.duplicates)),
        counter("events_conflicting", "Events refused because another has their id.", counted(&counters.conflicts)),
        counter("commits", "Durable writes of the ledger.", counted(&counters.commits)),
        counter("commit_seconds", "Time spent in durable writes of the ledger.", seconds),
        counter("seals", "Times the tail was sealed into segments.", counted(&counters.seals)),
        counter("compactions", "Times small segments were joined into a larger one.", counted(&counters.compactions)),
        counter("cache_hits", "Blocks of sealed files found in memory.", number(lookups.hits)),
        counter("cache_misses", "Blocks of sealed files read from disk.", number(lookups.misses)),
        gauge("queue_requests", "Requests waiting to be made durable.", number(engine.queue.depth() as u64)),
        gauge("tail_events", "Events that are durable and not sealed yet.", number(engine.published.tail_events())),
        gauge("tail_bytes", "Memory that those events take.", number(engine.published.tail_bytes())),
        gauge("wal_bytes", "Length of the write-ahead log in use.", number(engine.checkpointer.wal_bytes())),
        gauge("segments", "Sealed segments.", number(segments)),
        gauge("segment_bytes", "Disk that data and index files of segments take.", number(segment_bytes)),
        gauge("cache_bytes", "Memory that cached blocks and footers take.", number(engine.cache.used_bytes() as u64)),
    ]
}

fn segment_totals(engine: &Engine) -> (u64, u64) {
    let mut files = std::collections::BTreeMap::new();
    for view in engine.published.logs() {
        for part in view.parts.iter() {
            let meta = part.segment.meta();
            files.insert(meta.id, meta.data.bytes + meta.index.bytes);
        }
    }
    (files.len() as u64, files.values().sum())
}

fn counter(name: &'static str, help: &'static str, value: f64) -> Measurement {
    Measurement { name, help, kind: MeasurementKind::Counter, value }
}

fn gauge(name: &'static str, help: &'static str, value: f64) -> Measurement {
    Measurement { name, help, kind: MeasurementKind::Gauge, value }
}

/// Metrics are floating-point numbers. Counts beyond 2^53 lose their last digits, and nothing else.
#[expect(clippy::cast_precision_loss, reason = "a metric may round")]
const fn number(value: u64) -> f64 {
    value as f64
}
