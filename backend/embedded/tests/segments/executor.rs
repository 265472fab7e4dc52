//! Queries over tail and segments return the oracle's answers, whatever the filter, order, head and page size.

use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use arrow_array::RecordBatch;
use auditlog_conformance::oracle::matches;
use auditlog_core::{
    event::StoredEvent,
    id::{EventId, TenantId},
    query::{Field, FieldTest, Filter, Order, Phrase, PhraseEnd, Position, QueryBudget, Test, Turnstile},
    store::{ListRequest, QueryError, ScanPage, ScanRequest, View},
    text::Pattern,
};
use auditlog_embedded::{
    cache::Cache,
    columns::from_events,
    executor::{self, SegmentRows, Snapshot},
    segment::{Segment, SegmentId},
};

use crate::{events::Random, segment::write};

pub(crate) fn budget() -> QueryBudget {
    QueryBudget::new(Instant::now() + Duration::from_mins(10), Arc::new(AtomicBool::new(false)))
}

/// One tenant's log in two segments, shared with other tenants, and a tail of uneven batches.
struct Log {
    tenant_id: TenantId,
    events: Vec<StoredEvent>,
    segments: Vec<Segment>,
    tail: Vec<RecordBatch>,
    cache: Arc<Cache>,
    _directory: tempfile::TempDir,
}

impl Log {
    fn new(seed: u64) -> Self {
        let mut random = Random::new(seed);
        let directory = tempfile::tempdir().unwrap();
        let events = random.events("acme", 0, 3_500);
        let before = random.events("aaa", 50, 900);
        let behind = random.events("zeta", 0, 700);
        let cache = Arc::new(Cache::new(4 << 20));
        let segment = |id, parts: [&[StoredEvent]; 3]| seal(directory.path(), SegmentId(id), &parts.concat(), &cache);
        let segments =
            vec![segment(1, [&before, &events[..1_300], &[]]), segment(2, [&[], &events[1_300..3_000], &behind])];
        let mut tail = Vec::new();
        let mut start = 3_000;
        while start < events.len() {
            let end = events.len().min(start + 1 + usize::try_from(random.below(120)).unwrap());
            tail.push(from_events(&events[start..end]).unwrap());
            start = end;
        }
        Self { tenant_id: TenantId::parse("acme").unwrap(), events, segments, tail, cache, _directory: directory }
    }

    fn snapshot(&self) -> Snapshot<'_> {
        let rows = |segment| SegmentRows { segment, range: segment.meta().tenant(&self.tenant_id).unwrap() };
        Snapshot {
            tenant_id: &self.tenant_id,
            tail: self.tail.iter().collect(),
            segments: self.segments.iter().map(rows).collect(),
            cache: &self.cache,
        }
    }

    fn view(&self, filter: &Filter, head: u64) -> View {
        View { tenant_id: self.tenant_id.clone(), head, filter: filter.clone() }
    }

    /// The events that the oracle would list.
    fn expected(&self, filter: &Filter, head: u64, order: Order) -> Vec<&StoredEvent> {
        let visible = self.events.iter().filter(|event| event.sequence < head);
        let mut expected: Vec<_> = visible.filter(|event| matches(filter, event)).collect();
        expected.sort_by_key(|event| (event.event.occurred_at, event.sequence));
        if order == Order::NewestFirst {
            expected.reverse();
        }
        expected
    }

    /// Scans from the first event on.
    fn scan(&self, filter: &Filter, head: u64, limit: usize) -> Vec<StoredEvent> {
        let (mut scanned, mut from) = (Vec::new(), 0);
        while from < head.min(self.events.len() as u64) {
            let request = ScanRequest { view: self.view(filter, head), from, limit };
            let page = executor::scan(&self.snapshot(), &request, &budget()).unwrap();
            assert!(page.events.len() <= limit && page.next > from);
            scanned.extend(page.events);
            from = page.next;
        }
        scanned
    }

    /// Walks all pages.
    fn walk(&self, filter: &Filter, head: u64, order: Order, limit: usize) -> Vec<StoredEvent> {
        let mut listed = Vec::new();
        let mut after = None;
        loop {
            let request = ListRequest { view: self.view(filter, head), order, after, limit };
            let page = executor::list(&self.snapshot(), &request, &budget()).unwrap();
            assert!(page.events.len() <= limit);
            assert!(page.next.is_none() || page.events.len() == limit, "only a full page has a next one");
            let last = page
                .events
                .last()
                .map(|last| Position { occurred_at: last.event.occurred_at, sequence: last.sequence });
            assert!(page.next.is_none() || page.next == last);
            listed.extend(page.events);
            after = page.next;
            if after.is_none() {
                return listed;
            }
        }
    }
}

