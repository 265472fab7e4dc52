//! Measures segments: bytes and microseconds an event, and how long the usual questions take.
//!
//! `cargo run --release -p auditlog-embedded --example segment_figures -- 500000 /tmp/figures`

#![expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "figures are rounded anyway"
)]

mod corpus;

use std::{
    error::Error,
    path::{Path, PathBuf},
    sync::{Arc, atomic::AtomicBool},
    time::{Duration, Instant},
};

use auditlog_core::{
    event::StoredEvent,
    id::TenantId,
    query::{Field, FieldTest, Filter, Order, Phrase, PhraseEnd, Position, QueryBudget, Test},
    store::{ListRequest, QueryError, View},
};
use auditlog_embedded::{
    cache::Cache,
    columns::from_events,
    executor::{self, SegmentRows, Snapshot},
    segment::{Segment, SegmentId, SegmentWriter},
};

use corpus::{Corpus, REQUEST_EVENTS};

const SEGMENT_EVENTS: u64 = 100_000;
const REPEATS: usize = 300;

type AnyError = Box<dyn Error>;

fn main() -> Result<(), AnyError> {
    let mut arguments = std::env::args().skip(1);
    let total: u64 = arguments.next().as_deref().unwrap_or("500000").parse()?;
    let directory = PathBuf::from(arguments.next().unwrap_or_else(|| "/tmp/segment_figures".to_owned()));
    std::fs::create_dir_all(&directory)?;
    let (segments, samples) = seal_all(&directory, total)?;
    print_sizes(&segments, total)?;
    ask_all(&segments, &samples, total)
}

/// Seals the corpus and keeps every thousandth event for queries.
fn seal_all(directory: &Path, total: u64) -> Result<(Vec<Segment>, Vec<StoredEvent>), AnyError> {
    let cache = Arc::new(Cache::new(64 << 20));
    let mut corpus = Corpus::new()?;
    let (mut segments, mut samples) = (Vec::new(), Vec::new());
    let (mut columns_time, mut write_time, mut canonical_bytes) = (Duration::ZERO, Duration::ZERO, 0);
    for start in (0..total).step_by(usize::try_from(SEGMENT_EVENTS)?) {
        let mut batches = Vec::new();
        for first in (start..total.min(start + SEGMENT_EVENTS)).step_by(usize::try_from(REQUEST_EVENTS)?) {
            let events = (first..first + REQUEST_EVENTS).map(|sequence| corpus.event(sequence));
            let events = events.collect::<Result<Vec<_>, _>>()?;
            samples.extend(events.first().filter(|_| (first / REQUEST_EVENTS).is_multiple_of(2)).cloned());
            canonical_bytes += events.iter().map(|event| canonical(event).len()).sum::<usize>();
            let began = Instant::now();
            batches.push(from_events(&events)?);
            columns_time += began.elapsed();
        }
        let began = Instant::now();
        let mut writer = SegmentWriter::create(directory, SegmentId(start))?;
        writer.begin_run(SEGMENT_EVENTS)?;
        batches.iter().try_for_each(|batch| writer.push(batch))?;
        let meta = writer.finish()?;
        write_time += began.elapsed();
        segments.push(Segment::open(directory, meta, &cache)?);
    }
    let per_event = |time: Duration| time.as_secs_f64() * 1e6 / total as f64;
    println!("events {total}, canonical {:.0} B each", canonical_bytes as f64 / total as f64);
    println!("columns {:.2} us, write {:.2} us an event", per_event(columns_time), per_event(write_time));
    Ok((segments, samples))
}

fn canonical(event: &StoredEvent) -> String {
    let mut text = String::new();
    auditlog_core::event::canonical::write_event(&event.event, &mut text);
    text
}

fn print_sizes(segments: &[Segment], total: u64) -> Result<(), AnyError> {
    let bytes = |size: fn(&Segment) -> u64| segments.iter().map(size).sum::<u64>() as f64 / total as f64;
    println!(
        "data {:.2} B, index {:.2} B an event",
        bytes(|one| one.meta().data.bytes),
        bytes(|one| one.meta().index.bytes)
    );
    let Some(first) = segments.first() else { return Ok(()) };
    for part in first.index()?.part_sizes() {
        println!("  index {:<16} {:.2} B", part.name, part.bytes as f64 / f64::from(first.meta().rows));
    }
    Ok(())
}

