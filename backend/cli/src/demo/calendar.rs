//! The distribution of events over time: more by day than by night, less at weekends, rising from first to last.

use auditlog_core::timestamp::{MICROS_PER_HOUR, Timestamp};
use rand::{Rng, rngs::StdRng};

/// Spreads events over a span of time.
pub(super) struct Calendar {
    from: Timestamp,
    until: Timestamp,
    /// For the end of each hour, the share of all events that have happened by then: rising from above 0 to 1.
    shares: Vec<f64>,
}

impl Calendar {
    pub(super) fn new(from: Timestamp, until: Timestamp) -> Self {
        let hours = (until.as_micros() - from.as_micros()).max(1).div_euclid(MICROS_PER_HOUR) + 1;
        let first_hour = from.as_micros().div_euclid(MICROS_PER_HOUR);
        let mut total = 0.0;
        let mut shares: Vec<f64> = (0..hours)
            .map(|hour| {
                total += busyness(first_hour + hour);
                total
            })
            .collect();
        for share in &mut shares {
            *share /= total;
        }
        Self { from, until, shares }
    }

    /// The time of event `index` of `count`, with a random offset of up to half the distance to its neighbours.
    #[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, reason = "times of a demonstration")]
    pub(super) fn time_of(&self, index: u64, count: u64, random: &mut StdRng) -> Timestamp {
        let share = (index as f64 + random.random::<f64>()) / count as f64;
        let hour = self.shares.partition_point(|upto| *upto < share).min(self.shares.len() - 1);
        let before = if hour == 0 { 0.0 } else { self.shares[hour - 1] };
        let within = ((share - before) / (self.shares[hour] - before)).clamp(0.0, 1.0);
        let micros = ((hour as f64 + within) * MICROS_PER_HOUR as f64) as i64;
        Timestamp::from_micros((self.from.as_micros() + micros).min(self.until.as_micros()))
    }
}

/// The activity in an hour since 1970, relative to an office hour.
fn busyness(hour: i64) -> f64 {
    let of_day = hour.rem_euclid(24);
    let by_day = match of_day {
        8..=17 => 1.0,
        6 | 7 | 18..=20 => 0.5,
        _ => 0.12,
    };
    // 1970-01-01 was a Thursday.
    let weekend = matches!(hour.div_euclid(24).rem_euclid(7), 2 | 3);
    if weekend { by_day * 0.3 } else { by_day }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;

    use super::*;

    #[test]
    fn times_rise_and_nights_are_quiet() {
        let from = Timestamp::parse_rfc3339("2026-11-02T00:00:00Z").unwrap();
        let until = Timestamp::parse_rfc3339("2026-11-03T00:00:00Z").unwrap();
        let calendar = Calendar::new(from, until);
        let mut random = StdRng::seed_from_u64(1);
        let times: Vec<Timestamp> = (0..10_000).map(|index| calendar.time_of(index, 10_000, &mut random)).collect();
        assert!(times.is_sorted());
        let before_six = times.iter().filter(|time| time.as_micros() - from.as_micros() < 6 * MICROS_PER_HOUR).count();
        assert!((300..1_000).contains(&before_six), "{before_six} of 10,000 before six in the morning");
    }
}
