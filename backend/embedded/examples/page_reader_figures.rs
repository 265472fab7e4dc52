//! Compares the reader of pages in `backend/embedded/src/segment/` with the one of the crate `parquet`, over the same
//! data file of 100,000 events. Queries use idle cores, so it must run on one:
//!
//! ```text
//! cargo build --release --workspace --example page_reader_figures
//! taskset -c 0 target/release/examples/page_reader_figures
//! ```
//!
//! Each figure is a median of the thread's CPU time; the readers take turns. The operating system has the file in
//! memory. A "cold" segment has a cached footer, no page, and a cache too small for all pages; a "warm" one has all
//! decompressed pages cached. The crate reads the columns that have values from bytes in memory, with a parsed footer
//! and offset index, and caches no page. "Verified" means that it computes the checksums of the blocks that it reads,
//! as a cold segment does; "trusted" that it does not.

mod corpus;
mod crate_reader;

use std::{
    error::Error,
    num::NonZero,
    path::Path,
    slice,
    sync::{Arc, atomic::AtomicBool},
    thread,
    time::{Duration, Instant},
};

use arrow_array::RecordBatch;
use auditlog_core::{
    id::TenantId,
    query::{Aggregation, Field, FieldTest, Filter, Grouping, QueryBudget, Terms, Test},
    store::{AggregateRequest, Groups, QueryError, View},
    text::Pattern,
};
use auditlog_embedded::{
    cache::Cache,
    columns::{from_events, name},
    executor::{self, SegmentRows, Snapshot},
    segment::{PAGE_ROWS, Projection, RowRange, Segment, SegmentId, SegmentMeta, SegmentWriter},
};
use bytes::Bytes;
use rand::{Rng as _, SeedableRng as _, rngs::StdRng};
use rustix::time::{ClockId, clock_gettime};

use corpus::{Corpus, REQUEST_EVENTS};
use crate_reader::{Checksums, CrateReader, CrateReaders, DataFile, texts_of};

const EVENTS: u64 = 100_000;
/// All but the last: results over whole segments are cached.
const CHARTED_EVENTS: usize = 99_999;
const ROWS_READ: usize = 300;
const REPEATS: usize = 31;
/// Room for all pages of the segment.
const WARM_CACHE_BYTES: usize = 1 << 30;
/// Room for the footer and some pages, whose memory is soon reused, as in a store whose cache is full.
const COLD_CACHE_BYTES: usize = 2 << 20;

type AnyError = Box<dyn Error>;

fn main() -> Result<(), AnyError> {
    if thread::available_parallelism().map(NonZero::get)? > 1 {
        return Err("run it on one core, so that no other thread helps".into());
    }
    let directory = tempfile::tempdir()?;
    let meta = seal(directory.path())?;
    let bytes = Bytes::from(std::fs::read(directory.path().join(meta.id.data_file_name()))?);
    let readers = Readers { directory: directory.path(), bytes, meta: &meta };
    let crates = readers.crate_readers(None)?;
    println!("{} events, {} bytes, {} row groups", meta.rows, readers.bytes.len(), crates.trusting.groups());
    compare_rows(&readers, &crates, 1)?;
    compare_rows(&readers, &crates, 50)?;
    compare_codes(&readers)?;
    compare_values(&readers, &crates)?;
    compare_texts(&readers, &crates)
}

fn seal(directory: &Path) -> Result<SegmentMeta, AnyError> {
    let mut corpus = Corpus::new()?;
    let mut writer = SegmentWriter::create(directory, SegmentId(1))?;
    writer.begin_run(EVENTS)?;
    for first in (0..EVENTS).step_by(usize::try_from(REQUEST_EVENTS)?) {
        let events = (first..first + REQUEST_EVENTS).map(|sequence| corpus.event(sequence));
        writer.push(&from_events(&events.collect::<Result<Vec<_>, _>>()?)?)?;
    }
    Ok(writer.finish()?)
}

/// Neighbouring rows of a page, all columns: what a page of results needs, of one match or of many.
fn compare_rows(readers: &Readers<'_>, crates: &CrateReaders, rows: u32) -> Result<(), AnyError> {
    let warm = readers.warm()?;
    let mut random = StdRng::seed_from_u64(1);
    let mut times = Times::default();
    for _ in 0..ROWS_READ {
        let page = random.random_range(0..readers.meta.rows / PAGE_ROWS);
        let start = page * PAGE_ROWS + random.random_range(0..PAGE_ROWS - rows);
        let wanted = start..start + rows;
        let read = |segment: &Segment| rows_of(segment, wanted.clone()).map(|batch| batch.num_rows());
        let cold = readers.cold()?;
        let theirs = |reader: &CrateReader| reader.rows(wanted.clone()).map(|batch| batch.num_rows());
        times.add(|| read(&cold), || theirs(&crates.verifying), || read(&warm), || theirs(&crates.trusting))?;
    }
    times.print(&format!("rows: {rows}, all columns"));
    Ok(())
}

