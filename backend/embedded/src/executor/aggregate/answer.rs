//! Builds the answer from all partial results: which groups are listed, and in which order. Partial results are summed
//! only for the groups that are listed, because the others may be many.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, HashSet},
    ops::Range,
    sync::Arc,
};

use auditlog_core::{
    query::{Aggregation, Grouping},
    store::{Aggregate, Groups, MetricValue, TermGroup, TermGroups, TimeGroup},
    timestamp::Timestamp,
};

use super::partial::{GroupsPartial, MetricPartial, Partial, Terms};

/// The answer to an aggregation, from partial results over all events.
pub(super) fn answer(parts: &[&Partial], aggregation: &Aggregation) -> Aggregate {
    let nothing = Aggregate::of_nothing(aggregation);
    level(parts, &aggregation.groups, &nothing.metrics)
}

fn level(parts: &[&Partial], groups: &[Grouping], nothing: &[MetricValue]) -> Aggregate {
    let groups = groups.split_first().map(|(first, rest)| match first {
        Grouping::Terms(terms) => Groups::Terms(terms_of(parts, terms.limit, rest, nothing)),
        Grouping::Histogram(_) => Groups::Histogram(times_of(parts, rest, nothing)),
    });
    Aggregate { count: parts.iter().map(|part| part.count).sum(), metrics: metrics_of(parts, nothing), groups }
}

fn terms_of(parts: &[&Partial], limit: usize, rest: &[Grouping], nothing: &[MetricValue]) -> TermGroups {
    let mut levels: Vec<&Terms> = Vec::with_capacity(parts.len());
    let mut missing = 0;
    for part in parts {
        match part.groups.as_deref() {
            Some(GroupsPartial::Terms(terms)) => levels.push(terms),
            // A partial result without groups has no values.
            _ => missing += part.count,
        }
    }
    missing += levels.iter().map(|terms| terms.missing()).sum::<u64>();
    // The largest one first: of it only the most frequent values are considered.
    levels.sort_by_key(|terms| Reverse(terms.by_value().len()));
    let (candidates, values) = candidates(&levels, limit);
    let found = most_frequent(&levels, candidates, limit);
    let all: u64 = levels.iter().map(|terms| terms.total()).sum();
    let listed: u64 = found.iter().map(|(_, count)| count).sum();
    let groups = found.into_iter().map(|(value, _)| {
        let parts: Vec<&Partial> = levels.iter().filter_map(|terms| terms.by_value().get(value)).collect();
        TermGroup { value: value.to_string(), aggregate: level(&parts, rest, nothing) }
    });
    TermGroups { groups: groups.collect(), values, other: all - listed, missing }
}

type Values<'a> = HashSet<&'a Arc<str>, ahash::RandomState>;

/// Values that include the most frequent of all levels, and the number of distinct values in all levels.
///
/// A value that is in the largest level alone occurs exactly as often as counted there, so of those only the most
/// frequent ones are needed; every other value is a candidate.
fn candidates<'a>(levels: &[&'a Terms], limit: usize) -> (Values<'a>, u64) {
    let mut candidates = Values::default();
    let Some((largest, others)) = levels.split_first() else { return (candidates, 0) };
    let mut values = largest.by_value().len() as u64;
    for value in others.iter().flat_map(|terms| terms.by_value().keys()) {
        if candidates.insert(value) && !largest.by_value().contains_key(value) {
            values += 1;
        }
    }
    candidates.extend(largest.most_frequent(limit));
    (candidates, values)
}

/// The most frequent of the candidates with their counts, in order.
fn most_frequent<'a>(levels: &[&Terms], candidates: Values<'a>, limit: usize) -> Vec<(&'a Arc<str>, u64)> {
    let count = |value: &Arc<str>| -> u64 {
        levels.iter().filter_map(|terms| terms.by_value().get(value)).map(|partial| partial.count).sum()
    };
    let mut found: Vec<(&Arc<str>, u64)> = candidates.into_iter().map(|value| (value, count(value))).collect();
    let order = |one: &(&Arc<str>, u64), other: &(&Arc<str>, u64)| (other.1, one.0).cmp(&(one.1, other.0));
    if found.len() > limit {
        found.select_nth_unstable_by(limit, order);
        found.truncate(limit);
    }
    found.sort_unstable_by(order);
    found
}

