//! Counts matches, exactly. What was counted in a segment is remembered: each page of a walk may ask for the total, and a
//! dashboard asks again and again.

use auditlog_core::store::{QueryBudget, QueryError, View};

use super::{
    ROWS_PER_CHECK, SegmentRows, Snapshot,
    facts::{Verdict, decide},
    matcher::Matcher,
    matching, plan, row_ranges,
};
use crate::{
    columns::{integer_column, name},
    segment::RowRange,
};

/// How many events of the snapshot match the view.
///
/// # Errors
/// [`QueryError::Corrupted`] where bytes that have to be read are damaged; the budget's errors.
pub fn count(snapshot: &Snapshot<'_>, view: &View, budget: &QueryBudget) -> Result<u64, QueryError> {
    let mut total = 0;
    for batch in &snapshot.tail {
        total += count_batch(batch, view, budget)?;
    }
    let filter = view.filter.fingerprint();
    for part in &snapshot.segments {
        budget.check()?;
        let visible = part.rows_below(view.head).len();
        let count = || count_segment(snapshot, *part, view, budget);
        total += match decide(&view.filter, &part.facts()) {
            Verdict::Always => visible as u64,
            Verdict::Never => 0,
            Verdict::Unknown if visible == part.range.rows as usize => {
                part.segment.count_once(part.range.row_start, filter, count)?
            }
            Verdict::Unknown => count()?,
        };
    }
    Ok(total)
}

fn count_batch(batch: &arrow_array::RecordBatch, view: &View, budget: &QueryBudget) -> Result<u64, QueryError> {
    let Some(sequences) = integer_column(batch, name::SEQUENCE) else { return Ok(0) };
    let matcher = Matcher::bind(&view.filter, batch);
    let visible = |row: &usize| u64::try_from(sequences.value(*row)).is_ok_and(|sequence| sequence < view.head);
    let mut total = 0;
    for start in (0..batch.num_rows()).step_by(ROWS_PER_CHECK) {
        budget.check()?;
        let rows = start..batch.num_rows().min(start + ROWS_PER_CHECK);
        total += rows.filter(visible).filter(|row| matcher.matches(*row)).count() as u64;
    }
    Ok(total)
}

fn count_segment(
    snapshot: &Snapshot<'_>,
    part: SegmentRows<'_>,
    view: &View,
    budget: &QueryBudget,
) -> Result<u64, QueryError> {
    let pages = plan::pages(snapshot, part, &view.filter, part.rows_below(view.head))?;
    let (certain, uncertain): (Vec<_>, Vec<_>) = pages.into_iter().partition(|page| page.verdict == Verdict::Always);
    let certain: u64 = certain.iter().map(|page| row_ranges::len(&page.rows)).sum();
    let uncertain: Vec<RowRange> = uncertain.into_iter().flat_map(|page| page.rows).collect();
    let matching = matching::rows(part, &view.filter, &uncertain, budget)?;
    Ok(certain + row_ranges::len(&matching))
}
