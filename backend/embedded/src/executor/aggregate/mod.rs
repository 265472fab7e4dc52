//! Answers aggregations over all events of a view. Segments are counted in pieces, in parallel, by interned numbers
//! instead of values. Segments do not change, so the result of each whole segment and the sum over all segments are
//! cached. The result of the tail is cached with the position where it ends. Which groups are listed is decided last.

mod answer;
mod buckets;
mod columns;
mod distinct;
mod interner;
mod kept;
mod partial;
mod question;
mod tail;
mod tally;
mod values;

use std::sync::Arc;

use auditlog_core::{
    query::{Aggregation, Filter, Meter, QueryBudget},
    store::{Aggregate, AggregateRequest, QueryError, View},
};

use self::{
    answer::answer,
    columns::Columns,
    interner::Interner,
    kept::{Kept, WholeParts},
    partial::{Partial, check_bytes},
    question::Question,
    tail::of_tail,
    tally::{Block, Tally},
};
use super::{
    PartRows, SegmentRows, Snapshot,
    facts::Verdict,
    matching,
    parallel::{self, Pages},
    plan::{self, Plan},
    residual::residual,
    row_ranges,
};
use crate::segment::{PAGE_ROWS, ROW_GROUP_ROWS, RowRange};

/// The number of pages that one thread counts before its result is merged.
const PAGES_PER_TASK: u32 = 64;

/// Aggregates all events of the view.
///
/// # Errors
/// [`QueryError::TooManyGroups`]; [`QueryError::Corrupted`] where bytes that have to be read are damaged; the budget's
/// errors.
pub fn aggregate(
    snapshot: &Snapshot<'_>,
    request: &AggregateRequest,
    budget: &QueryBudget,
) -> Result<Vec<Aggregate>, QueryError> {
    let view = &request.view;
    let asked: Vec<&Aggregation> = request.aggregations.iter().collect();
    let sealed = of_segments(snapshot, view, &asked, budget)?;
    let tail = of_tail(snapshot, view, &asked, budget)?;
    let parts: Vec<Vec<&Partial>> = sealed
        .iter()
        .zip(&tail)
        .map(|(sealed, tail)| [sealed].into_iter().chain(tail).map(Arc::as_ref).collect())
        .collect();
    check_bytes(parts.iter().flatten().map(|part| part.bytes()).sum())?;
    Ok(parts.iter().zip(asked).map(|(parts, asked)| answer(parts, asked)).collect())
}

/// The number of events of the view.
///
/// # Errors
/// [`QueryError::Corrupted`] where bytes that have to be read are damaged; the budget's errors.
pub fn count(snapshot: &Snapshot<'_>, view: &View, budget: &QueryBudget) -> Result<u64, QueryError> {
    let asked = [&Aggregation::COUNT];
    let sealed = of_segments(snapshot, view, &asked, budget)?;
    let tail = of_tail(snapshot, view, &asked, budget)?;
    Ok(sealed.iter().chain(tail.iter().flatten()).map(|part| part.count).sum())
}

/// The results of each aggregation over all segments.
fn of_segments(
    snapshot: &Snapshot<'_>,
    view: &View,
    asked: &[&Aggregation],
    budget: &QueryBudget,
) -> Result<Vec<Arc<Partial>>, QueryError> {
    let parts: Vec<(SegmentRows<'_>, Filter)> = snapshot
        .segments
        .iter()
        .filter(|part| !part.rows_below(view.head).is_empty())
        .filter_map(|part| Some((*part, residual(&view.filter, &part.facts())?)))
        .collect();
    let whole = WholeParts::of(&parts, view.head);
    let mut sums: Vec<Option<Arc<Partial>>> = asked.iter().map(|asked| whole.as_ref()?.known(asked)).collect();
    let open: Vec<usize> = (0..asked.len()).filter(|at| sums[*at].is_none()).collect();
    let mut added: Vec<Partial> = open.iter().map(|_| Partial::default()).collect();
    if !open.is_empty() {
        let wanted: Vec<&Aggregation> = open.iter().map(|at| asked[*at]).collect();
        for (part, filter) in &parts {
            budget.check()?;
            let matching = MatchingRows { part: *part, filter, head: view.head };
            for (sum, partial) in added.iter_mut().zip(of_segment(snapshot, matching, &wanted, budget)?) {
                sum.merge(&partial);
            }
            check_bytes(added.iter().map(Partial::bytes).sum())?;
        }
    }
    for (at, sum) in open.into_iter().zip(added) {
        let sum = Arc::new(sum);
        if let Some(whole) = &whole {
            whole.keep(asked[at], &sum);
        }
        sums[at] = Some(sum);
    }
    Ok(sums.into_iter().map(Option::unwrap_or_default).collect())
}

/// The results of each aggregation over one segment: cached, or counted now.
fn of_segment(
    snapshot: &Snapshot<'_>,
    matching: MatchingRows<'_>,
    wanted: &[&Aggregation],
    budget: &QueryBudget,
) -> Result<Vec<Arc<Partial>>, QueryError> {
    let MatchingRows { part, filter, head } = matching;
    let kept = Kept::of(part, filter, head);
    let mut known: Vec<Option<Arc<Partial>>> = wanted.iter().map(|wanted| kept.as_ref()?.known(wanted)).collect();
    let open: Vec<usize> = (0..wanted.len()).filter(|at| known[*at].is_none()).collect();
    if !open.is_empty() {
        let question = Question::new(open.iter().map(|at| wanted[*at]).collect());
        let ranges = matching.find(snapshot, budget)?;
        for (at, partial) in open.into_iter().zip(count_rows(PartRows { part, ranges: &ranges }, &question, budget)?) {
            let partial = Arc::new(partial);
            if let Some(kept) = &kept {
                kept.keep(wanted[at], &partial);
            }
            known[at] = Some(partial);
        }
    }
    Ok(known.into_iter().map(Option::unwrap_or_default).collect())
}

/// The visible rows of a segment that match a filter.
#[derive(Clone, Copy)]
struct MatchingRows<'a> {
    part: SegmentRows<'a>,
    filter: &'a Filter,
    /// The sequence behind the last visible event.
    head: u64,
}

