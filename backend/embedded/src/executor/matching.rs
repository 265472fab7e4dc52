//! Which of chosen rows of a segment match a filter. Only the filter's own columns are read: where matches are rare,
//! whatever else is wanted of a row is wanted of few.

use auditlog_core::{
    query::Filter,
    store::{QueryBudget, QueryError},
};

use super::{
    SegmentRows,
    matcher::Matcher,
    needed::projection,
    parallel::{self, Pages},
    row_ranges,
};
use crate::{columns::name, segment::RowRange};

/// So many pages are one task.
const PAGES_PER_TASK: u32 = 16;

/// The matching rows among `rows`, which lie within the tenant's.
pub(super) fn rows(
    part: SegmentRows<'_>,
    filter: &Filter,
    rows: &[RowRange],
    budget: &QueryBudget,
) -> Result<Vec<RowRange>, QueryError> {
    if *filter == Filter::All {
        return Ok(rows.to_vec());
    }
    let pieces = row_ranges::pieces(rows, PAGES_PER_TASK);
    let pages = Pages((pieces.len().saturating_sub(1)) * PAGES_PER_TASK as usize);
    let matching = parallel::map(&pieces, pages, |rows| in_piece(part, filter, rows, budget))?;
    Ok(row_ranges::of_rows(matching.into_iter().flatten()))
}

fn in_piece(
    part: SegmentRows<'_>,
    filter: &Filter,
    rows: &[RowRange],
    budget: &QueryBudget,
) -> Result<Vec<u32>, QueryError> {
    let mut matching = Vec::new();
    // Columns that hold nothing are not read at all. The tenant is there in every row and costs next to nothing.
    for read in part.segment.read(projection(filter, &[name::TENANT_ID]), rows)? {
        budget.check()?;
        let read = read?;
        let matcher = Matcher::bind(filter, &read.batch);
        matching.extend(read.rows.iter().enumerate().filter(|(at, _)| matcher.matches(*at)).map(|(_, row)| *row));
    }
    Ok(matching)
}
