//! Owns the results over events that are not sealed. A result is cached with the position where it ends. A repeated
//! query aggregates only the events after that position, and not the whole tail again.

use std::{collections::BTreeMap, ops::Range, sync::Arc};

use arrow_array::RecordBatch;
use auditlog_core::{
    query::{Aggregation, Filter, Meter, QueryBudget},
    store::{QueryError, View},
};
use sha2::{Digest, Sha256};

use super::{Counting, columns::Columns, kept::key, partial::Partial, question::Question};
use crate::{
    columns::name,
    executor::{
        BYTES_PER_ROW, Snapshot, facts::Facts, matcher::Matcher, residual::residual, row_error::RowError,
        sequences_of_tail, times_of_tail,
    },
    index::Span,
};

/// Fewer events are counted again each time: caching their result costs more.
const KEPT_EVENTS_MIN: u64 = 64;
/// A cached result is extended once the events after it are at least one in this many of its own, because extending
/// copies it.
const GROWTH_DIVISOR: u64 = 8;

/// The results over the events from the first unsealed one up to `end`.
struct KeptTail {
    end: u64,
    partial: Arc<Partial>,
}

/// The results of each aggregation over the unsealed events, in parts to be merged.
pub(super) fn of_tail(
    snapshot: &Snapshot<'_>,
    view: &View,
    asked: &[&Aggregation],
    budget: &QueryBudget,
) -> Result<Vec<Vec<Arc<Partial>>>, QueryError> {
    let mut parts: Vec<Vec<Arc<Partial>>> = asked.iter().map(|_| Vec::new()).collect();
    let Some(Range { start, end }) = visible(snapshot, view.head)? else { return Ok(parts) };
    let Some(filter) = unsealed_filter(snapshot, &view.filter, start..end)? else { return Ok(parts) };
    let scope = scope(snapshot, start, &filter);
    let kept: Vec<Option<Arc<KeptTail>>> = asked.iter().map(|asked| known(snapshot, &scope, asked, end)).collect();
    // Mostly all of them were cached by the same query, and have the same end.
    let mut open: BTreeMap<u64, Vec<usize>> = BTreeMap::new();
    for (at, kept) in kept.iter().enumerate() {
        open.entry(kept.as_ref().map_or(start, |kept| kept.end)).or_default().push(at);
    }
    for (from, places) in open {
        let wanted: Vec<&Aggregation> = places.iter().map(|at| asked[*at]).collect();
        let counted = count_rows(snapshot, &TailRows { filter: &filter, sequences: from..end }, &wanted, budget)?;
        for (at, fresh) in places.into_iter().zip(counted) {
            let before = kept[at].as_ref().map(|kept| Arc::clone(&kept.partial));
            let grown = (end - from) * GROWTH_DIVISOR >= from - start && end - start >= KEPT_EVENTS_MIN && end > from;
            parts[at] = if grown {
                let mut all = before.map_or_else(Partial::default, |before| Partial::clone(&before));
                all.merge(&fresh);
                let partial = Arc::new(all);
                keep(snapshot, &scope, asked[at], KeptTail { end, partial: Arc::clone(&partial) });
                vec![partial]
            } else {
                before.into_iter().chain([Arc::new(fresh)]).collect()
            };
        }
    }
    Ok(parts)
}

/// The sequences of the unsealed events that may be seen.
fn visible(snapshot: &Snapshot<'_>, head: u64) -> Result<Option<Range<u64>>, QueryError> {
    let (Some(first), Some(last)) = (snapshot.tail.first(), snapshot.tail.last()) else { return Ok(None) };
    let (first, last) = (sequences_of_tail(first)?.values().first(), sequences_of_tail(last)?.values().last());
    let (Some(first), Some(last)) = (first, last) else { return Ok(None) };
    let visible = first.cast_unsigned()..(last.cast_unsigned() + 1).min(head);
    Ok((!visible.is_empty()).then_some(visible))
}

