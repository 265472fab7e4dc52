//! Owns the results over events that are not sealed. A result is cached with the position where it ends and continued
//! as the tail grows: an event is counted once for each query, however often that is repeated.

use std::{collections::BTreeMap, sync::Arc};

use arrow_array::{Array as _, RecordBatch};
use auditlog_core::{
    query::{Aggregation, Filter},
    store::{Meter, QueryBudget, QueryError, View},
};
use sha2::{Digest, Sha256};

use super::{Counting, columns::Columns, kept::key, partial::Partial, question::Question};
use crate::{
    columns::{integer_column, name, time_column},
    executor::{BYTES_PER_ROW, Snapshot, facts::Facts, matcher::Matcher, residual::residual},
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
    let Some((start, end)) = visible(snapshot, view.head) else { return Ok(parts) };
    let Some(filter) = unsealed_filter(snapshot, &view.filter, (start, end)) else { return Ok(parts) };
    let scope = scope(snapshot, start, &filter);
    let kept: Vec<Option<Arc<KeptTail>>> = asked.iter().map(|asked| known(snapshot, &scope, asked, end)).collect();
    // Mostly all of them were cached by the same query, and have the same end.
    let mut open: BTreeMap<u64, Vec<usize>> = BTreeMap::new();
    for (at, kept) in kept.iter().enumerate() {
        open.entry(kept.as_ref().map_or(start, |kept| kept.end)).or_default().push(at);
    }
    for (from, places) in open {
        let wanted: Vec<&Aggregation> = places.iter().map(|at| asked[*at]).collect();
        let counted = count_rows(snapshot, (&filter, from, end), &wanted, budget)?;
        for (at, fresh) in places.into_iter().zip(counted) {
            let before = kept[at].as_ref().map(|kept| Arc::clone(&kept.partial));
            let grown = (end - from) * GROWTH_DIVISOR >= from - start && end - start >= KEPT_EVENTS_MIN && end > from;
            parts[at] = if grown {
                let mut all = before.map_or_else(Partial::default, |before| Partial::clone(&before));
                all.merge(&fresh);
                let partial = Arc::new(all);
                keep(snapshot, (&scope, asked[at]), KeptTail { end, partial: Arc::clone(&partial) });
                vec![partial]
            } else {
                before.into_iter().chain([Arc::new(fresh)]).collect()
            };
        }
    }
    Ok(parts)
}

/// The visible sequences of the unsealed events: the first one, and the end.
fn visible(snapshot: &Snapshot<'_>, head: u64) -> Option<(u64, u64)> {
    let start = sequences(snapshot.tail.first()?)?.next()?;
    let end = sequences(snapshot.tail.last()?)?.next_back()? + 1;
    (start < head.min(end)).then_some((start, head.min(end)))
}

fn sequences(batch: &RecordBatch) -> Option<impl DoubleEndedIterator<Item = u64> + '_> {
    let column = integer_column(batch, name::SEQUENCE)?;
    Some(column.values().iter().map(|sequence| sequence.cast_unsigned()))
}

/// The rest of a filter for the unsealed events; `None` where it holds for none of them. Bounds are computed only where
/// they could decide something.
fn unsealed_filter(snapshot: &Snapshot<'_>, filter: &Filter, sequences: (u64, u64)) -> Option<Filter> {
    if *filter == Filter::All {
        return Some(Filter::All);
    }
    facts(snapshot, sequences).map_or_else(|| Some(filter.clone()), |facts| residual(filter, &facts))
}

/// Bounds of all unsealed events, so that tests that hold for all of them are left out of the filter.
fn facts(snapshot: &Snapshot<'_>, (start, end): (u64, u64)) -> Option<Facts> {
    let bounds = |name| {
        let columns = snapshot.tail.iter().map(|batch| time_column(batch, name));
        columns.into_iter().try_fold((i64::MAX, i64::MIN), |(min, max), column| {
            let values = column.filter(|column| column.null_count() == 0)?.values();
            Some(values.iter().fold((min, max), |(min, max), value| (min.min(*value), max.max(*value))))
        })
    };
    let (occurred_at, received_at) = (bounds(name::OCCURRED_AT)?, bounds(name::RECEIVED_AT)?);
    Some(Facts { occurred_at, received_at, sequence: (start, end - 1) })
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

fn keep(snapshot: &Snapshot<'_>, (scope, asked): (&Sha256, &Aggregation), kept: KeptTail) {
    let bytes = kept.partial.bytes();
    snapshot.cache.keep_answer(key(scope, asked), Arc::new(kept), bytes);
}

/// Counts the unsealed events from a sequence up to another one.
fn count_rows(
    snapshot: &Snapshot<'_>,
    (filter, from, end): (&Filter, u64, u64),
    wanted: &[&Aggregation],
    budget: &QueryBudget,
) -> Result<Vec<Partial>, QueryError> {
    let question = Question::new(wanted.to_vec());
    let mut counting = Counting::new(&question);
    let meter = Meter::new(budget);
    for batch in &snapshot.tail {
        let rows = matching_rows(batch, (filter, from, end), &meter)?;
        if rows.is_empty() {
            continue;
        }
        let columns = Columns::of_batch((batch, &rows), (&question, &mut counting.interners), &meter)?;
        counting.add(&columns, &meter)?;
    }
    Ok(counting.into_partials())
}

fn matching_rows(
    batch: &RecordBatch,
    (filter, from, end): (&Filter, u64, u64),
    meter: &Meter<'_>,
) -> Result<Vec<usize>, QueryError> {
    let Some(sequences) = sequences(batch) else { return Ok(Vec::new()) };
    let mut in_range = sequences.enumerate().filter(|(_, sequence)| (from..end).contains(sequence)).peekable();
    if in_range.peek().is_none() {
        return Ok(Vec::new());
    }
    let matcher = Matcher::bind(filter, batch, meter)?;
    let mut rows = Vec::new();
    for (row, _) in in_range {
        meter.examine(BYTES_PER_ROW)?;
        if matcher.matches(row, meter)? {
            rows.push(row);
        }
    }
    Ok(rows)
}
