//! Owns the keys of the store in the configuration, with their defaults. Names of keys end with their unit.

use std::{num::NonZeroU64, path::PathBuf};

use serde::{Deserialize, Serialize};

const MIB: u64 = 1 << 20;

/// The section `[storage]` of the configuration: the settings that an operator may change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct StorageSection {
    /// The data directory.
    pub data_dir: PathBuf,
    /// The number of events after which the tail is sealed into a segment.
    pub seal_events: NonZeroU64,
    /// The size of events, in bytes, after which the tail is sealed into a segment.
    pub seal_bytes: NonZeroU64,
    /// The maximum size of unsealed events in memory; beyond it, writers must wait.
    pub tail_bytes_max: NonZeroU64,
    /// The maximum size of requests that wait to be committed; beyond it, writers must wait.
    pub queue_bytes_max: NonZeroU64,
    /// The maximum size of the write-ahead log.
    pub wal_bytes_max: NonZeroU64,
    /// The size of the memory cache for segment data and metadata.
    pub cache_bytes_max: NonZeroU64,
    /// The free disk space below which writes are refused; reads still work.
    pub min_free_bytes: u64,
}

impl Default for StorageSection {
    fn default() -> Self {
        Self {
            data_dir: PathBuf::from("data"),
            seal_events: nonzero(100_000),
            seal_bytes: nonzero(64 * MIB),
            tail_bytes_max: nonzero(256 * MIB),
            queue_bytes_max: nonzero(32 * MIB),
            wal_bytes_max: nonzero(256 * MIB),
            cache_bytes_max: nonzero(128 * MIB),
            min_free_bytes: 512 * MIB,
        }
    }
}

/// A default that is not zero; zero reads as one.
fn nonzero(value: u64) -> NonZeroU64 {
    NonZeroU64::new(value).unwrap_or(NonZeroU64::MIN)
}
