//! The result of an aggregation.

use crate::{
    query::{Aggregation, Metric},
    store::View,
    timestamp::Timestamp,
};

/// Aggregations over all events of a view, answered in one pass.
#[derive(Debug, Clone, PartialEq)]
pub struct AggregateRequest {
    /// The events.
    pub view: View,
    /// The aggregations.
    pub aggregations: Vec<Aggregation>,
}

/// The results over some events: all of a view, or those of one group.
#[derive(Debug, Clone, PartialEq)]
pub struct Aggregate {
    /// The number of events.
    pub count: u64,
    /// One value for each requested [`Metric`], in their order.
    pub metrics: Vec<MetricValue>,
    /// The groups of the next level, where there is one.
    pub groups: Option<Groups>,
}

/// The groups of one level.
#[derive(Debug, Clone, PartialEq)]
pub enum Groups {
    /// By the values of a field.
    Terms(TermGroups),
    /// By time: every bucket with an event in it, in the order of time.
    Histogram(Vec<TimeGroup>),
}

/// Groups by the values of a field.
#[derive(Debug, Clone, PartialEq)]
pub struct TermGroups {
    /// Those with the most events, falling; equal ones by the bytes of their values.
    pub groups: Vec<TermGroup>,
    /// The number of distinct values, those that are not listed included.
    pub values: u64,
    /// The number of events in groups that are not listed; an event is counted once for each of its values.
    pub other: u64,
    /// The number of events without a value.
    pub missing: u64,
}

/// The events with one value.
#[derive(Debug, Clone, PartialEq)]
pub struct TermGroup {
    /// The value as a text: strings unchanged, anything else as JSON prints it.
    pub value: String,
    /// The results over them.
    pub aggregate: Aggregate,
}

/// The events of one time bucket.
#[derive(Debug, Clone, PartialEq)]
pub struct TimeGroup {
    /// Its first moment.
    pub from: Timestamp,
    /// The first moment after it.
    pub to: Timestamp,
    /// The results over them.
    pub aggregate: Aggregate,
}

/// The value of a [`Metric`].
#[derive(Debug, Clone, PartialEq)]
pub enum MetricValue {
    /// The number of distinct values.
    Distinct(Distinct),
    /// The minimum or maximum; `None` where no event has a value.
    Extreme(Option<Extreme>),
}

/// A number of distinct values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Distinct {
    /// The exact number. Values are distinguished by 64 bits of a hash: with [`crate::query::DISTINCT_EXACT_MAX`]
    /// values, two are taken for one in one of 10^11 aggregations.
    Exact(u64),
    /// An estimate by `HyperLogLog`: two thirds of all estimates are off by less than 0.8 %, and hardly any by 3 %.
    Estimated(u64),
}

/// A minimum or maximum.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
pub enum Extreme {
    /// Of a time.
    Time(Timestamp),
    /// Of a whole number.
    Integer(u64),
    /// Of numbers among scalars; a text that looks like a number is not a number.
    Number(f64),
}

impl Aggregate {
    /// The results over no events.
    #[must_use]
    pub fn of_nothing(aggregation: &Aggregation) -> Self {
        let metric = |metric: &Metric| match metric.kind {
            crate::query::MetricKind::Distinct => MetricValue::Distinct(Distinct::Exact(0)),
            crate::query::MetricKind::Min | crate::query::MetricKind::Max => MetricValue::Extreme(None),
        };
        let groups = aggregation.groups.first().map(|grouping| match grouping {
            crate::query::Grouping::Terms(_) => {
                Groups::Terms(TermGroups { groups: Vec::new(), values: 0, other: 0, missing: 0 })
            }
            crate::query::Grouping::Histogram(_) => Groups::Histogram(Vec::new()),
        });
        Self { count: 0, metrics: aggregation.metrics.iter().map(metric).collect(), groups }
    }
}
