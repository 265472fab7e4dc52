//! Scans the log in the order of its sequences: segments first, then the tail. Each call does a bounded piece of it.

use arrow_array::RecordBatch;
use auditlog_core::{
    event::StoredEvent,
    query::{Meter, QueryBudget},
    store::{QueryError, ScanPage, ScanRequest},
};

use super::{
    BYTES_PER_ROW, SegmentRows, Snapshot, bytes_per_row,
    facts::{Verdict, decide},
    matcher::Matcher,
    matching,
    plan::{self, PageRows, Plan},
    row_error::RowError,
    row_ranges, sequences_of_tail, unreadable,
};
use crate::{
    columns::EventColumns,
    segment::{PAGE_ROWS, Projection, RowRange},
};

/// The approximate number of rows whose columns one call reads.
const ROWS_READ_MAX: u64 = 64 * PAGE_ROWS as u64;
/// Rows of a segment that are planned together: the cost of a plan grows with them, and so does the wasted part where
/// the call ends among them.
const ROWS_PER_PLAN: u32 = 256 * PAGE_ROWS;
/// The maximum number of plans of one call: some milliseconds where indexes find no row.
const PLANS_MAX: usize = 16;
/// A call ends after events of this size in memory as columns.
const BYTES_MAX: usize = 4 << 20;
/// The number of pages matched together at first, and at most.
const BURST_PAGES: (usize, usize) = (4, 32);

/// The next step of a scan of the snapshot's events.
///
/// # Errors
/// [`QueryError::Corrupted`] where bytes that have to be read are damaged; the budget's errors.
pub fn scan(snapshot: &Snapshot<'_>, request: &ScanRequest, budget: &QueryBudget) -> Result<ScanPage, QueryError> {
    let mut scan = Scan {
        snapshot,
        request,
        budget,
        next: request.from,
        events: Vec::new(),
        bytes: 0,
        rows_read: 0,
        plans: 0,
        burst: BURST_PAGES.0,
    };
    let passed = snapshot.segments.partition_point(|part| part.end_sequence() <= request.from);
    for part in &snapshot.segments[passed..] {
        if scan.is_over() {
            break;
        }
        budget.check()?;
        scan.read_segment(*part)?;
    }
    for batch in &snapshot.tail {
        if scan.is_over() {
            break;
        }
        scan.read_batch(batch)?;
    }
    Ok(ScanPage { events: scan.events, next: scan.next })
}

struct Scan<'a> {
    snapshot: &'a Snapshot<'a>,
    request: &'a ScanRequest,
    budget: &'a QueryBudget,
    /// The first sequence that was not scanned.
    next: u64,
    events: Vec<StoredEvent>,
    /// The memory of the events as columns.
    bytes: usize,
    rows_read: u64,
    plans: usize,
    /// The number of pages matched together: few while matches are frequent, more where they are rare.
    burst: usize,
}

