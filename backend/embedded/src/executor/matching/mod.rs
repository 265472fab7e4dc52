//! Finds which of the chosen rows of a segment match a filter. Only the filter's own columns are read: where matches
//! are rare, the other columns are needed for few rows.

mod coded;

use auditlog_core::{
    query::{Filter, Meter, QueryBudget},
    store::QueryError,
};

use super::{
    BYTES_PER_ROW, PartRows, SegmentRows,
    matcher::Matcher,
    needed::projection,
    parallel::{self, Pages},
    plan::PlannedFilter,
    row_ranges,
};
use crate::{columns::name, segment::RowRange};

/// The number of pages of one task.
const PAGES_PER_TASK: u32 = 16;

/// Whole pages are decoded where a task has at least this many wanted rows, and at least one in this many of the rows
/// between the first and the last; fewer rows are read individually.
const CODED_ROWS_MIN: usize = 32;
const CODED_ONE_IN_MAX: usize = 16;

/// The matching rows among `rows`, which lie within the tenant's. The filter is that of a plan for the segment.
pub(super) fn rows(
    part: SegmentRows<'_>,
    filter: &PlannedFilter,
    rows: &[RowRange],
    budget: &QueryBudget,
) -> Result<Vec<RowRange>, QueryError> {
    if filter.filter == Filter::All {
        return Ok(rows.to_vec());
    }
    let steps = Steps::of(filter);
    let pieces = row_ranges::pieces(rows, PAGES_PER_TASK);
    let pages = Pages((pieces.len().saturating_sub(1)) * PAGES_PER_TASK as usize);
    let matching =
        parallel::map(&pieces, pages, |rows| in_piece(PartRows { part, ranges: rows }, filter, &steps, budget))?;
    Ok(row_ranges::union(&matching.concat(), &[]))
}

/// A filter split into two that must both hold.
struct Steps {
    /// The part that codes and times decide.
    by_codes: Filter,
    /// The part that needs texts to be read.
    by_texts: PlannedFilter,
}

impl Steps {
    fn of(PlannedFilter { filter, text_kinds }: &PlannedFilter) -> Self {
        let parts = match filter {
            Filter::And(parts) => parts.clone(),
            other => vec![other.clone()],
        };
        let (by_codes, by_texts) = parts.into_iter().partition(coded::suits);
        Self {
            by_codes: Filter::all_of(by_codes),
            by_texts: PlannedFilter { filter: Filter::all_of(by_texts), text_kinds: *text_kinds },
        }
    }
}

fn in_piece(
    PartRows { part, ranges: rows }: PartRows<'_>,
    filter: &PlannedFilter,
    steps: &Steps,
    budget: &QueryBudget,
) -> Result<Vec<RowRange>, QueryError> {
    let count = rows.iter().map(ExactSizeIterator::len).sum();
    let spread = rows.first().zip(rows.last()).map_or(0, |(first, last)| (last.end - first.start) as usize);
    if count >= CODED_ROWS_MIN.max(spread / CODED_ONE_IN_MAX)
        && steps.by_codes != Filter::All
        && let Some(holding) =
            (coded::Rows { part, ranges: rows, count, meter: &Meter::new(budget) }).holding(&steps.by_codes)?
    {
        return by_texts(part, &steps.by_texts, row_ranges::holding(rows, &holding), budget);
    }
    by_texts(part, filter, rows.to_vec(), budget)
}

/// The rows for which the filter holds, found by reading its columns for each row.
fn by_texts(
    part: SegmentRows<'_>,
    filter: &PlannedFilter,
    rows: Vec<RowRange>,
    budget: &QueryBudget,
) -> Result<Vec<RowRange>, QueryError> {
    if filter.filter == Filter::All || rows.is_empty() {
        return Ok(rows);
    }
    let mut matching = Vec::new();
    let meter = Meter::new(budget);
    // Columns without values are not read at all. Every row has a tenant, whose column costs next to nothing.
    for read in part.segment.read(projection(filter, &[name::TENANT_ID]), &rows)? {
        budget.check()?;
        let read = read?;
        let matcher = Matcher::bind(&filter.filter, &read.batch, &meter)?;
        for at in matcher.rows_to_examine(0..read.rows.len()) {
            meter.examine(BYTES_PER_ROW)?;
            if matcher.matches(at, &meter).map_err(|error| error.in_segment(part.segment))? {
                matching.push(read.rows[at]);
            }
        }
    }
    Ok(row_ranges::of_rows(matching))
}
