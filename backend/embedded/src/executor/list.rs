//! Lists a page of events by time, reading as few pages of data as their bounds of `occurred_at` allow.

use std::{
    cmp::Reverse,
    collections::BinaryHeap,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use auditlog_core::{
    event::{StoredEvent, limits::STORED_EVENT_BYTES_MAX},
    query::{Meter, Position, QueryBudget},
    store::{ListRequest, PAGE_BYTES_MAX, Page, QueryError},
};

use super::{
    BYTES_PER_ROW, Snapshot, bytes_per_row,
    matcher::Matcher,
    matching,
    parallel::{self, Pages},
    plan::{self, PageRows, PlannedFilter},
    row_error::RowError,
    row_ranges, sequences_of_tail, times_of_tail,
    top::{Place, Rank, Ranking, Source, Top},
    unreadable,
};
use crate::{
    columns::{EventColumns, UnreadableColumn, name, time_column},
    index::Span,
    segment::{PAGE_ROWS, Projection, RowRange},
};

/// The number of events that fit into a page however large they are: the texts of an event are shorter than its
/// canonical text.
const EVENTS_OF_ANY_SIZE: usize = PAGE_BYTES_MAX / STORED_EVENT_BYTES_MAX;

/// The maximum number of pages read together: enough for several threads.
const BURST_PAGES_MAX: usize = 64;

/// The number of pages whose events are fetched as one task.
const FETCHED_PAGES_PER_TASK: usize = 16;

/// A page of the snapshot's events.
///
/// # Errors
/// [`QueryError::Corrupted`] where bytes that have to be read are damaged; the budget's errors.
pub fn list(snapshot: &Snapshot<'_>, request: &ListRequest, budget: &QueryBudget) -> Result<Page, QueryError> {
    let ranking = Ranking(request.order);
    let after = request.after.map(|position| ranking.of_position(position));
    // One more than requested: whether it exists decides whether there is a next page.
    let top = Top::new(request.limit.saturating_add(1), after);
    let mut walk =
        Walk { snapshot, request, budget, ranking, after, top, ahead: BinaryHeap::new(), work: Vec::new(), burst: 1 };
    walk.run()?;
    let mut places = walk.top.into_places();
    let found = places.len();
    places.truncate(request.limit);
    // Large events are rare, so a page that turns out to be too large is read again, half as long.
    let events = loop {
        match fetch(snapshot, &places, budget)? {
            Some(events) => break events,
            None => places.truncate(places.len() / 2),
        }
    };
    let more = found > places.len();
    let last = events.last().filter(|_| more);
    let next = last.map(|last| Position { occurred_at: last.event.occurred_at, sequence: last.sequence });
    Ok(Page { events, next })
}

/// An item to process, with bounds of `occurred_at`.
enum Work {
    Tail(usize),
    Segment(usize),
    /// Rows of a page of a segment.
    Page(usize, PageRows, Arc<PlannedFilter>),
    Done,
}

struct Walk<'a> {
    snapshot: &'a Snapshot<'a>,
    request: &'a ListRequest,
    budget: &'a QueryBudget,
    ranking: Ranking,
    after: Option<Rank>,
    top: Top,
    /// The items to process, by the first time that can occur in them, as positions in `work`.
    ahead: BinaryHeap<Reverse<(i64, usize)>>,
    work: Vec<Work>,
    /// The number of pages read together: few while matches are frequent, more where they are rare.
    burst: usize,
}