fn times_of(parts: &[&Partial], rest: &[Grouping], nothing: &[MetricValue]) -> Vec<TimeGroup> {
    let mut by_time: BTreeMap<i64, (&Range<i64>, Vec<&Partial>)> = BTreeMap::new();
    for part in parts {
        let Some(GroupsPartial::Histogram(found)) = part.groups.as_deref() else { continue };
        for (bucket, partial) in found {
            by_time.entry(bucket.start).or_insert_with(|| (bucket, Vec::new())).1.push(partial);
        }
    }
    let groups = by_time.into_values().map(|(bucket, parts)| TimeGroup {
        from: Timestamp::from_micros(bucket.start),
        to: Timestamp::from_micros(bucket.end),
        aggregate: level(&parts, rest, nothing),
    });
    groups.collect()
}

fn metrics_of(parts: &[&Partial], nothing: &[MetricValue]) -> Vec<MetricValue> {
    let mut known = parts.iter().map(|part| &part.metrics).filter(|metrics| !metrics.is_empty());
    let Some(first) = known.next() else { return nothing.to_vec() };
    let others: Vec<_> = known.collect();
    if others.is_empty() {
        return first.iter().map(metric).collect();
    }
    let mut sum = first.clone();
    for other in others {
        sum.iter_mut().zip(other).for_each(|(own, other)| own.merge(other));
    }
    sum.iter().map(metric).collect()
}

fn metric(partial: &MetricPartial) -> MetricValue {
    match partial {
        MetricPartial::Distinct(values) => MetricValue::Distinct(values.count()),
        MetricPartial::Min(value) | MetricPartial::Max(value) => MetricValue::Extreme(*value),
    }
}

#[cfg(test)]
mod tests {
    use auditlog_core::query::{Field, TERMS_LIMIT_MAX};

    use super::*;

    /// A partial result with this many values, of which the first ones are frequent and many are equally frequent.
    fn part(values: std::ops::Range<u64>, salt: u64) -> Partial {
        let count = |value: u64| 1 + (value.wrapping_mul(salt) % 1_013) * u64::from(value.is_multiple_of(7));
        let by_value = values
            .map(|value| (Arc::from(format!("value {value}")), Partial { count: count(value), ..Partial::default() }));
        let by_value: ahash::HashMap<Arc<str>, Partial> = by_value.collect();
        let total: u64 = by_value.values().map(|partial| partial.count).sum();
        let groups = Some(Box::new(GroupsPartial::Terms(Terms::new(by_value, 5))));
        Partial { count: total + 5, metrics: Box::default(), groups }
    }

    #[test]
    fn parts_that_are_not_added_up_give_the_answer_of_their_sum() {
        let (large, small, tiny, empty) =
            (part(0..9_000, 31), part(8_000..9_500, 17), part(8_990..9_600, 3), part(0..0, 1));
        let unanswered = Partial { count: 3, ..Partial::default() };
        let parts = [&small, &large, &empty, &tiny];
        let mut sum = Partial::default();
        for part in parts {
            sum.merge(part);
        }
        let Some(GroupsPartial::Terms(all)) = sum.groups.as_deref() else { panic!("no groups") };
        let mut sorted: Vec<(String, u64)> =
            all.by_value().iter().map(|(value, partial)| (value.to_string(), partial.count)).collect();
        sorted.sort_by(|one, other| (other.1, &one.0).cmp(&(one.1, &other.0)));
        for limit in [1, 10, 999, TERMS_LIMIT_MAX] {
            let asked = Aggregation::terms(Field::Action, limit);
            let expected = answer(&[&sum], &asked);
            let Some(Groups::Terms(terms)) = &expected.groups else { panic!("no groups: {expected:?}") };
            assert_eq!((terms.values, terms.missing), (9_600, 20));
            let named = terms.groups.iter().map(|group| (group.value.clone(), group.aggregate.count));
            assert_eq!(named.collect::<Vec<_>>(), sorted[..limit], "{limit} values");
            let listed: u64 = terms.groups.iter().map(|group| group.aggregate.count).sum();
            assert_eq!(expected.count, listed + terms.other + terms.missing);
            assert_eq!(answer(&parts, &asked), expected, "{limit} values");
            let with_unanswered = answer(&[&large, &unanswered], &asked);
            let Some(Groups::Terms(terms)) = &with_unanswered.groups else { panic!("no groups") };
            assert_eq!((with_unanswered.count, terms.missing), (large.count + 3, 8), "what has no groups has no value");
        }
    }
}
