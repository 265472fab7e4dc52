//! The result of an aggregation over some of the events. Partial results are merged. Those of segments are cached,
//! because segments never change.

use std::{
    ops::Range,
    sync::{Arc, OnceLock},
};

use auditlog_core::{
    query::TERMS_LIMIT_MAX,
    store::{Extreme, QueryError},
};

use super::distinct::DistinctValues;

/// The memory limit of the groups of one query, those of all its aggregations together. Each thread that counts may use
/// as much again.
const GROUP_BYTES_MAX: usize = 32 << 20;

/// Fails where groups exceed the memory limit of a query.
pub(super) fn check_bytes(bytes: usize) -> Result<(), QueryError> {
    if bytes > GROUP_BYTES_MAX { Err(QueryError::TooManyGroups) } else { Ok(()) }
}

/// The approximate memory of a group besides its name.
const GROUP_OVERHEAD_BYTES: usize = 96;

/// The results over some events.
#[derive(Debug, Clone, Default)]
pub(super) struct Partial {
    pub(super) count: u64,
    pub(super) metrics: Box<[MetricPartial]>,
    pub(super) groups: Option<Box<GroupsPartial>>,
}

/// The state of a metric.
#[derive(Debug, Clone)]
pub(super) enum MetricPartial {
    Distinct(DistinctValues),
    Min(Option<Extreme>),
    Max(Option<Extreme>),
}

/// The groups of one level.
#[derive(Debug, Clone)]
pub(super) enum GroupsPartial {
    Terms(Terms),
    Histogram(ahash::HashMap<Range<i64>, Partial>),
}

/// Groups by the values of a field.
#[derive(Debug, Clone)]
pub(super) struct Terms {
    missing: u64,
    by_value: ahash::HashMap<Arc<str>, Partial>,
    /// The ranking of many values, computed when it is first needed and again after they change.
    ranking: OnceLock<Ranking>,
}

#[derive(Debug, Clone)]
struct Ranking {
    /// The most frequent values, [`RANKED_MAX`] of them; equally frequent ones by value.
    values: Box<[Arc<str>]>,
    /// The sum of the counts of all values.
    total: u64,
}

/// The maximum number of values that an answer lists.
const RANKED_MAX: usize = TERMS_LIMIT_MAX;
/// With fewer values than this, all are considered.
const RANKED_FROM: usize = 4 * RANKED_MAX;

impl Terms {
    /// The counts of events by value, and of events without a value.
    pub(super) fn new(by_value: ahash::HashMap<Arc<str>, Partial>, missing: u64) -> Self {
        Self { missing, by_value, ranking: OnceLock::new() }
    }

    pub(super) const fn by_value(&self) -> &ahash::HashMap<Arc<str>, Partial> {
        &self.by_value
    }

    pub(super) const fn missing(&self) -> u64 {
        self.missing
    }

    /// The sum of the counts of all values.
    pub(super) fn total(&self) -> u64 {
        self.ranking()
            .map_or_else(|| self.by_value.values().map(|partial| partial.count).sum(), |ranking| ranking.total)
    }

    /// Values that include the `limit` most frequent ones; possibly all values.
    pub(super) fn most_frequent(&self, limit: usize) -> Box<dyn Iterator<Item = &Arc<str>> + '_> {
        match self.ranking().filter(|_| limit <= RANKED_MAX) {
            Some(ranking) => Box::new(ranking.values.iter()),
            None => Box::new(self.by_value.keys()),
        }
    }

    fn ranking(&self) -> Option<&Ranking> {
        let is_large = self.by_value.len() >= RANKED_FROM;
        is_large.then(|| self.ranking.get_or_init(|| Ranking::of(&self.by_value)))
    }

    fn merge(&mut self, other: &Self) {
        self.ranking = OnceLock::new();
        self.missing += other.missing;
        for (value, partial) in &other.by_value {
            match self.by_value.get_mut(value) {
                Some(own) => own.merge(partial),
                None => drop(self.by_value.insert(Arc::clone(value), partial.clone())),
            }
        }
    }

    fn bytes(&self) -> usize {
        let ranking = if self.by_value.len() >= RANKED_FROM { RANKED_MAX * size_of::<Arc<str>>() } else { 0 };
        ranking + self.by_value.iter().map(|(value, partial)| value.len() + partial.bytes()).sum::<usize>()
    }
}

impl Ranking {
    fn of(by_value: &ahash::HashMap<Arc<str>, Partial>) -> Self {
        let mut values: Vec<(&Arc<str>, u64)> =
            by_value.iter().map(|(value, partial)| (value, partial.count)).collect();
        let total = values.iter().map(|(_, count)| count).sum();
        if values.len() > RANKED_MAX {
            values.select_nth_unstable_by(RANKED_MAX, |left, right| (right.1, left.0).cmp(&(left.1, right.0)));
            values.truncate(RANKED_MAX);
        }
        Self { values: values.into_iter().map(|(value, _)| Arc::clone(value)).collect(), total }
    }
}

impl Partial {
    /// Adds the results over other events.
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

    /// The approximate memory.
    pub(super) fn bytes(&self) -> usize {
        let metrics: usize = self.metrics.iter().map(MetricPartial::bytes).sum();
        metrics + GROUP_OVERHEAD_BYTES + self.groups.as_ref().map_or(0, |groups| groups.bytes())
    }
}

impl GroupsPartial {
    fn merge(&mut self, other: &Self) {
        match (self, other) {
            (Self::Terms(own), Self::Terms(other)) => own.merge(other),
            (Self::Histogram(by_time), Self::Histogram(others)) => {
                for (bucket, partial) in others {
                    by_time.entry(bucket.clone()).or_default().merge(partial);
                }
            }
            // Partial results of one aggregation have the same levels.
            (Self::Terms(_), Self::Histogram(_)) | (Self::Histogram(_), Self::Terms(_)) => {}
        }
    }

    fn bytes(&self) -> usize {
        match self {
            Self::Terms(terms) => terms.bytes(),
            Self::Histogram(by_time) => by_time.values().map(Partial::bytes).sum(),
        }
    }
}

impl MetricPartial {
    pub(super) fn merge(&mut self, other: &Self) {
        match (self, other) {
            (Self::Distinct(own), Self::Distinct(other)) => own.merge(other),
            (own @ (Self::Min(_) | Self::Max(_)), Self::Min(Some(value)) | Self::Max(Some(value))) => own.add(*value),
            _ => {}
        }
    }

    /// Adds a value.
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
