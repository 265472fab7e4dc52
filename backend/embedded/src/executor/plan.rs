//! Decides which pages of a segment have to be read for a filter.

use std::slice;

use auditlog_core::{
    query::{Filter, QueryBudget},
    store::QueryError,
};

use super::{
    SegmentRows, Snapshot,
    candidates::{Candidates, Narrowed},
    facts::{Facts, Verdict, decide},
    row_ranges,
};
use crate::{columns::TextKinds, index::Span, segment::RowRange};

/// What is left to do in a segment.
#[derive(Debug)]
pub(super) struct Plan {
    /// What the rows of the pages are tested for.
    pub(super) filter: PlannedFilter,
    /// The pages that may hold matches, in file order.
    pub(super) pages: Vec<PageRows>,
}

/// What rows of a segment are tested for.
#[derive(Debug)]
pub(super) struct PlannedFilter {
    /// The filter without the alternatives that hold for no row of the segment.
    pub(super) filter: Filter,
    /// The kinds of text that the phrases of the filter can be in; texts of other kinds need not be read.
    pub(super) text_kinds: TextKinds,
}

/// Rows of one page that may match.
#[derive(Debug)]
pub(super) struct PageRows {
    pub(super) rows: Vec<RowRange>,
    /// The earliest and the latest possible `occurred_at` among them.
    pub(super) occurred_at: Span<i64>,
    /// Whether every one of them matches.
    pub(super) verdict: Verdict,
}

impl SegmentRows<'_> {
    /// The tenant's rows with sequences below `head`.
    pub(super) fn rows_below(&self, head: u64) -> RowRange {
        self.range.row_start..self.row_of(head)
    }

    /// The sequence after the tenant's last row.
    pub(super) fn end_sequence(&self) -> u64 {
        self.range.first_sequence + u64::from(self.range.rows)
    }

    /// The row at a position of the tenant's log; its first row or the one after its last where the position is
    /// outside.
    pub(super) fn row_of(&self, sequence: u64) -> u32 {
        let behind = sequence.saturating_sub(self.range.first_sequence).min(u64::from(self.range.rows));
        self.range.row_start + u32::try_from(behind).unwrap_or(self.range.rows)
    }

    /// The facts that the manifest records about them.
    pub(super) fn facts(&self) -> Facts {
        Facts {
            occurred_at: Span {
                earliest: self.range.occurred_at_min.as_micros(),
                latest: self.range.occurred_at_max.as_micros(),
            },
            received_at: Facts::of_day(self.segment.meta().day),
            sequence: Span { earliest: self.range.first_sequence, latest: self.end_sequence() - 1 },
        }
    }

    /// The position of a row in the tenant's log: its rows are consecutive.
    pub(super) fn sequence_of(&self, row: u32) -> u64 {
        self.range.first_sequence + u64::from(row - self.range.row_start)
    }
}

/// Plans the search for matches among the rows `visible` of a segment.
pub(super) fn plan(
    snapshot: &Snapshot<'_>,
    part: SegmentRows<'_>,
    filter: &Filter,
    visible: RowRange,
    budget: &QueryBudget,
) -> Result<Plan, QueryError> {
    if visible.is_empty() || decide(filter, &part.facts()) == Verdict::Never {
        let filter = PlannedFilter { filter: Filter::any_of(Vec::new()), text_kinds: TextKinds::NONE };
        return Ok(Plan { filter, pages: Vec::new() });
    }
    let index = part.segment.index()?;
    let candidates = Candidates { index: &index, tenant_id: snapshot.tenant_id, rows: part, budget };
    let Narrowed { filter, text_kinds, rows } = candidates.narrow(filter)?;
    let wanted = match rows {
        Some(found) => row_ranges::intersection(&found, slice::from_ref(&visible)),
        None => vec![visible],
    };
    let known = part.facts();
    let mut pages = Vec::new();
    for page in index.pages_of(&wanted)? {
        let within = wanted.partition_point(|range| range.end <= page.rows.start)
            ..wanted.partition_point(|range| range.start < page.rows.end);
        let rows = row_ranges::intersection(&wanted[within], slice::from_ref(&page.rows));
        // A page may hold rows of other tenants too: the manifest's bounds of this tenant also hold.
        let occurred_at = page.occurred_at.intersection(known.occurred_at);
        let last_row = rows.last().map_or(part.range.row_start, |range| range.end - 1);
        let first_row = rows.first().map_or(part.range.row_start, |range| range.start);
        let sequence = Span { earliest: part.sequence_of(first_row), latest: part.sequence_of(last_row) };
        let facts = Facts { occurred_at, sequence, ..known };
        let verdict = decide(&filter, &facts);
        if verdict != Verdict::Never {
            pages.push(PageRows { rows, occurred_at, verdict });
        }
    }
    Ok(Plan { filter: PlannedFilter { filter, text_kinds }, pages })
}
