//! Owns the verdict: compares the values of the last fifth of a run with those of its second fifth. The first fifth is
//! excluded: caches fill, the first segments are merged, files grow to their final length.

use std::fmt;

use serde::Serialize;

use crate::soak::{Summary, period::Period};

/// A value may rise by a tenth and still counts as flat.
const FLAT_BELOW: f64 = 1.1;
/// An increase by this many connections or files does not count as growth.
const OPEN_FILES_SLACK: f64 = 8.0;

/// One value, early and late.
#[derive(Debug, Clone, Serialize)]
pub struct Slope {
    /// Its name.
    pub what: &'static str,
    /// In the second fifth of the run.
    pub second_fifth: f64,
    /// In the last fifth.
    pub last_fifth: f64,
    /// Whether it has not grown by more than a tenth.
    pub is_flat: bool,
}

/// A value in two fifths of the run.
#[derive(Clone, Copy)]
struct Fifths {
    second: f64,
    last: f64,
}

impl Slope {
    /// The comparisons of a run. Empty if it is too short to have fifths.
    pub(super) fn all(periods: &[Period]) -> Vec<Self> {
        let fifth = periods.len() / 5;
        if fifth == 0 {
            return Vec::new();
        }
        let second = Summary::of(&periods[fifth..2 * fifth]);
        let last = Summary::of(&periods[periods.len() - fifth..]);
        // The events of the run so far: the stored data grows with them and must not grow faster.
        let events = |end: usize| periods[..end].iter().map(|period| period.counted.events).sum::<f64>() / 1_000_000.0;
        let per_million =
            |summary: &Summary, end: usize| summary.peak.segment_files / events(end).max(f64::MIN_POSITIVE);
        let others = |summary: &Summary| (summary.peak.open_files - 2.0 * summary.peak.segments).max(0.0);
        let of =
            |what, number: fn(&Summary) -> f64| Self::of(what, Fifths { second: number(&second), last: number(&last) });
        let mut open =
            Self::of("open files beside those of segments", Fifths { second: others(&second), last: others(&last) });
        open.is_flat |= open.last_fifth <= open.second_fifth + OPEN_FILES_SLACK;
        vec![
            of("resident memory, mean of the highest of each line, MiB", |summary| summary.resident_bytes_mean / MIB),
            of("memory of events not sealed, highest, MiB", |summary| summary.peak.tail_bytes / MIB),
            of("memory of caches, highest, MiB", |summary| summary.peak.cache_bytes / MIB),
            of("write-ahead log, file, MiB", |summary| summary.peak.wal_file_bytes / MIB),
            of("ledger.db, MiB", |summary| summary.peak.ledger_file_bytes / MIB),
            Self::of(
                "files of segments for a million events",
                Fifths { second: per_million(&second, 2 * fifth), last: per_million(&last, periods.len()) },
            ),
            open,
            of("written for each byte that came in", |summary| summary.write_amplification),
            of("processor seconds for a million events", |summary| summary.seconds_per_million),
        ]
    }

    fn of(what: &'static str, value: Fifths) -> Self {
        let Fifths { second: second_fifth, last: last_fifth } = value;
        Self { what, second_fifth, last_fifth, is_flat: last_fifth <= second_fifth * FLAT_BELOW }
    }
}

const MIB: f64 = 1_048_576.0;

impl fmt::Display for Slope {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let verdict = if self.is_flat { "flat" } else { "GREW" };
        write!(formatter, "{:<56} {:>12.2} {:>12.2}   {verdict}", self.what, self.second_fifth, self.last_fifth)
    }
}