impl Walk<'_> {
    fn run(&mut self) -> Result<(), QueryError> {
        self.plan_sources()?;
        while let Some(Reverse((first_time, at))) = self.ahead.pop() {
            if self.top.is_closed_to(first_time) {
                return Ok(());
            }
            self.budget.check()?;
            match std::mem::replace(&mut self.work[at], Work::Done) {
                Work::Tail(batch) => self.read_batch(batch)?,
                Work::Segment(segment) => self.plan_segment(segment)?,
                Work::Page(segment, page, filter) => self.read_pages(segment, page, &filter)?,
                Work::Done => {}
            }
        }
        Ok(())
    }

    fn plan_sources(&mut self) -> Result<(), QueryError> {
        for (at, batch) in self.snapshot.tail.iter().enumerate() {
            let times = times_of_tail(batch, name::OCCURRED_AT)?.values();
            if let (Some(min), Some(max)) = (times.iter().min(), times.iter().max()) {
                self.push(Span { earliest: *min, latest: *max }, Work::Tail(at));
            }
        }
        for (at, part) in self.snapshot.segments.iter().enumerate() {
            self.push(part.facts().occurred_at, Work::Segment(at));
        }
        Ok(())
    }

    fn push(&mut self, times: Span<i64>, work: Work) {
        if !self.ranking.is_passed(times, self.after) {
            self.ahead.push(Reverse((self.ranking.first_time(times), self.work.len())));
            self.work.push(work);
        }
    }

    fn plan_segment(&mut self, at: usize) -> Result<(), QueryError> {
        let Some(part) = self.snapshot.segments.get(at) else { return Ok(()) };
        let view = &self.request.view;
        let plan = plan::plan(self.snapshot, *part, &view.filter, part.rows_below(view.head), self.budget)?;
        let filter = Arc::new(plan.filter);
        for page in plan.pages {
            let times = page.occurred_at;
            self.push(times, Work::Page(at, page, Arc::clone(&filter)));
        }
        Ok(())
    }

    /// Reads a page, and with it the next ones in the queue as long as they are in the same segment.
    fn read_pages(&mut self, at: usize, page: PageRows, filter: &PlannedFilter) -> Result<(), QueryError> {
        let mut rows = page.rows;
        let mut pages = 1;
        while pages < self.burst {
            let Some(Reverse((_, next))) = self.ahead.peek() else { break };
            let next = *next;
            match &mut self.work[next] {
                Work::Page(segment, page, _) if *segment == at => rows.append(&mut page.rows),
                _ => break,
            }
            self.ahead.pop();
            pages += 1;
        }
        rows.sort_unstable_by_key(|range| range.start);
        self.burst = (self.burst * 2).min(BURST_PAGES_MAX);
        self.read_rows(at, &rows, filter)
    }

    fn read_rows(&mut self, at: usize, rows: &[RowRange], filter: &PlannedFilter) -> Result<(), QueryError> {
        let Some(part) = self.snapshot.segments.get(at) else { return Ok(()) };
        let matching = matching::rows(*part, filter, rows, self.budget)?;
        for read in part.segment.read(Projection::Columns(vec![name::OCCURRED_AT]), &matching)? {
            self.budget.check()?;
            let read = read?;
            let times = time_column(&read.batch, name::OCCURRED_AT);
            let times = times.ok_or_else(|| part.segment.unreadable(&UnreadableColumn(name::OCCURRED_AT)))?;
            for (time, row) in times.values().iter().zip(read.rows) {
                let rank = self.ranking.rank(*time, part.sequence_of(row));
                if self.top.wants(rank) {
                    self.top.keep(rank, Place { source: Source::Segment(at), row });
                }
            }
        }
        Ok(())
    }

    fn read_batch(&mut self, at: usize) -> Result<(), QueryError> {
        let Some(batch) = self.snapshot.tail.get(at).copied() else { return Ok(()) };
        let (times, sequences) = (times_of_tail(batch, name::OCCURRED_AT)?, sequences_of_tail(batch)?);
        let view = &self.request.view;
        let meter = Meter::new(self.budget);
        let matcher = Matcher::bind(&view.filter, batch, &meter)?;
        for row in matcher.rows_to_examine(0..batch.num_rows()) {
            meter.examine(BYTES_PER_ROW)?;
            let sequence = sequences.value(row).cast_unsigned();
            let rank = self.ranking.rank(times.value(row), sequence);
            if sequence < view.head
                && self.top.wants(rank)
                && matcher.matches(row, &meter).map_err(RowError::in_tail)?
            {
                let row = u32::try_from(row).unwrap_or(u32::MAX);
                self.top.keep(rank, Place { source: Source::Tail(at), row });
            }
        }
        Ok(())
    }
}

/// The bytes of events that still fit into a page. Threads that read for one page share it.
struct Room(Option<AtomicUsize>);

impl Room {
    /// The room for this number of events. A few events fit whatever their size, and are not measured.
    fn for_events(events: usize) -> Self {
        Self((events > EVENTS_OF_ANY_SIZE).then(|| AtomicUsize::new(PAGE_BYTES_MAX)))
    }

    /// Reserves the room of an event, if enough is left.
    fn takes(&self, stored: &StoredEvent) -> bool {
        let Some(left) = &self.0 else { return true };
        let bytes = stored.event.text_bytes();
        left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(bytes)).is_ok()
    }
}