fn ask_all(segments: &[Segment], samples: &[StoredEvent], total: u64) -> Result<(), AnyError> {
    let tenant_id = TenantId::parse("default").ok_or("tenant")?;
    let rows = |segment| Some(SegmentRows { segment, range: segment.meta().tenant(&tenant_id)? });
    // Only segments are queried, and those use the cache that they were opened with.
    let cache = Cache::new(0);
    let segments = segments.iter().filter_map(rows).collect();
    let snapshot = Snapshot { tenant_id: &tenant_id, tail: Vec::new(), segments, cache: &cache };
    let list = |filter: Filter, after: Option<Position>| {
        let view = View { tenant_id: tenant_id.clone(), head: total, filter };
        let request = ListRequest { view, order: Order::NewestFirst, after, limit: 50 };
        executor::list(&snapshot, &request, &budget()).map(|page| page.events.len())
    };
    let count = |filter: Filter| {
        let view = View { tenant_id: tenant_id.clone(), head: total, filter };
        executor::count(&snapshot, &view, &budget())
    };
    let one_of = |field, value: String| Filter::Field(FieldTest { field, test: Test::OneOf(vec![value]) });
    time_each("get by id", samples, |event| executor::get(&snapshot, event.event.id, &budget()))?;
    time_each("needle request_id", samples, |event| {
        list(one_of(Field::ContextRequestId, event.event.context.request_id.clone().unwrap_or_default()), None)
    })?;
    time_each("newest 50 of a target", samples, |event| {
        list(one_of(Field::TargetId, event.event.targets[0].id.clone().unwrap_or_default()), None)
    })?;
    time_each("newest 50 of an actor", samples, |event| {
        list(one_of(Field::AnyActor, event.event.actor.id.clone()), None)
    })?;
    time_each("newest 50", samples, |_| list(Filter::All, None))?;
    time_each("page of 50 behind an event", samples, |event| {
        list(Filter::All, Some(Position { occurred_at: event.event.occurred_at, sequence: event.sequence }))
    })?;
    time_each("newest 50 denied (1 in 10)", samples, |_| {
        list(one_of(Field::OutcomeStatus, "denied".to_owned()), None)
    })?;
    let few = &samples[..samples.len().min(20)];
    time_each("newest 50, nobody matches, unindexed", few, |_| {
        list(one_of(Field::ActorEmail, "nobody".to_owned()), None)
    })?;
    let words = |text: &str, end| Phrase::of_text(text, end).map_or(Filter::All, Filter::Text);
    time_each("rare token newest 50", samples, |event| {
        list(words(&event.event.targets[0].name.clone().unwrap_or_default(), PhraseEnd::Whole), None)
    })?;
    time_each("common token newest 50", samples, |_| list(words("payroll", PhraseEnd::Whole), None))?;
    let three = &few[..few.len().min(3)];
    time_each("common token count", three, |_| count(words("payroll", PhraseEnd::Whole)))?;
    for begun in ["payr", "p", "nowhe"] {
        time_each(&format!("{begun}* newest 50"), few, |_| list(words(begun, PhraseEnd::Prefix), None))?;
        time_each(&format!("{begun}* count"), three, |_| count(words(begun, PhraseEnd::Prefix)))?;
    }
    time_each("count by status", few, |_| count(one_of(Field::OutcomeStatus, "denied".to_owned())))?;
    Ok(())
}

fn budget() -> QueryBudget {
    QueryBudget::new(Instant::now() + Duration::from_mins(1), Arc::new(AtomicBool::new(false)))
}

fn time_each<T>(
    what: &str,
    samples: &[StoredEvent],
    ask: impl Fn(&StoredEvent) -> Result<T, QueryError>,
) -> Result<(), AnyError> {
    let mut times = Vec::new();
    for at in 0..REPEATS.min(samples.len()) {
        let event = samples.get(at * 7_919 % samples.len()).ok_or("no sample")?;
        let began = Instant::now();
        ask(event)?;
        times.push(began.elapsed());
    }
    times.sort_unstable();
    let at = |share: f64| times[((times.len() - 1) as f64 * share) as usize].as_secs_f64() * 1e3;
    println!("{what:<38} p50 {:>8.3} ms  p99 {:>8.3} ms", at(0.5), at(0.99));
    Ok(())
}