fn seal(directory: &Path, id: SegmentId, events: &[StoredEvent], cache: &Arc<Cache>) -> Segment {
    let meta = write(directory, id, events).unwrap();
    Segment::open(directory, meta, cache).unwrap()
}

#[test]
fn random_filters_answer_as_the_oracle_does() {
    let log = Log::new(5);
    let mut random = Random::new(6);
    let mut hits = 0;
    for _ in 0..250 {
        let filter = random.filter(2);
        let head = if random.chance(50) { 3_500 } else { random.below(3_600) };
        let order = if random.chance(50) { Order::NewestFirst } else { Order::OldestFirst };
        let limit = *random.pick(&[50, 333, 1_000]);
        let expected = log.expected(&filter, head, order);
        hits += usize::from(!expected.is_empty() && expected.len() < 2_000);
        let count = executor::count(&log.snapshot(), &log.view(&filter, head), &budget()).unwrap();
        assert_eq!(count, expected.len() as u64, "count of {filter:?}");
        let mut in_log_order = expected.clone();
        in_log_order.sort_by_key(|event| event.sequence);
        assert!(log.scan(&filter, head, limit).iter().eq(in_log_order), "scan of {filter:?} below {head} by {limit}");
        let listed = log.walk(&filter, head, order, limit);
        assert!(listed.iter().eq(expected), "list of {filter:?} below {head}, {order:?}, {limit} at a time");
    }
    assert!(hits > 100, "only {hits} of the filters were selective and found something");
}

#[test]
fn small_pages_walk_over_equal_times_without_a_gap() {
    let log = Log::new(7);
    for order in [Order::NewestFirst, Order::OldestFirst] {
        let filter = Filter::Field(FieldTest { field: Field::Category, test: Test::OneOf(vec!["auth".to_owned()]) });
        let expected = log.expected(&filter, 3_500, order);
        assert!(log.walk(&filter, 3_500, order, 1).iter().eq(expected));
    }
}

#[test]
fn an_event_is_got_by_its_id_wherever_it_lies() {
    let log = Log::new(8);
    for event in log.events.iter().step_by(61) {
        let found = executor::get(&log.snapshot(), event.event.id, &budget()).unwrap();
        assert_eq!(found.as_ref(), Some(event));
        let by_filter =
            Filter::Field(FieldTest { field: Field::Id, test: Test::OneOf(vec![event.event.id.to_string()]) });
        assert_eq!(log.walk(&by_filter, 3_500, Order::NewestFirst, 10), std::slice::from_ref(event));
    }
    let unknown = EventId::from_parts(log.events[9].event.occurred_at, [7; 10]);
    assert_eq!(executor::get(&log.snapshot(), unknown, &budget()).unwrap(), None);
}

#[test]
fn another_tenants_events_are_never_found() {
    let log = Log::new(9);
    let other = Random::new(900).events("zeta", 0, 1).remove(0);
    assert_eq!(executor::get(&log.snapshot(), other.event.id, &budget()).unwrap(), None);
    assert_eq!(log.walk(&Filter::All, u64::MAX, Order::OldestFirst, 1_000).len(), log.events.len());
    assert_eq!(executor::count(&log.snapshot(), &log.view(&Filter::All, u64::MAX), &budget()), Ok(3_500));
}

#[test]
fn a_scan_that_finds_nothing_ends_early_and_goes_on() {
    let events = Random::new(12).events("acme", 0, 70_000);
    let directory = tempfile::tempdir().unwrap();
    let cache = Arc::new(Cache::new(4 << 20));
    let segment = seal(directory.path(), SegmentId(1), &events, &cache);
    let tenant_id = TenantId::parse("acme").unwrap();
    let rows = SegmentRows { segment: &segment, range: segment.meta().tenant(&tenant_id).unwrap() };
    let snapshot = Snapshot { tenant_id: &tenant_id, tail: Vec::new(), segments: vec![rows], cache: &cache };
    let test = Test::Like(Pattern::prefix("there is no such version").unwrap());
    let filter = Filter::Field(FieldTest { field: Field::SourceVersion, test });
    let view = View { tenant_id: tenant_id.clone(), head: 70_000, filter };
    let scan = |from| {
        let request = ScanRequest { view: view.clone(), from, limit: 10 };
        executor::scan(&snapshot, &request, &budget()).unwrap()
    };
    let first = scan(0);
    assert!(first.events.is_empty() && (60_000..70_000).contains(&first.next), "it went on to {}", first.next);
    assert_eq!(scan(first.next), ScanPage { events: Vec::new(), next: 70_000 });
    let all = ScanRequest { view: View { filter: Filter::All, ..view.clone() }, from: 0, limit: usize::MAX };
    let whole = executor::scan(&snapshot, &all, &budget()).unwrap();
    assert!(!whole.events.is_empty() && whole.next < 70_000, "what is held in memory is bounded too");
    assert_eq!(whole.next, whole.events.len() as u64);
}