/// Reads the events at these places, in their order. `None` where they are too large for one page.
fn fetch(
    snapshot: &Snapshot<'_>,
    places: &[Place],
    budget: &QueryBudget,
) -> Result<Option<Vec<StoredEvent>>, QueryError> {
    let mut by_source: Vec<(Place, usize)> = places.iter().copied().zip(0..).collect();
    by_source.sort_unstable();
    let tasks = fetch_tasks(&by_source);
    let pages = by_source.chunk_by(|(left, _), (right, _)| page(*left) == page(*right)).count();
    let room = Room::for_events(places.len());
    let fetched = parallel::map(&tasks, Pages(pages), |task| {
        budget.check()?;
        let source = task.first().map(|(place, _)| place.source);
        let fetch_one = |source| fetch_from(snapshot, source, task, FetchLimits { room: &room, budget });
        source.map_or_else(|| Ok(Some(Vec::new())), fetch_one)
    })?;
    let Some(fetched) = fetched.into_iter().collect::<Option<Vec<_>>>() else { return Ok(None) };
    let mut events: Vec<Option<StoredEvent>> = vec![None; places.len()];
    for (event, (_, at)) in fetched.into_iter().flatten().zip(tasks.iter().copied().flatten()) {
        events[*at] = Some(event);
    }
    Ok(Some(events.into_iter().flatten().collect()))
}

/// The approximate page of a place: pages also end with their row group, which only the index knows. A page that is
/// split is decompressed twice at worst.
fn page(place: Place) -> (Source, u32) {
    (place.source, place.row / PAGE_ROWS)
}

/// Splits sorted places into parts that are fetched separately: each from one source, no page split between two parts,
/// and split at all only where the places lie in many pages.
fn fetch_tasks(places: &[(Place, usize)]) -> Vec<&[(Place, usize)]> {
    let mut tasks = Vec::new();
    for mut left in places.chunk_by(|(left, _), (right, _)| left.source == right.source) {
        let pages = left.chunk_by(|(left, _), (right, _)| page(*left) == page(*right)).map(<[_]>::len);
        let (mut length, mut pages_of_task) = (0, 0);
        for more in pages {
            if pages_of_task == FETCHED_PAGES_PER_TASK {
                let (task, behind) = left.split_at(length);
                tasks.push(task);
                (left, length, pages_of_task) = (behind, 0, 0);
            }
            length += more;
            pages_of_task += 1;
        }
        tasks.push(left);
    }
    tasks
}

/// The limits on reading one page's events.
#[derive(Clone, Copy)]
struct FetchLimits<'a> {
    room: &'a Room,
    budget: &'a QueryBudget,
}

/// Reads the events at places of one source, as long as there is room.
fn fetch_from(
    snapshot: &Snapshot<'_>,
    source: Source,
    places: &[(Place, usize)],
    FetchLimits { room, budget }: FetchLimits<'_>,
) -> Result<Option<Vec<StoredEvent>>, QueryError> {
    let meter = Meter::new(budget);
    let rows = || places.iter().map(|(place, _)| place.row);
    let mut events = Vec::with_capacity(places.len());
    match source {
        Source::Tail(at) => {
            let Some(batch) = snapshot.tail.get(at) else { return Ok(Some(events)) };
            let columns = EventColumns::of(batch);
            let bytes_per_row = bytes_per_row(batch);
            for row in rows() {
                meter.examine(bytes_per_row)?;
                let event = columns.event(row as usize).map_err(|error| unreadable(&error))?;
                if !room.takes(&event) {
                    return Ok(None);
                }
                events.push(event);
            }
        }
        Source::Segment(at) => {
            let Some(part) = snapshot.segments.get(at) else { return Ok(Some(events)) };
            for read in part.segment.read(Projection::All, &row_ranges::of_rows(rows()))? {
                budget.check()?;
                let batch = read?.batch;
                let columns = EventColumns::of(&batch);
                let bytes_per_row = bytes_per_row(&batch);
                for row in 0..batch.num_rows() {
                    meter.examine(bytes_per_row)?;
                    let event = columns.event(row).map_err(|error| part.segment.unreadable(&error))?;
                    if !room.takes(&event) {
                        return Ok(None);
                    }
                    events.push(event);
                }
            }
        }
    }
    Ok(Some(events))
}