impl MatchingRows<'_> {
    /// Finds them, as sorted ranges.
    fn find(self, snapshot: &Snapshot<'_>, budget: &QueryBudget) -> Result<Vec<RowRange>, QueryError> {
        let Self { part, filter, head } = self;
        if *filter == Filter::All {
            return Ok(vec![part.rows_below(head)]);
        }
        let Plan { filter, pages } = plan::plan(snapshot, part, filter, part.rows_below(head), budget)?;
        let (certain, uncertain): (Vec<_>, Vec<_>) =
            pages.into_iter().partition(|page| page.verdict == Verdict::Always);
        let rows_of = |pages: Vec<plan::PageRows>| pages.into_iter().flat_map(|page| page.rows).collect::<Vec<_>>();
        let matching = matching::rows(part, &filter, &rows_of(uncertain), budget)?;
        Ok(row_ranges::union(&rows_of(certain), &matching))
    }
}

/// Counts rows of a segment, on as many threads as are idle.
fn count_rows(rows: PartRows<'_>, question: &Question<'_>, budget: &QueryBudget) -> Result<Vec<Partial>, QueryError> {
    let tasks = row_ranges::pieces(rows.ranges, PAGES_PER_TASK);
    let pages = Pages(tasks.len().saturating_sub(1) * PAGES_PER_TASK as usize);
    let counted =
        parallel::map(&tasks, pages, |ranges| count_task(PartRows { part: rows.part, ranges }, question, budget))?;
    let mut sums: Vec<Partial> = question.aggregations.iter().map(|_| Partial::default()).collect();
    for partials in counted {
        for (sum, partial) in sums.iter_mut().zip(&partials) {
            sum.merge(partial);
        }
        check_bytes(sums.iter().map(Partial::bytes).sum())?;
    }
    Ok(sums)
}

fn count_task(
    PartRows { part, ranges }: PartRows<'_>,
    question: &Question<'_>,
    budget: &QueryBudget,
) -> Result<Vec<Partial>, QueryError> {
    let mut counting = Counting::new(question);
    let meter = Meter::new(budget);
    for block in row_ranges::pieces(ranges, ROW_GROUP_ROWS / PAGE_ROWS) {
        budget.check()?;
        let rows = PartRows { part, ranges: &block };
        let columns = Columns::of_segment(rows, question, &mut counting.interners, &meter)?;
        counting.add(&columns, &meter)?;
    }
    Ok(counting.into_partials())
}

/// The counts of a question, with the numbers that represent values.
struct Counting<'a> {
    question: &'a Question<'a>,
    interners: Vec<Interner>,
    tallies: Vec<Tally<'a>>,
}

impl<'a> Counting<'a> {
    fn new(question: &'a Question<'a>) -> Self {
        let interners = question.texts.iter().map(|_| Interner::default()).collect();
        let tallies = question.aggregations.iter().map(|aggregation| Tally::new(aggregation)).collect();
        Self { question, interners, tallies }
    }

    fn add(&mut self, columns: &Columns, meter: &Meter<'_>) -> Result<(), QueryError> {
        for tally in &mut self.tallies {
            let block = Block { columns, question: self.question, interners: &self.interners };
            tally.add(block, meter)?;
        }
        let names: usize = self.interners.iter().map(Interner::bytes).sum();
        let groups: usize = self.tallies.iter().map(Tally::bytes).sum();
        check_bytes(names.max(groups))
    }

    fn into_partials(self) -> Vec<Partial> {
        let Self { question, interners, tallies } = self;
        tallies.into_iter().map(|tally| tally.into_partial(question, &interners)).collect()
    }
}
