//! The result of an aggregation.

use crate::{
    query::{Aggregation, Metric},
    store::View,
    timestamp::Timestamp,
};

/// Questions about all events of a view, answered in one pass.
#[derive(Debug, Clone, PartialEq)]
pub struct AggregateRequest {
    /// Which events.
    pub view: View,
    /// What is asked of them.
    pub aggregations: Vec<Aggregation>,
}

/// What is true of some events: all of a view, or those of one group.
#[derive(Debug, Clone, PartialEq)]
pub struct Aggregate {
    /// How many there are.
    pub count: u64,
    /// One value for each [`Metric`] asked for, in their order.
    pub metrics: Vec<MetricValue>,
    /// The groups of the next level, where there is one.
    pub groups: Option<Groups>,
}

/// The groups of one level.
#[derive(Debug, Clone, PartialEq)]
pub enum Groups {
    /// By the values of a field.
    Terms(TermGroups),
    /// By time: every stretch with an event in it, in the order of time.
    Histogram(Vec<TimeGroup>),
}

/// Groups by the values of a field.
#[derive(Debug, Clone, PartialEq)]
pub struct TermGroups {
    /// Those with the most events, falling; equal ones by the bytes of their values.
    pub groups: Vec<TermGroup>,
    /// How many different values there are, those that are not listed included.
    pub values: u64,
    /// How many events there are in groups that are not listed; an event is counted for each of its values.
    pub other: u64,
    /// How many events have no value.
    pub missing: u64,
}

/// The events with one value.
#[derive(Debug, Clone, PartialEq)]
pub struct TermGroup {
    /// The value as a text: strings as they are, anything else as JSON prints it.
    pub value: String,
    /// What is true of them.
    pub aggregate: Aggregate,
}

/// The events of one stretch of time.
#[derive(Debug, Clone, PartialEq)]
pub struct TimeGroup {
    /// Its first moment.
    pub from: Timestamp,
    /// The first moment behind it.
    pub to: Timestamp,
    /// What is true of them.
    pub aggregate: Aggregate,
}

/// What was reckoned for a [`Metric`].
#[derive(Debug, Clone, PartialEq)]
pub enum MetricValue {
    /// How many different values there are.
    Distinct(Distinct),
    /// The least or the greatest value; `None` where no event has one.
    Extreme(Option<Extreme>),
}

/// A number of different values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Distinct {
    /// So many. Values are told apart by 64 bits of a hash: of [`crate::query::DISTINCT_EXACT_MAX`] values two are taken
    /// for one in one of 10^11 questions.
    Exact(u64),
    /// About so many, by `HyperLogLog`: two thirds of all estimates are off by less than 0.8 %, and hardly any by 3 %.
    Estimated(u64),
}

/// A least or greatest value.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
pub enum Extreme {
    /// Of a time.
    Time(Timestamp),
    /// Of a whole number.
    Integer(u64),
    /// Of numbers among scalars; a text that looks like a number is none.
    Number(f64),
}

impl Aggregate {
    /// What is true of no events at all.
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