/// The number of events of each action, a column with a dictionary: what a chart needs.
fn compare_codes(readers: &Readers<'_>) -> Result<(), AnyError> {
    let crates = readers.crate_readers(Some(name::ACTION))?;
    let warm = readers.warm()?;
    let mut times = Times::default();
    for _ in 0..REPEATS {
        let cold = readers.cold()?;
        let theirs = |reader: &CrateReader| reader.chart(name::ACTION, CHARTED_EVENTS);
        times.add(|| chart(&cold), || theirs(&crates.verifying), || chart(&warm), || theirs(&crates.trusting))?;
    }
    times.print("chart of actions, all rows");
    Ok(())
}

/// The number of events whose trace id, in a column without a dictionary, begins with two digits.
fn compare_values(readers: &Readers<'_>, crates: &CrateReaders) -> Result<(), AnyError> {
    let warm = readers.warm()?;
    let mut times = Times::default();
    for number in 0..REPEATS {
        let beginning = format!("{number:02x}");
        let test = Test::Like(Pattern::prefix(&beginning)?);
        let filter = Filter::Field(FieldTest { field: Field::ContextTraceId, test });
        let count = |segment: &Segment| count(segment, filter.clone());
        let cold = readers.cold()?;
        let begins = |text: &str| text.starts_with(&beginning);
        let theirs = |reader: &CrateReader| reader.count_texts(name::CONTEXT_TRACE_ID, begins);
        times.add(|| count(&cold), || theirs(&crates.verifying), || count(&warm), || theirs(&crates.trusting))?;
    }
    times.print("filter of trace ids, all rows");
    Ok(())
}

/// The texts of a column as an Arrow array, which [`Segment::read`] leaves to the crate's decoder.
fn compare_texts(readers: &Readers<'_>, crates: &CrateReaders) -> Result<(), AnyError> {
    let warm = readers.warm()?;
    let mut times = Times::default();
    for _ in 0..REPEATS {
        let count = |segment: &Segment| {
            let mut rows = 0;
            for read in
                segment.read(Projection::Columns(vec![name::MESSAGE]), slice::from_ref(&(0..readers.meta.rows)))?
            {
                rows += texts_of(&read?.batch, name::MESSAGE)?.iter().flatten().count();
            }
            Ok(rows)
        };
        let cold = readers.cold()?;
        let theirs = |reader: &CrateReader| reader.count_texts(name::MESSAGE, |_| true);
        times.add(|| count(&cold), || theirs(&crates.verifying), || count(&warm), || theirs(&crates.trusting))?;
    }
    times.print("texts of message, all rows");
    Ok(())
}

/// One data file.
struct Readers<'a> {
    directory: &'a Path,
    bytes: Bytes,
    meta: &'a SegmentMeta,
}

impl Readers<'_> {
    /// A segment of which only the footer is cached, and a page of ids.
    fn cold(&self) -> Result<Segment, AnyError> {
        self.open(COLD_CACHE_BYTES)
    }

    /// One column may be read as dictionary indexes.
    fn crate_readers(&self, coded: Option<&str>) -> Result<CrateReaders, AnyError> {
        let reader = |checksums| CrateReader::new(DataFile { bytes: self.bytes.clone(), checksums }, coded);
        Ok(CrateReaders { trusting: reader(Checksums::Trusted)?, verifying: reader(Checksums::Verified)? })
    }

    /// A segment with all pages in the cache.
    fn warm(&self) -> Result<Segment, AnyError> {
        let segment = self.open(WARM_CACHE_BYTES)?;
        segment.scan(0..self.meta.rows)?.try_for_each(|read| read.map(drop))?;
        Ok(segment)
    }

    fn open(&self, cache_bytes: usize) -> Result<Segment, AnyError> {
        let segment = Segment::open(self.directory, self.meta.clone(), &Arc::new(Cache::new(cache_bytes)))?;
        segment
            .read(Projection::Columns(vec![name::ID]), slice::from_ref(&(0..1)))?
            .try_for_each(|read| read.map(drop))?;
        Ok(segment)
    }
}