impl Scan<'_> {
    fn is_over(&self) -> bool {
        self.next >= self.request.view.head
            || self.wanted() == 0
            || self.bytes >= BYTES_MAX
            || self.rows_read >= ROWS_READ_MAX
            || self.plans >= PLANS_MAX
    }

    /// The number of events that still fit.
    fn wanted(&self) -> usize {
        self.request.limit.saturating_sub(self.events.len())
    }

    /// Scans the rows of a segment from `next` on, as far as this call's limits allow.
    fn read_segment(&mut self, part: SegmentRows<'_>) -> Result<(), QueryError> {
        let view = &self.request.view;
        let end = part.rows_below(view.head).end;
        let verdict = decide(&view.filter, &part.facts());
        if verdict == Verdict::Never {
            self.next = part.sequence_of(end);
        }
        while !self.is_over() && self.next < part.end_sequence() {
            self.budget.check()?;
            let start = part.row_of(self.next);
            if verdict == Verdict::Always {
                self.read_rows(part, std::slice::from_ref(&(start..end)), end)?;
            } else {
                self.read_planned(part, start..end.min(start.saturating_add(ROWS_PER_PLAN)))?;
            }
        }
        Ok(())
    }

    /// Scans the pages of rows that may contain matches.
    fn read_planned(&mut self, part: SegmentRows<'_>, planned: RowRange) -> Result<(), QueryError> {
        self.plans += 1;
        let filter = &self.request.view.filter;
        let Plan { filter, pages } = plan::plan(self.snapshot, part, filter, planned.clone(), self.budget)?;
        let mut left = pages.as_slice();
        while !left.is_empty() && !self.is_over() {
            let (pages, behind) = left.split_at(self.burst.min(self.pages_left()).min(left.len()));
            self.burst = (self.burst * 2).min(BURST_PAGES.1);
            let end = behind.first().and_then(first_row).unwrap_or(planned.end);
            let rows: Vec<RowRange> = pages.iter().flat_map(|page| page.rows.iter().cloned()).collect();
            self.rows_read += row_ranges::len(&rows);
            let matching = if pages.iter().all(|page| page.verdict == Verdict::Always) {
                rows
            } else {
                matching::rows(part, &filter, &rows, self.budget)?
            };
            self.read_rows(part, &matching, end)?;
            left = behind;
        }
        if left.is_empty() && !self.is_cut() {
            self.next = self.next.max(part.sequence_of(planned.end));
        }
        Ok(())
    }

    /// The number of pages that this call may still scan, at least one.
    fn pages_left(&self) -> usize {
        let rows = ROWS_READ_MAX.saturating_sub(self.rows_read);
        usize::try_from(rows.div_ceil(PAGE_ROWS.into())).unwrap_or(usize::MAX).max(1)
    }

    /// Whether matching rows were left out because the limit was reached.
    fn is_cut(&self) -> bool {
        self.wanted() == 0 || self.bytes >= BYTES_MAX
    }

    /// Adds the events in matching rows, as far as they fit; there is no further match before the row `end`.
    fn read_rows(&mut self, part: SegmentRows<'_>, matching: &[RowRange], end: u32) -> Result<(), QueryError> {
        let taken = first_rows(matching, self.wanted());
        let meter = Meter::new(self.budget);
        for read in part.segment.read(Projection::All, &taken)? {
            self.budget.check()?;
            let read = read?;
            let columns = EventColumns::of(&read.batch);
            let bytes_per_row = bytes_per_row(&read.batch);
            for row in 0..read.batch.num_rows() {
                meter.examine(bytes_per_row)?;
                let event = columns.event(row).map_err(|error| part.segment.unreadable(&error))?;
                self.next = event.sequence + 1;
                self.events.push(event);
            }
            self.bytes += read.batch.get_array_memory_size();
            if self.bytes >= BYTES_MAX {
                return Ok(());
            }
        }
        if row_ranges::len(&taken) == row_ranges::len(matching) {
            self.next = part.sequence_of(end);
        }
        Ok(())
    }

    /// Scans a batch of the tail from `next` on, as far as this call's limits allow.
    fn read_batch(&mut self, batch: &RecordBatch) -> Result<(), QueryError> {
        let rows = batch.num_rows();
        let Some(first) = sequences_of_tail(batch)?.values().first() else { return Ok(()) };
        let first = u64::try_from(*first).unwrap_or_default();
        let row_of = |sequence: u64| usize::try_from(sequence.saturating_sub(first)).map_or(rows, |row| row.min(rows));
        let visible = row_of(self.next)..row_of(self.request.view.head);
        if visible.is_empty() {
            return Ok(());
        }
        let meter = Meter::new(self.budget);
        let matcher = Matcher::bind(&self.request.view.filter, batch, &meter)?;
        let columns = EventColumns::of(batch);
        let bytes_per_row = bytes_per_row(batch);
        for row in matcher.rows_to_examine(visible.clone()) {
            meter.examine(BYTES_PER_ROW)?;
            if matcher.matches(row, &meter).map_err(RowError::in_tail)? {
                if self.is_cut() {
                    return Ok(());
                }
                meter.examine(bytes_per_row)?;
                self.events.push(columns.event(row).map_err(|error| unreadable(&error))?);
                self.bytes += bytes_per_row;
            }
            self.next = first + row as u64 + 1;
        }
        self.next = self.next.max(first + visible.end as u64);
        self.rows_read += visible.len() as u64;
        Ok(())
    }
}

fn first_row(page: &PageRows) -> Option<u32> {
    page.rows.first().map(|range| range.start)
}

/// The first rows of a set, at most `rows_max`.
fn first_rows(rows: &[RowRange], rows_max: usize) -> Vec<RowRange> {
    let mut left = u32::try_from(rows_max).unwrap_or(u32::MAX);
    let cut = |range: &RowRange| {
        let end = range.end.min(range.start.saturating_add(left));
        left -= end - range.start;
        (range.start < end).then_some(range.start..end)
    };
    rows.iter().map_while(cut).collect()
}
