//! Makes the answer of what is known of all parts: which groups are listed, and in which order.

use std::{cmp::Reverse, ops::Range, sync::Arc};

use auditlog_core::{
    query::{Aggregation, Grouping},
    store::{Aggregate, Groups, MetricValue, TermGroup, TermGroups, TimeGroup},
    timestamp::Timestamp,
};

use super::partial::{GroupsPartial, MetricPartial, Partial};

/// The answer to an aggregation.
pub(super) fn answer(partial: &Partial, aggregation: &Aggregation) -> Aggregate {
    let nothing = Aggregate::of_nothing(aggregation);
    level(partial, &aggregation.groups, &nothing.metrics)
}

fn level(partial: &Partial, groups: &[Grouping], nothing: &[MetricValue]) -> Aggregate {
    let known = partial.metrics.iter().map(metric);
    let metrics = if partial.metrics.is_empty() { nothing.to_vec() } else { known.collect() };
    let groups = groups.split_first().map(|(first, rest)| match (first, partial.groups.as_deref()) {
        (Grouping::Terms(terms), Some(GroupsPartial::Terms { missing, by_value })) => {
            let mut found: Vec<(&Arc<str>, &Partial)> = by_value.iter().collect();
            let values = found.len() as u64;
            let all: u64 = found.iter().map(|(_, partial)| partial.count).sum();
            let order = |(value, partial): &(&Arc<str>, &Partial)| (Reverse(partial.count), Arc::clone(value));
            if found.len() > terms.limit {
                found.select_nth_unstable_by_key(terms.limit, order);
                found.truncate(terms.limit);
            }
            found.sort_unstable_by_key(order);
            let listed: u64 = found.iter().map(|(_, partial)| partial.count).sum();
            let groups = found.into_iter().map(|(value, partial)| TermGroup {
                value: value.to_string(),
                aggregate: level(partial, rest, nothing),
            });
            Groups::Terms(TermGroups { groups: groups.collect(), values, other: all - listed, missing: *missing })
        }
        (Grouping::Histogram(_), Some(GroupsPartial::Histogram(by_time))) => {
            let mut found: Vec<(&Range<i64>, &Partial)> = by_time.iter().collect();
            found.sort_unstable_by_key(|(stretch, _)| stretch.start);
            let groups = found.into_iter().map(|(stretch, partial)| TimeGroup {
                from: Timestamp::from_micros(stretch.start),
                to: Timestamp::from_micros(stretch.end),
                aggregate: level(partial, rest, nothing),
            });
            Groups::Histogram(groups.collect())
        }
        (Grouping::Terms(_), _) => {
            Groups::Terms(TermGroups { groups: Vec::new(), values: 0, other: 0, missing: partial.count })
        }
        (Grouping::Histogram(_), _) => Groups::Histogram(Vec::new()),
    });
    Aggregate { count: partial.count, metrics, groups }
}

fn metric(partial: &MetricPartial) -> MetricValue {
    match partial {
        MetricPartial::Distinct(values) => MetricValue::Distinct(values.count()),
        MetricPartial::Min(value) | MetricPartial::Max(value) => MetricValue::Extreme(*value),
    }
}