/// The rest of a filter for the unsealed events; `None` where it holds for none of them. Bounds are computed only where
/// they could decide something.
fn unsealed_filter(
    snapshot: &Snapshot<'_>,
    filter: &Filter,
    sequences: Range<u64>,
) -> Result<Option<Filter>, QueryError> {
    if *filter == Filter::All {
        return Ok(Some(Filter::All));
    }
    Ok(residual(filter, &facts(snapshot, sequences)?))
}

/// Bounds of all unsealed events, so that tests that hold for all of them are left out of the filter.
fn facts(snapshot: &Snapshot<'_>, sequences: Range<u64>) -> Result<Facts, QueryError> {
    let bounds = |name| {
        snapshot.tail.iter().try_fold(Span::EMPTY, |bounds, batch| {
            let values = times_of_tail(batch, name)?.values().iter();
            Ok::<_, QueryError>(values.fold(bounds, |bounds, value| bounds.union(Span::of(*value))))
        })
    };
    let (occurred_at, received_at) = (bounds(name::OCCURRED_AT)?, bounds(name::RECEIVED_AT)?);
    Ok(Facts { occurred_at, received_at, sequence: Span { earliest: sequences.start, latest: sequences.end - 1 } })
}

/// Identifies the events and the filter. Each part has a fixed length, except the tenant's id, which is last.
fn scope(snapshot: &Snapshot<'_>, start: u64, filter: &Filter) -> Sha256 {
    Sha256::new_with_prefix(b"tail")
        .chain_update(start.to_le_bytes())
        .chain_update(filter.fingerprint())
        .chain_update(Sha256::digest(snapshot.tenant_id.as_str()))
}

/// The cached result, unless it extends beyond the events visible to this query.
fn known(snapshot: &Snapshot<'_>, scope: &Sha256, asked: &Aggregation, end: u64) -> Option<Arc<KeptTail>> {
    let kept = snapshot.cache.answer(&key(scope, asked))?.downcast::<KeptTail>().ok()?;
    (kept.end <= end).then_some(kept)
}

fn keep(snapshot: &Snapshot<'_>, scope: &Sha256, asked: &Aggregation, kept: KeptTail) {
    let bytes = kept.partial.bytes();
    snapshot.cache.keep_answer(key(scope, asked), Arc::new(kept), bytes);
}

/// The unsealed events with these sequences that match a filter.
struct TailRows<'a> {
    filter: &'a Filter,
    sequences: Range<u64>,
}

fn count_rows(
    snapshot: &Snapshot<'_>,
    tail_rows: &TailRows<'_>,
    wanted: &[&Aggregation],
    budget: &QueryBudget,
) -> Result<Vec<Partial>, QueryError> {
    let question = Question::new(wanted.to_vec());
    let mut counting = Counting::new(&question);
    let meter = Meter::new(budget);
    for batch in &snapshot.tail {
        let rows = tail_rows.of_batch(batch, &meter)?;
        if rows.is_empty() {
            continue;
        }
        let columns = Columns::of_tail(batch, &rows, &question, &mut counting.interners, &meter)?;
        counting.add(&columns, &meter)?;
    }
    Ok(counting.into_partials())
}

impl TailRows<'_> {
    /// Which rows of a batch they are.
    fn of_batch(&self, batch: &RecordBatch, meter: &Meter<'_>) -> Result<Vec<usize>, QueryError> {
        let sequences = sequences_of_tail(batch)?.values();
        let is_within = |sequence: &i64| self.sequences.contains(&sequence.cast_unsigned());
        if !sequences.iter().any(is_within) {
            return Ok(Vec::new());
        }
        let matcher = Matcher::bind(self.filter, batch, meter)?;
        let mut rows = Vec::new();
        for row in matcher.rows_to_examine(0..batch.num_rows()) {
            meter.examine(BYTES_PER_ROW)?;
            if is_within(&sequences[row]) && matcher.matches(row, meter).map_err(RowError::in_tail)? {
                rows.push(row);
            }
        }
        Ok(rows)
    }
}
