//! What is known of a part of the events: parts are added up, and kept for segments, which do not change.

use std::{ops::Range, sync::Arc};

use auditlog_core::store::{Extreme, QueryError};

use super::distinct::DistinctValues;

/// Groups of one query may take so much memory, those of all its aggregations together. Each thread that counts may hold
/// as much again.
const GROUP_BYTES_MAX: usize = 32 << 20;

/// Fails where groups take more memory than a query gets.
pub(super) fn check_bytes(bytes: usize) -> Result<(), QueryError> {
    if bytes > GROUP_BYTES_MAX { Err(QueryError::TooManyGroups) } else { Ok(()) }
}

/// What a group takes beside its name, about.
const GROUP_OVERHEAD_BYTES: usize = 96;

/// What is true of some events.
#[derive(Debug, Clone, Default)]
pub(super) struct Partial {
    pub(super) count: u64,
    pub(super) metrics: Box<[MetricPartial]>,
    pub(super) groups: Option<Box<GroupsPartial>>,
}

/// What a metric needs to know.
#[derive(Debug, Clone)]
pub(super) enum MetricPartial {
    Distinct(DistinctValues),
    Min(Option<Extreme>),
    Max(Option<Extreme>),
}

/// The groups of one level.
#[derive(Debug, Clone)]
pub(super) enum GroupsPartial {
    Terms { missing: u64, by_value: ahash::HashMap<Arc<str>, Partial> },
    Histogram(ahash::HashMap<Range<i64>, Partial>),
}

impl Partial {
    /// Adds what is true of other events.
    pub(super) fn merge(&mut self, other: &Self) {
        self.count += other.count;
        if self.metrics.is_empty() {
            self.metrics.clone_from(&other.metrics);
        } else {
            self.metrics.iter_mut().zip(&other.metrics).for_each(|(own, other)| own.merge(other));
        }
        match (&mut self.groups, &other.groups) {
            (_, None) => {}
            (Some(own), Some(other)) => own.merge(other),
            (none, Some(other)) => *none = Some(other.clone()),
        }
    }

    /// What it takes in memory, about.
    pub(super) fn bytes(&self) -> usize {
        let metrics: usize = self.metrics.iter().map(MetricPartial::bytes).sum();
        metrics + GROUP_OVERHEAD_BYTES + self.groups.as_ref().map_or(0, |groups| groups.bytes())
    }
}

impl GroupsPartial {
    fn merge(&mut self, other: &Self) {
        match (self, other) {
            (Self::Terms { missing, by_value }, Self::Terms { missing: more, by_value: others }) => {
                *missing += more;
                for (value, partial) in others {
                    match by_value.get_mut(value) {
                        Some(own) => own.merge(partial),
                        None => drop(by_value.insert(Arc::clone(value), partial.clone())),
                    }
                }
            }
            (Self::Histogram(by_time), Self::Histogram(others)) => {
                for (stretch, partial) in others {
                    by_time.entry(stretch.clone()).or_default().merge(partial);
                }
            }
            // Parts of one aggregation have the same levels.
            (Self::Terms { .. }, Self::Histogram(_)) | (Self::Histogram(_), Self::Terms { .. }) => {}
        }
    }

    fn bytes(&self) -> usize {
        match self {
            Self::Terms { by_value, .. } => by_value.iter().map(|(value, partial)| value.len() + partial.bytes()).sum(),
            Self::Histogram(by_time) => by_time.values().map(Partial::bytes).sum(),
        }
    }
}

impl MetricPartial {
    fn merge(&mut self, other: &Self) {
        match (self, other) {
            (Self::Distinct(own), Self::Distinct(other)) => own.merge(other),
            (own @ (Self::Min(_) | Self::Max(_)), Self::Min(Some(value)) | Self::Max(Some(value))) => own.add(*value),
            _ => {}
        }
    }

    /// Takes a value into account.
    pub(super) fn add(&mut self, value: Extreme) {
        match self {
            Self::Min(least) if least.is_none_or(|least| value < least) => *least = Some(value),
            Self::Max(greatest) if greatest.is_none_or(|greatest| value > greatest) => *greatest = Some(value),
            Self::Min(_) | Self::Max(_) | Self::Distinct(_) => {}
        }
    }

    fn bytes(&self) -> usize {
        match self {
            Self::Distinct(values) => size_of::<Self>() + values.bytes(),
            Self::Min(_) | Self::Max(_) => size_of::<Self>(),
        }
    }
}
