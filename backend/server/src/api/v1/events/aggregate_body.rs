//! Owns how aggregates are shown.

use std::collections::BTreeMap;

use auditlog_core::{
    query::{Field, Grouping, Metric, MetricKind},
    store::{Aggregate, Distinct, Extreme, Groups, MetricValue},
};
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

/// What is true of all matching events.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Aggregate)]
pub(super) struct AggregateBody {
    /// How many there are.
    count: u64,
    /// How many different values there are, by field.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    distinct: BTreeMap<String, DistinctBody>,
    /// The least values, by field; `null` where no event has one.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    min: BTreeMap<String, Value>,
    /// The greatest values, by field; `null` where no event has one.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    max: BTreeMap<String, Value>,
    /// The groups, where `group_by` asks for them.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    groups: Option<GroupsBody>,
}

/// A number of different values.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = DistinctCount)]
pub(super) struct DistinctBody {
    /// So many.
    count: u64,
    /// Whether they were counted, which is so up to 10,000; else it is an estimate, off by less than 3 % nearly always.
    exact: bool,
}

/// The groups of one level.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Groups)]
pub(super) struct GroupsBody {
    /// The field that tells events apart.
    field: String,
    /// How long the stretches of time are.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    interval: Option<&'static str>,
    /// Whose clock and calendar they follow.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    time_zone: Option<String>,
    /// How many different values there are, those that are not listed included.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    values: Option<u64>,
    /// How many events there are in groups that are not listed; an event is counted for each of its values.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    other: Option<u64>,
    /// How many events have no value.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    missing: Option<u64>,
    /// By value: those with the most events first. By time: every stretch with an event in it, the earliest first.
    buckets: Vec<BucketBody>,
}

/// One group.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Bucket)]
pub(super) struct BucketBody {
    /// The value as text.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    value: Option<String>,
    /// The first moment of the stretch.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    from: Option<String>,
    /// The first moment behind it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    to: Option<String>,
    /// What is true of the group's events: as of all events, with the groups of the next level.
    #[serde(flatten)]
    #[schema(no_recursion)]
    aggregate: AggregateBody,
}

impl AggregateBody {
    /// Shows what was found for this grouping and these metrics.
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
            (Some((first, rest)), Some(found)) => Some(GroupsBody::new(found, (first, rest), metrics)),
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
    fn new(found: Groups, (first, rest): (&Grouping, &[Grouping]), metrics: &[Metric]) -> Self {
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
            Groups::Histogram(stretches) => {
                let bucket = |group: auditlog_core::store::TimeGroup| BucketBody {
                    value: None,
                    from: Some(group.from.to_string()),
                    to: Some(group.to.to_string()),
                    aggregate: body(group.aggregate),
                };
                groups.buckets = stretches.into_iter().map(bucket).collect();
            }
        }
        groups
    }

    /// Shows the values of a field.
    pub(super) fn of_field(field: &Field, found: Aggregate) -> Option<Self> {
        let grouping = Grouping::Terms(auditlog_core::query::Terms { field: field.clone(), limit: 1 });
        Some(Self::new(found.groups?, (&grouping, &[]), &[]))
    }
}

/// Prints a value as events show it: a sequence is a text, because it may be longer than numbers of JSON are exact.
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
