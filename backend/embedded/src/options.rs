//! Owns the settings of the store, with their defaults.

use std::path::PathBuf;

use auditlog_core::timestamp::Timestamp;

/// 2026-11-01T00:00:00Z: no clock that is right shows an earlier time to this release.
pub const RELEASED_AT: Timestamp = Timestamp::from_micros(1_793_491_200_000_000);

const MIB: u64 = 1 << 20;

/// How a store is opened. Every limit has a value to start with; [`Options::new`] gives them all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// The directory that holds everything. Made, with mode 0700, where it is not there.
    pub data_dir: PathBuf,
    /// Below so much free disk nothing is taken in any more. Sealing and the write-ahead log need room too.
    pub min_free_bytes: u64,
    /// A store refuses to start on a clock that shows an earlier time than this. [`RELEASED_AT`] unless a test says
    /// otherwise.
    pub earliest_start: Timestamp,
    /// Whether a clock that is plainly wrong keeps the store from starting.
    pub clock_check: ClockCheck,
    /// Who seals, compacts and checkpoints.
    pub maintenance: Maintenance,
    /// The tail is sealed at so many events,
    pub seal_events: u64,
    /// or at so many bytes of it,
    pub seal_bytes: u64,
    /// and a tenant with at least so many events in it gets a segment of its own.
    pub own_segment_events: u64,
    /// A tail of so many bytes takes in nothing more until it has been sealed.
    pub tail_bytes_max: u64,
    /// At most so many requests wait to be committed,
    pub queue_requests_max: usize,
    /// and at most so many bytes of them.
    pub queue_bytes_max: u64,
    /// One commit takes in requests until it has so many bytes.
    pub commit_bytes_max: u64,
    /// The write-ahead log is written back when it is a quarter as long; at this length commits wait for that.
    pub wal_bytes_max: u64,
    /// What the caches of segment data, metadata and counts may hold together.
    pub cache_bytes_max: u64,
    /// Compaction joins segments of a day up to so many events.
    pub compaction_events_max: u64,
    /// Compaction joins at least so many neighbours at a time.
    pub compaction_inputs_min: usize,
}

/// What becomes of a start on a clock that shows a time before [`Options::earliest_start`], or more than a day before
/// the newest event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClockCheck {
    /// It is refused: events stored now would carry wrong times for ever.
    Refuse,
    /// The operator says that the clock is right now. Whoever opens the store so calls
    /// [`crate::EmbeddedStore::reset_clock`] before it takes in anything.
    Override,
}

/// Who seals, compacts and checkpoints.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Maintenance {
    /// Threads of the store, as the limits ask for it.
    Background,
    /// Only the caller, by `seal` and `compact`: for tests that decide what happens when. The write-ahead log is
    /// bounded all the same.
    OnDemand,
}

impl Options {
    /// The options to start with, for a store in `data_dir`.
    #[must_use]
    pub fn new(data_dir: impl Into<PathBuf>) -> Self {
        Self {
            data_dir: data_dir.into(),
            min_free_bytes: 512 * MIB,
            earliest_start: RELEASED_AT,
            clock_check: ClockCheck::Refuse,
            maintenance: Maintenance::Background,
            seal_events: 100_000,
            seal_bytes: 64 * MIB,
            own_segment_events: 32_768,
            tail_bytes_max: 256 * MIB,
            queue_requests_max: 4_096,
            queue_bytes_max: 32 * MIB,
            commit_bytes_max: MIB,
            wal_bytes_max: 256 * MIB,
            cache_bytes_max: 128 * MIB,
            compaction_events_max: 1_000_000,
            compaction_inputs_min: 8,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_release_date_is_the_one_documented() {
        assert_eq!(RELEASED_AT.to_string(), "2026-11-01T00:00:00.000000Z");
    }
}