/// Cancels a query at one of its checks.
#[derive(Debug)]
struct CancelAt {
    check: usize,
    checks: AtomicUsize,
    cancelled: Arc<AtomicBool>,
}

impl Turnstile for CancelAt {
    fn lets_pass(&self) -> bool {
        let checks = self.checks.fetch_add(1, Ordering::SeqCst) + 1;
        self.cancelled.store(checks >= self.check, Ordering::SeqCst);
        checks < self.check
    }
}

#[test]
fn a_query_ends_inside_of_a_page_of_large_texts() {
    // Two pages of 8 MiB: queries that were checked only for each page or thousand rows ran to their ends.
    let long = format!("{} end", "the word that was left ".repeat(350));
    let mut events = Random::new(13).events("acme", 0, 1_000);
    for stored in &mut events {
        stored.event.message = Some(long.clone());
    }
    let directory = tempfile::tempdir().unwrap();
    let cache = Arc::new(Cache::new(64 << 20));
    let segment = seal(directory.path(), SegmentId(1), &events, &cache);
    let tenant_id = TenantId::parse("acme").unwrap();
    let rows = SegmentRows { segment: &segment, range: segment.meta().tenant(&tenant_id).unwrap() };
    let batch = from_events(&events).unwrap();
    let sealed = Snapshot { tenant_id: &tenant_id, tail: Vec::new(), segments: vec![rows], cache: &cache };
    let unsealed = Snapshot { tenant_id: &tenant_id, tail: vec![&batch], segments: Vec::new(), cache: &cache };
    let filter = Filter::Text(Phrase::of_text("word that left", PhraseEnd::Whole).unwrap());
    let view = View { tenant_id: tenant_id.clone(), head: 1_000, filter };
    for snapshot in [&sealed, &unsealed] {
        for check in [30, 100] {
            let budget = || {
                let cancelled = Arc::new(AtomicBool::new(false));
                let turnstile = CancelAt { check, checks: AtomicUsize::new(0), cancelled: Arc::clone(&cancelled) };
                QueryBudget::new(Instant::now() + Duration::from_mins(10), cancelled).through(Arc::new(turnstile))
            };
            let list = ListRequest { view: view.clone(), order: Order::NewestFirst, after: None, limit: 5 };
            assert_eq!(executor::list(snapshot, &list, &budget()), Err(QueryError::Cancelled));
            assert_eq!(executor::count(snapshot, &view, &budget()), Err(QueryError::Cancelled));
            let scan = ScanRequest { view: view.clone(), from: 0, limit: 5 };
            assert_eq!(executor::scan(snapshot, &scan, &budget()), Err(QueryError::Cancelled));
        }
    }
}

#[test]
fn a_query_ends_with_its_budget() {
    let log = Log::new(10);
    let view = log.view(&Filter::Text(Phrase::of_text("nowhere payroll", PhraseEnd::Whole).unwrap()), 3_500);
    let late = QueryBudget::new(Instant::now(), Arc::new(AtomicBool::new(false)));
    assert_eq!(executor::count(&log.snapshot(), &view, &late), Err(QueryError::DeadlineExceeded));
    let cancelled = QueryBudget::new(Instant::now() + Duration::from_mins(1), Arc::new(AtomicBool::new(true)));
    let request = ListRequest { view, order: Order::NewestFirst, after: None, limit: 5 };
    assert_eq!(executor::list(&log.snapshot(), &request, &cancelled), Err(QueryError::Cancelled));
    let request = ScanRequest { view: request.view, from: 0, limit: 5 };
    assert_eq!(executor::scan(&log.snapshot(), &request, &cancelled), Err(QueryError::Cancelled));
}
