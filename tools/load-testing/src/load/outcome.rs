//! Owns the figures of a load: counts, rates and latencies.

use std::time::Duration;

use parking_lot::Mutex;
use serde::Serialize;

/// The latency of each request, in microseconds. Stored individually: exact, at four bytes each.
#[derive(Debug, Clone, Default)]
pub struct Latencies(Vec<u32>);

impl Latencies {
    /// Records one.
    pub fn note(&mut self, latency: Duration) {
        self.0.push(u32::try_from(latency.as_micros()).unwrap_or(u32::MAX));
    }

    /// Adds those of another connection.
    pub fn add(&mut self, other: &Self) {
        self.0.extend_from_slice(&other.0);
    }

    /// The percentiles to print.
    #[must_use]
    pub fn percentiles(&self) -> Percentiles {
        let mut sorted = self.0.clone();
        sorted.sort_unstable();
        let at = |percent: usize| {
            let place = (sorted.len() * percent).div_ceil(100).saturating_sub(1);
            sorted.get(place).map_or(0.0, |&micros| f64::from(micros) / 1_000.0)
        };
        Percentiles { requests: sorted.len(), p50_ms: at(50), p90_ms: at(90), p99_ms: at(99), max_ms: at(100) }
    }
}

/// Latencies of one kind of request, in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Percentiles {
    /// The number of requests.
    pub requests: usize,
    /// The median.
    pub p50_ms: f64,
    /// The 90th percentile.
    pub p90_ms: f64,
    /// The 99th percentile.
    pub p99_ms: f64,
    /// The maximum.
    pub max_ms: f64,
}

/// The result of a load.
#[derive(Debug, Clone, Default)]
pub struct Outcome {
    /// Events acknowledged as stored.
    pub stored: u64,
    /// Events acknowledged as duplicates: the first answer was lost.
    pub duplicates: u64,
    /// Requests sent again.
    pub retries: u64,
    /// Answers 429 and 503.
    pub overloads: u64,
    /// The duration.
    pub elapsed: Duration,
    /// The latencies of answered requests.
    pub latencies: Latencies,
    /// Why connections stopped before the plan was fulfilled.
    pub failures: Vec<String>,
}

impl Outcome {
    /// Adds the figures of another connection or another cycle.
    pub fn add(&mut self, other: &Self) {
        self.stored += other.stored;
        self.duplicates += other.duplicates;
        self.retries += other.retries;
        self.overloads += other.overloads;
        self.elapsed += other.elapsed;
        self.latencies.add(&other.latencies);
        self.failures.extend(other.failures.iter().cloned());
    }

    /// Events acknowledged per second.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "counts of events are far below 2^53")]
    pub fn events_per_second(&self) -> f64 {
        (self.stored + self.duplicates) as f64 / self.elapsed.as_secs_f64().max(f64::MIN_POSITIVE)
    }
}

/// The figures of a running load, for callers that need them before its end.
#[derive(Debug, Default)]
pub struct Meter(Mutex<Outcome>);

impl Meter {
    /// The figures since they were last taken.
    pub fn take(&self) -> Outcome {
        std::mem::take(&mut self.0.lock())
    }

    pub(super) fn note(&self, change: impl FnOnce(&mut Outcome)) {
        change(&mut self.0.lock());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_the_values_that_so_many_do_not_pass() {
        let mut latencies = Latencies::default();
        for millis in (1..=200).rev() {
            latencies.note(Duration::from_millis(millis));
        }
        let found = latencies.percentiles();
        assert_eq!((found.p50_ms, found.p90_ms, found.p99_ms, found.max_ms), (100.0, 180.0, 198.0, 200.0));
        assert!(Latencies::default().percentiles().max_ms.abs() < f64::EPSILON);
    }
}
