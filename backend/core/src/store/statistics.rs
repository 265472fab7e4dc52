//! Statistics about the storage of one tenant's log.

use std::ops::RangeInclusive;

use crate::timestamp::Timestamp;

/// Statistics about the storage of one tenant's log. `None` where a store has no such thing.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct StorageStatistics {
    /// Events in data files. The others are as durable, and are moved into data files later.
    pub settled_events: u64,
    /// Data files that hold at least one of them.
    pub files: u64,
    /// The size of these files on disk, in bytes. Of a file that tenants share, each is counted by its share of the
    /// events.
    pub data_bytes: u64,
    /// The size of their indexes on disk, shared in the same way, in bytes.
    pub index_bytes: Option<u64>,
    /// The approximate memory of events that are not in data files yet, in bytes.
    pub unsettled_bytes: Option<u64>,
    /// How much those files overlap in time.
    pub overlap: Option<Overlap>,
}

/// How many data files hold events of the same time. Late and backfilled events increase it, and with it the cost of a
/// page by time.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Overlap {
    /// The maximum number of files whose times of occurrence cover one moment.
    pub depth_max: u64,
    /// The average number over all moments that at least one file covers.
    pub depth_mean: f64,
}

impl Overlap {
    /// The overlap of time ranges, both ends inclusive.
    #[must_use]
    pub fn of(times: impl IntoIterator<Item = RangeInclusive<Timestamp>>) -> Self {
        let mut edges = Vec::new();
        for time in times {
            edges.push((time.start().as_micros(), 1_i64));
            // The range includes its last moment.
            edges.push((time.end().as_micros().saturating_add(1), -1));
        }
        edges.sort_unstable();
        let (mut depth, mut depth_max, mut before) = (0_i64, 0_i64, 0_i64);
        let (mut covered, mut weighted) = (0_u128, 0_u128);
        for (at, change) in edges {
            if depth > 0 {
                let length = u128::from(at.abs_diff(before));
                covered += length;
                weighted += length * u128::from(depth.unsigned_abs());
            }
            depth += change;
            depth_max = depth_max.max(depth);
            before = at;
        }
        Self { depth_max: depth_max.unsigned_abs(), depth_mean: ratio(weighted, covered) }
    }
}

#[expect(clippy::cast_precision_loss, reason = "a mean may round")]
fn ratio(part: u128, whole: u128) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn overlap(times: &[(i64, i64)]) -> (u64, f64) {
        let range = |&(from, to)| Timestamp::from_micros(from)..=Timestamp::from_micros(to);
        let Overlap { depth_max, depth_mean } = Overlap::of(times.iter().map(range));
        (depth_max, depth_mean)
    }

    #[test]
    fn overlap_is_how_many_cover_a_moment_at_most_and_on_average() {
        assert_eq!(overlap(&[]), (0, 0.0));
        assert_eq!(overlap(&[(5, 5)]), (1, 1.0));
        assert_eq!(overlap(&[(0, 9), (10, 19)]), (1, 1.0), "neighbours do not overlap");
        assert_eq!(overlap(&[(0, 9), (9, 9)]), (2, 1.1), "the last moment belongs to both");
        assert_eq!(overlap(&[(0, 9), (0, 9), (0, 9)]), (3, 3.0));
        assert_eq!(overlap(&[(0, 9), (5, 14), (100, 104)]), (2, 25.0 / 20.0), "a gap counts nothing");
    }
}
