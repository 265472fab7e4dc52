//! Owns the settings of the store: those of the configuration, and those that only code sets, with their defaults.

use std::path::PathBuf;

use auditlog_core::timestamp::Timestamp;

use crate::storage_section::StorageSection;

/// 2026-11-01T00:00:00Z: no correct clock shows an earlier time to this release.
pub const RELEASED_AT: Timestamp = Timestamp::from_micros(1_793_491_200_000_000);

const MIB: u64 = 1 << 20;

/// The options for opening a store. Every limit has a default; [`Options::new`] sets them all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// The directory that holds everything. Created, with mode 0700, where it does not exist.
    pub data_dir: PathBuf,
    /// With less free disk, in bytes, events are refused. Sealing and the write-ahead log need room too.
    pub min_free_bytes: u64,
    /// A store refuses to start on a clock that shows an earlier time than this. Only tests change it from
    /// [`RELEASED_AT`].
    pub earliest_start: Timestamp,
    /// Whether a plainly wrong clock stops the store from starting.
    pub clock_check: ClockCheck,
    /// The threads that seal, compact and checkpoint.
    pub maintenance: Maintenance,
    /// The tail is sealed at this number of events,
    pub seal_events: u64,
    /// or at this size in bytes,
    pub seal_bytes: u64,
    /// and a tenant with at least this many events in it gets a segment of its own.
    pub own_segment_events: u64,
    /// A tail of this size in bytes accepts nothing more until it has been sealed.
    pub tail_bytes_max: u64,
    /// The maximum number of requests that wait to be committed,
    pub queue_requests_max: usize,
    /// and the maximum size of them in bytes.
    pub queue_bytes_max: u64,
    /// One commit accepts requests until it has this size in bytes.
    pub commit_bytes_max: u64,
    /// The write-ahead log is checkpointed when it has a quarter of this size in bytes; at this size commits wait for
    /// that.
    pub wal_bytes_max: u64,
    /// The total size of the caches of segment data, metadata and counts, in bytes.
    pub cache_bytes_max: u64,
    /// Compaction joins segments of a day up to this number of events.
    pub compaction_events_max: u64,
    /// Compaction joins at least this many neighbours at a time.
    pub compaction_inputs_min: usize,
}

/// How to start on a clock that shows a time before [`Options::earliest_start`], or more than a day before the newest
/// event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClockCheck {
    /// The start is refused: events stored now would carry wrong times permanently.
    Refuse,
    /// The operator confirms that the clock is right now. The caller that opens the store with this must call
    /// [`crate::EmbeddedStore::reset_clock`] before it accepts anything.
    Override,
}

/// The threads that seal, compact and checkpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Maintenance {
    /// Threads of the store, when the limits require it.
    Background,
    /// Only the caller, by `seal` and `compact`: for tests that decide what happens when. The write-ahead log is still
    /// bounded.
    OnDemand,
}

impl Options {
    /// The default options, for a store in `data_dir`.
    #[must_use]
    pub fn new(data_dir: impl Into<PathBuf>) -> Self {
        Self::from(StorageSection { data_dir: data_dir.into(), ..StorageSection::default() })
    }
}

/// The options of a configuration; what it cannot set has its default.
impl From<StorageSection> for Options {
    fn from(section: StorageSection) -> Self {
        let StorageSection {
            data_dir,
            seal_events,
            seal_bytes,
            tail_bytes_max,
            queue_bytes_max,
            wal_bytes_max,
            cache_bytes_max,
            min_free_bytes,
        } = section;
        Self {
            data_dir,
            min_free_bytes,
            earliest_start: RELEASED_AT,
            clock_check: ClockCheck::Refuse,
            maintenance: Maintenance::Background,
            seal_events: seal_events.get(),
            seal_bytes: seal_bytes.get(),
            own_segment_events: 32_768,
            tail_bytes_max: tail_bytes_max.get(),
            queue_requests_max: 4_096,
            queue_bytes_max: queue_bytes_max.get(),
            commit_bytes_max: MIB,
            wal_bytes_max: wal_bytes_max.get(),
            cache_bytes_max: cache_bytes_max.get(),
            compaction_events_max: 1_000_000,
            compaction_inputs_min: 8,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_of_the_configuration_are_those_of_the_store() {
        let section = StorageSection::default();
        assert_eq!(Options::from(section.clone()), Options::new(&section.data_dir));
    }

    #[test]
    fn the_release_date_is_the_one_documented() {
        assert_eq!(RELEASED_AT.to_string(), "2026-11-01T00:00:00.000000Z");
    }
}
