//! Owns the aggregations over events: counts by value or by time bucket, the number of distinct values, and minimum and
//! maximum. Knows neither stores nor how an answer is computed.

mod calendar;
mod fingerprint;
mod interval;
mod parameters;

use std::collections::BTreeSet;

pub use calendar::{Calendar, UnknownTimeZone};
pub use interval::Interval;
pub use parameters::{AggregationParameters, parse_aggregation, parse_field};

use crate::{
    event::Group,
    query::{Field, ValueKind},
};

/// The maximum nesting depth of groups: groups, and groups in each of them.
pub const GROUP_LEVELS_MAX: usize = 2;

/// The maximum number of metrics of one aggregation.
pub const METRICS_MAX: usize = 8;

/// The number of values that a grouping lists by default.
pub const TERMS_LIMIT_DEFAULT: usize = 10;

/// The maximum number of values that a grouping lists. The others are counted.
pub const TERMS_LIMIT_MAX: usize = 1_000;

/// Up to this many distinct values are counted exactly; beyond that their number is estimated.
pub const DISTINCT_EXACT_MAX: usize = 10_000;

/// One aggregation over all events of a view.
#[derive(Debug, Clone, PartialEq)]
pub struct Aggregation {
    /// How events are grouped, the outer level first; at most [`GROUP_LEVELS_MAX`]. If empty, all events are one group.
    pub groups: Vec<Grouping>,
    /// The metrics of each group of each level, and of all events together; at most [`METRICS_MAX`].
    pub metrics: Vec<Metric>,
}

/// How events are grouped.
#[derive(Debug, Clone, PartialEq)]
pub enum Grouping {
    /// By the values of a field.
    Terms(Terms),
    /// By time.
    Histogram(Histogram),
}

/// One group for each value of a field, by falling number of events, equal ones by value.
///
/// An event with several values is in the group of each of them, once; an event without a value is in no group and
/// counted separately.
#[derive(Debug, Clone, PartialEq)]
pub struct Terms {
    /// The field.
    pub field: Field,
    /// The maximum number of listed groups, from 1 to [`TERMS_LIMIT_MAX`].
    pub limit: usize,
}

/// One group for each time bucket with an event in it, in the order of time.
#[derive(Debug, Clone, PartialEq)]
pub struct Histogram {
    /// The time field.
    pub field: TimeField,
    /// The bounds of the buckets.
    pub calendar: Calendar,
}

/// A field that holds a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TimeField {
    /// `occurred_at`
    OccurredAt,
    /// `received_at`
    ReceivedAt,
}

/// A value computed over the events of a group.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Metric {
    /// The function.
    pub kind: MetricKind,
    /// The field. Minimum and maximum are computed of times and numbers only.
    pub field: Field,
}

/// The functions of metrics.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MetricKind {
    /// The number of distinct values: exact up to [`DISTINCT_EXACT_MAX`], estimated beyond.
    Distinct,
    /// The minimum.
    Min,
    /// The maximum.
    Max,
}

impl MetricKind {
    /// The name of its parameter and member.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Distinct => "distinct",
            Self::Min => "min",
            Self::Max => "max",
        }
    }

    /// Whether it can be computed over a field of this kind.
    #[must_use]
    pub const fn suits(self, kind: ValueKind) -> bool {
        match self {
            Self::Distinct => true,
            Self::Min | Self::Max => matches!(kind, ValueKind::Time | ValueKind::Integer | ValueKind::Scalar),
        }
    }
}

impl TimeField {
    /// The time field that this field is, if it is one.
    #[must_use]
    pub fn of(field: &Field) -> Option<Self> {
        [Self::OccurredAt, Self::ReceivedAt].into_iter().find(|time| time.field() == *field)
    }

    /// The field as filters name it.
    #[must_use]
    pub const fn field(self) -> Field {
        match self {
            Self::OccurredAt => Field::OccurredAt,
            Self::ReceivedAt => Field::ReceivedAt,
        }
    }
}

impl Grouping {
    /// The field that events are grouped by.
    #[must_use]
    pub fn field(&self) -> Field {
        match self {
            Self::Terms(terms) => terms.field.clone(),
            Self::Histogram(histogram) => histogram.field.field(),
        }
    }
}

impl Aggregation {
    /// The number of events, and nothing else.
    pub const COUNT: Self = Self { groups: Vec::new(), metrics: Vec::new() };

    /// The number of events by value of a field, and nothing else.
    #[must_use]
    pub fn terms(field: Field, limit: usize) -> Self {
        Self { groups: vec![Grouping::Terms(Terms { field, limit })], metrics: Vec::new() }
    }

    /// Every field that it uses.
    pub fn fields(&self) -> impl Iterator<Item = Field> + '_ {
        let of_groups = self.groups.iter().map(Grouping::field);
        of_groups.chain(self.metrics.iter().map(|metric| metric.field.clone()))
    }

    /// The groups of an event that must be visible to the requester of this aggregation.
    #[must_use]
    pub fn visible_groups(&self) -> BTreeSet<Group> {
        self.fields().map(|field| field.group()).collect()
    }
}

/// The fields that [facets](https://en.wikipedia.org/wiki/Faceted_search) are counted for by default: those that people
/// narrow a search by first, each with few distinct values or a few very frequent ones.
pub const FACETS: [Field; 10] = [
    Field::Action,
    Field::Category,
    Field::OutcomeStatus,
    Field::Severity,
    Field::ActorType,
    Field::AnyActor,
    Field::TargetType,
    Field::SourceService,
    Field::SourceEnvironment,
    Field::ContextAuthMethod,
];
