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

use crate::query::{Field, Group, ValueKind};

/// How deep groups nest: groups, and groups in each of them.
pub const GROUP_LEVELS_MAX: usize = 2;

/// How many metrics one aggregation may have.
pub const METRICS_MAX: usize = 8;

/// How many values a grouping lists where nobody says otherwise.
pub const TERMS_LIMIT_DEFAULT: usize = 10;

/// How many values a grouping lists at most. Those that are not listed are counted.
pub const TERMS_LIMIT_MAX: usize = 1_000;

/// Up to so many different values are counted exactly; beyond that their number is estimated.
pub const DISTINCT_EXACT_MAX: usize = 10_000;

/// One question about all events of a view.
#[derive(Debug, Clone, PartialEq)]
pub struct Aggregation {
    /// How events are grouped, the outer level first; at most [`GROUP_LEVELS_MAX`]. Without any there is one group, of
    /// all events.
    pub groups: Vec<Grouping>,
    /// What is reckoned of each group, of each level, and of all events together; at most [`METRICS_MAX`].
    pub metrics: Vec<Metric>,
}

/// How events are told apart.
#[derive(Debug, Clone, PartialEq)]
pub enum Grouping {
    /// By the values of a field.
    Terms(Terms),
    /// By time.
    Histogram(Histogram),
}

/// One group for each value of a field, those with the most events first, equal ones by value.
///
/// An event with several values is in the group of each of them, once; one without any is in none and counted apart.
#[derive(Debug, Clone, PartialEq)]
pub struct Terms {
    /// The field.
    pub field: Field,
    /// How many groups are listed, at least 1 and at most [`TERMS_LIMIT_MAX`].
    pub limit: usize,
}

/// One group for each stretch of time with an event in it, in the order of time.
#[derive(Debug, Clone, PartialEq)]
pub struct Histogram {
    /// Which time.
    pub field: TimeField,
    /// Where the stretches begin and end.
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

/// Something reckoned of the events of a group.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Metric {
    /// What.
    pub kind: MetricKind,
    /// Of which field. The least and the greatest are reckoned of times and numbers only.
    pub field: Field,
}

/// What can be reckoned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MetricKind {
    /// How many different values there are: exact up to [`DISTINCT_EXACT_MAX`], estimated beyond.
    Distinct,
    /// The least value.
    Min,
    /// The greatest value.
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

    /// Whether it can be reckoned of a field.
    #[must_use]
    pub const fn suits(self, kind: ValueKind) -> bool {
        match self {
            Self::Distinct => true,
            Self::Min | Self::Max => matches!(kind, ValueKind::Time | ValueKind::Integer | ValueKind::Scalar),
        }
    }
}

impl TimeField {
    /// The time that a field is.
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
    /// The field whose values tell events apart.
    #[must_use]
    pub fn field(&self) -> Field {
        match self {
            Self::Terms(terms) => terms.field.clone(),
            Self::Histogram(histogram) => histogram.field.field(),
        }
    }
}

impl Aggregation {
    /// How many events there are, and nothing else.
    pub const COUNT: Self = Self { groups: Vec::new(), metrics: Vec::new() };

    /// The number of events by value of a field, nothing else.
    #[must_use]
    pub fn terms(field: Field, limit: usize) -> Self {
        Self { groups: vec![Grouping::Terms(Terms { field, limit })], metrics: Vec::new() }
    }

    /// Every field that it looks at.
    pub fn fields(&self) -> impl Iterator<Item = Field> + '_ {
        let of_groups = self.groups.iter().map(Grouping::field);
        of_groups.chain(self.metrics.iter().map(|metric| metric.field.clone()))
    }

    /// The groups of an event that must be visible to whoever asks this.
    #[must_use]
    pub fn visible_groups(&self) -> BTreeSet<Group> {
        self.fields().map(|field| field.group()).collect()
    }
}

/// The fields that [facets](https://en.wikipedia.org/wiki/Faceted_search) are counted of where nobody names others:
/// those that people narrow a search by first, each with few different values or a few very frequent ones.
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
