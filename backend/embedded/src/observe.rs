//! Owns the counters of a store and the list of measurements that it exposes.

use std::{
    fs,
    path::Path,
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use auditlog_core::store::{Measurement, MeasurementKind, Overlap, StorageStatistics};

use crate::{
    data_directory::Paths,
    engine::Engine,
    tail::{LogView, SegmentPart},
};

/// The measurements of an open store, always in the same order.
pub(crate) fn measure(engine: &Engine) -> Vec<Measurement> {
    let counters = &engine.counters;
    let seconds = Duration::from_nanos(counters.commit_nanos.load(Ordering::Relaxed)).as_secs_f64();
    let lookups = engine.cache.lookups();
    let (segments, segment_bytes) = segment_totals(engine);
    let (written, paths) = (engine.checkpointer.written(), engine.directory.paths());
    let counted = |counter: &AtomicU64| number(counter.load(Ordering::Relaxed));
    vec![
        counter("events_stored", "Events made durable.", counted(&counters.events)),
        counter("event_bytes", "Length of the canonical texts of those events.", counted(&counters.event_bytes)),
        counter("events_duplicate", "Events that were stored before and sent again.", counted(&counters.duplicates)),
        counter("events_conflicting", "Events refused because another has their id.", counted(&counters.conflicts)),
        counter("commits", "Durable writes of the ledger.", counted(&counters.commits)),
        counter("commit_seconds", "Time spent in durable writes of the ledger.", seconds),
        counter("log_written_bytes", "Bytes written into the write-ahead log of the ledger.", number(written.log)),
        counter("written_back_bytes", "Bytes written from that log into the ledger's file.", number(written.back)),
        counter("seals", "Times the tail was sealed into segments.", counted(&counters.seals)),
        counter(
            "sealed_bytes",
            "Bytes written into segments by sealing, indexes included.",
            counted(&counters.sealed_bytes),
        ),
        counter("compactions", "Times small segments were joined into a larger one.", counted(&counters.compactions)),
        counter(
            "compacted_bytes",
            "Bytes written into segments by compaction, indexes included.",
            counted(&counters.compacted_bytes),
        ),
        counter(
            "reindexed_bytes",
            "Bytes of indexes rebuilt while the store was in use.",
            counted(&counters.reindexed_bytes),
        ),
        counter("cache_hits", "Blocks of sealed files found in memory.", number(lookups.hits)),
        counter("cache_misses", "Blocks of sealed files read from disk.", number(lookups.misses)),
        gauge("queue_requests", "Requests waiting to be made durable.", number(engine.queue.depth() as u64)),
        gauge("tail_events", "Events that are durable and not sealed yet.", number(engine.published.tail_events())),
        gauge("tail_bytes", "Memory that those events take.", number(engine.published.tail_bytes())),
        gauge("wal_bytes", "Length of the write-ahead log in use.", number(engine.checkpointer.wal_bytes())),
        gauge(
            "wal_file_bytes",
            "Length of the file of that log, which is reused and not shortened.",
            number(length_of(&paths.wal())),
        ),
        gauge("ledger_file_bytes", "Length of the ledger's file.", number(length_of(&paths.ledger()))),
        gauge("segments", "Sealed segments.", number(segments)),
        gauge(
            "segment_files",
            "Files in the directories of segments, two for each segment.",
            number(segment_files(paths)),
        ),
        gauge("segment_bytes", "Disk that data and index files of segments take.", number(segment_bytes)),
        gauge(
            "cache_bytes",
            "Memory that cached blocks, pages, footers and counts take.",
            number(engine.cache.used_bytes() as u64),
        ),
    ]
}

fn segment_totals(engine: &Engine) -> (u64, u64) {
    let mut files = std::collections::BTreeMap::new();
    for view in engine.published.logs() {
        for part in view.parts.iter() {
            let meta = part.segment.meta();
            files.insert(meta.id, meta.file_bytes());
        }
    }
    (files.len() as u64, files.values().sum())
}

/// The storage statistics of a log, if there is one: everything is in memory already.
pub(crate) fn storage(view: Option<&LogView>) -> StorageStatistics {
    let Some(view) = view else {
        let overlap = Some(Overlap::default());
        return StorageStatistics { index_bytes: Some(0), unsettled_bytes: Some(0), overlap, ..Default::default() };
    };
    let share = |bytes: u64, part: &SegmentPart| {
        let rows = u64::from(part.segment.meta().rows).max(1);
        u64::try_from(u128::from(bytes) * u128::from(part.range.rows) / u128::from(rows)).unwrap_or(u64::MAX)
    };
    let times = view.parts.iter().map(|part| part.range.occurred_at_min..=part.range.occurred_at_max);
    StorageStatistics {
        settled_events: view.sealed(),
        files: view.parts.len() as u64,
        data_bytes: view.parts.iter().map(|part| share(part.segment.meta().data.bytes, part)).sum(),
        index_bytes: Some(view.parts.iter().map(|part| share(part.segment.meta().index.bytes, part)).sum()),
        unsettled_bytes: Some(view.tail_bytes()),
        overlap: Some(Overlap::of(times)),
    }
}

/// The files in the directories, whether or not they belong to a segment: unknown files should be visible.
fn segment_files(paths: &Paths) -> u64 {
    let entries = |path: &Path| fs::read_dir(path).into_iter().flatten().flatten();
    entries(&paths.segments()).map(|day| entries(&day.path()).count() as u64).sum()
}

fn length_of(path: &Path) -> u64 {
    fs::metadata(path).map_or(0, |metadata| metadata.len())
}

fn counter(name: &'static str, help: &'static str, value: f64) -> Measurement {
    Measurement { name, help, kind: MeasurementKind::Counter, value }
}

fn gauge(name: &'static str, help: &'static str, value: f64) -> Measurement {
    Measurement { name, help, kind: MeasurementKind::Gauge, value }
}

/// Metrics are floating-point numbers. Counts beyond 2^53 only lose their last digits.
#[expect(clippy::cast_precision_loss, reason = "a metric may round")]
const fn number(value: u64) -> f64 {
    value as f64
}
