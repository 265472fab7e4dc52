//! Owns how aggregates are represented in responses.

use std::collections::BTreeMap;

use auditlog_core::{
    query::{Field, Grouping, Metric, MetricKind},
    store::{Aggregate, Distinct, Extreme, Groups, MetricValue},
};
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

/// Aggregates over a set of events.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Aggregate)]
pub(super) struct AggregateBody {
    /// Number of events.
    count: u64,
    /// Number of distinct values, by field.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    distinct: BTreeMap<String, DistinctBody>,
    /// Smallest value, by field; `null` where no event has one.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    min: BTreeMap<String, Value>,
    /// The greatest values, by field; `null` where no event has one.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    max: BTreeMap<String, Value>,
    /// The groups; present only if `group_by` is given.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    groups: Option<GroupsBody>,
}

/// The aggregates of the matching events.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Aggregation)]
pub(super) struct AggregationBody {
    #[serde(flatten)]
    pub(super) aggregate: AggregateBody,
    /// The groups in whose texts the words of the query were not looked for, because the caller may not see them;
    /// present only where there are any.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false, example = json!(["actor", "context", "content"]))]
    pub(super) withheld: Vec<&'static str>,
}

/// Number of distinct values.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = DistinctCount)]
pub(super) struct DistinctBody {
    /// Number of distinct values, exact or estimated.
    count: u64,
    /// Whether the count is exact, which it is up to 10,000. A larger count is an estimate whose error is nearly always
    /// below 3 %.
    exact: bool,
}

/// The groups of one grouping level.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Groups)]
pub(super) struct GroupsBody {
    /// The field that events are grouped by.
    field: String,
    /// Length of the time buckets.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    interval: Option<&'static str>,
    /// Time zone of the time buckets, as an IANA name.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    time_zone: Option<String>,
    /// Number of distinct values, including those that are not listed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    values: Option<u64>,
    /// Number of events in groups that are not listed; an event is counted once for each of its values.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    other: Option<u64>,
    /// Number of events without a value.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    missing: Option<u64>,
    /// Groups by value: ordered by event count, largest first. Groups by time: every bucket that holds an event,
    /// earliest first.
    buckets: Vec<BucketBody>,
}

/// One group.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Bucket)]
pub(super) struct BucketBody {
    /// The group's value, as text.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    value: Option<String>,
    /// Start of the time bucket, inclusive.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    from: Option<String>,
    /// End of the time bucket, exclusive.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    to: Option<String>,
    /// Aggregates of the group's events, with the groups of the next level.
    #[serde(flatten)]
    #[schema(no_recursion)]
    aggregate: AggregateBody,
}

impl AggregateBody {
    /// Represents the aggregates found for these groupings and metrics.
    pub(super) fn new(found: Aggregate, groups: &[Grouping], metrics: &[Metric]) -> Self {
        let mut body = Self {
            count: found.count,
            distinct: BTreeMap::new(),
            min: BTreeMap::new(),
            max: BTreeMap::new(),
            groups: None,
        };
        for (metric, value) in metrics.iter().zip(found.metrics) {
            body.add(metric, &value);
        }
        body.groups = match (groups.split_first(), found.groups) {
            (Some((first, rest)), Some(found)) => Some(GroupsBody::new(found, first, rest, metrics)),
            _ => None,
        };
        body
    }

    fn add(&mut self, metric: &Metric, value: &MetricValue) {
        let name = metric.field.name();
        match value {
            MetricValue::Distinct(Distinct::Exact(count)) => {
                self.distinct.insert(name, DistinctBody { count: *count, exact: true });
            }
            MetricValue::Distinct(Distinct::Estimated(count)) => {
                self.distinct.insert(name, DistinctBody { count: *count, exact: false });
            }
            MetricValue::Extreme(value) => {
                let value = value.map_or(Value::Null, |value| extreme(value, &metric.field));
                let of_kind = if metric.kind == MetricKind::Min { &mut self.min } else { &mut self.max };
                of_kind.insert(name, value);
            }
        }
    }
}

impl GroupsBody {
    fn new(found: Groups, first: &Grouping, rest: &[Grouping], metrics: &[Metric]) -> Self {
        let body = |found| AggregateBody::new(found, rest, metrics);
        let mut groups = Self {
            field: first.field().name(),
            interval: None,
            time_zone: None,
            values: None,
            other: None,
            missing: None,
            buckets: Vec::new(),
        };
        if let Grouping::Histogram(histogram) = first {
            groups.interval = Some(histogram.calendar.interval().as_str());
            groups.time_zone = Some(histogram.calendar.zone_name().to_owned());
        }
        match found {
            Groups::Terms(terms) => {
                groups.values = Some(terms.values);
                groups.other = Some(terms.other);
                groups.missing = Some(terms.missing);
                let bucket = |group: auditlog_core::store::TermGroup| BucketBody {
                    value: Some(group.value),
                    from: None,
                    to: None,
                    aggregate: body(group.aggregate),
                };
                groups.buckets = terms.groups.into_iter().map(bucket).collect();
            }
            Groups::Histogram(buckets) => {
                let bucket = |group: auditlog_core::store::TimeGroup| BucketBody {
                    value: None,
                    from: Some(group.from.to_string()),
                    to: Some(group.to.to_string()),
                    aggregate: body(group.aggregate),
                };
                groups.buckets = buckets.into_iter().map(bucket).collect();
            }
        }
        groups
    }

    /// Represents the values of one field.
    pub(super) fn of_field(field: &Field, found: Aggregate) -> Option<Self> {
        let grouping = Grouping::Terms(auditlog_core::query::Terms { field: field.clone(), limit: 1 });
        Some(Self::new(found.groups?, &grouping, &[], &[]))
    }
}

/// Converts a value to the JSON form that events use. A sequence becomes a string, because JSON numbers are not exact
/// for the largest sequences.
fn extreme(value: Extreme, field: &Field) -> Value {
    match value {
        Extreme::Time(time) => json!(time.to_string()),
        Extreme::Integer(number) if *field == Field::Sequence => json!(number.to_string()),
        Extreme::Integer(number) => json!(number),
        #[expect(clippy::cast_possible_truncation, reason = "it is a whole number below 2^53")]
        Extreme::Number(number) if number.fract() == 0.0 && number.abs() <= 9_007_199_254_740_992.0 => {
            json!(number as i64)
        }
        Extreme::Number(number) => json!(number),
    }
}