fn rows_of(segment: &Segment, rows: RowRange) -> Result<RecordBatch, AnyError> {
    Ok(segment.read(Projection::All, slice::from_ref(&rows))?.next().ok_or("no row")??.batch)
}

/// Counts the events of a filter that no index decides.
fn count(segment: &Segment, filter: Filter) -> Result<usize, AnyError> {
    let view = View { tenant_id: tenant_id()?, head: EVENTS, filter };
    let count = with_snapshot(segment, |snapshot| executor::count(snapshot, &view, &budget()))?;
    Ok(usize::try_from(count)?)
}

/// The number of events of the most frequent action.
fn chart(segment: &Segment) -> Result<usize, AnyError> {
    let view = View { tenant_id: tenant_id()?, head: CHARTED_EVENTS as u64, filter: Filter::All };
    let groups = vec![Grouping::Terms(Terms { field: Field::Action, limit: 100 })];
    let request = AggregateRequest { view, aggregations: vec![Aggregation { groups, metrics: Vec::new() }] };
    let answer = with_snapshot(segment, |snapshot| executor::aggregate(snapshot, &request, &budget()))?;
    match answer.into_iter().next().and_then(|answer| answer.groups) {
        Some(Groups::Terms(terms)) => Ok(usize::try_from(terms.groups.first().ok_or("no group")?.aggregate.count)?),
        _ => Err("no groups".into()),
    }
}

fn with_snapshot<T>(
    segment: &Segment,
    ask: impl FnOnce(&Snapshot<'_>) -> Result<T, QueryError>,
) -> Result<T, AnyError> {
    let tenant_id = tenant_id()?;
    let range = segment.meta().tenant(&tenant_id).ok_or("no rows")?;
    // Answers and pages are cached where the segment was opened.
    let cache = Cache::new(0);
    let segments = vec![SegmentRows { segment, range }];
    Ok(ask(&Snapshot { tenant_id: &tenant_id, tail: Vec::new(), segments, cache: &cache })?)
}

fn tenant_id() -> Result<TenantId, AnyError> {
    Ok(TenantId::parse("default").ok_or("tenant")?)
}

fn budget() -> QueryBudget {
    QueryBudget::new(Instant::now() + Duration::from_mins(1), Arc::new(AtomicBool::new(false)))
}

/// What the readers took.
#[derive(Default)]
struct Times {
    cold: Vec<Duration>,
    verifying: Vec<Duration>,
    warm: Vec<Duration>,
    trusting: Vec<Duration>,
}

impl Times {
    /// Lets each reader answer once, and compares the answers.
    fn add(
        &mut self,
        cold: impl FnOnce() -> Result<usize, AnyError>,
        verifying: impl FnOnce() -> Result<usize, AnyError>,
        warm: impl FnOnce() -> Result<usize, AnyError>,
        trusting: impl FnOnce() -> Result<usize, AnyError>,
    ) -> Result<(), AnyError> {
        let own = [timed(&mut self.cold, cold)?, timed(&mut self.warm, warm)?];
        let crates = [timed(&mut self.verifying, verifying)?, timed(&mut self.trusting, trusting)?];
        if own != crates || own[0] != own[1] {
            return Err(format!("the readers disagree: {own:?} and {crates:?}").into());
        }
        Ok(())
    }

    fn print(&mut self, what: &str) {
        let median = |times: &mut Vec<Duration>| {
            times.sort_unstable();
            times[times.len() / 2].as_micros()
        };
        let (cold, warm) = (median(&mut self.cold), median(&mut self.warm));
        let (verifying, trusting) = (median(&mut self.verifying), median(&mut self.trusting));
        println!("{what:<30} own: cold {cold:>6} us, warm {warm:>6} us");
        println!("{:<30} crate: verified {verifying:>6} us, trusted {trusting:>6} us", "");
    }
}

fn timed<T>(times: &mut Vec<Duration>, run: impl FnOnce() -> Result<T, AnyError>) -> Result<T, AnyError> {
    let began = cpu_time()?;
    let answer = run()?;
    times.push(cpu_time()?.saturating_sub(began));
    Ok(answer)
}

/// The CPU time of this thread.
fn cpu_time() -> Result<Duration, AnyError> {
    Ok(Duration::try_from(clock_gettime(ClockId::ThreadCPUTime))?)
}
