//! Owns the options of a campaign.

use std::{path::PathBuf, time::Duration};

/// How the first start on a fresh directory is treated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FirstStart {
    /// Interrupted like any other start.
    Interrupted,
    /// Not interrupted, and its file system is synced before the load begins, so that later losses are events. Only for
    /// showing that a server without syncs loses them; otherwise it would lose its secrets first.
    Synced,
}

/// The options of a campaign.
#[derive(Debug, Clone)]
pub struct CampaignPlan {
    /// The `auditlog` binary.
    pub server_binary: PathBuf,
    /// The number of interruptions.
    pub interruptions: u64,
    /// The number of interruptions before a fresh data directory is used.
    pub interruptions_per_directory: u64,
    /// The seed of moments, batch sizes and events.
    pub seed: u64,
    /// The maximum number of events per second, so that directories stay small.
    pub events_per_second: u64,
    /// How the first start on a fresh directory is treated.
    pub first_start: FirstStart,
    /// The longest time under load before an interruption.
    pub load_max: Duration,
}

impl CampaignPlan {
    /// A plan with the usual sizes.
    #[must_use]
    pub fn new(server_binary: PathBuf, interruptions: u64, seed: u64) -> Self {
        Self {
            server_binary,
            interruptions,
            interruptions_per_directory: 20,
            seed,
            events_per_second: 6_000,
            first_start: FirstStart::Interrupted,
            load_max: Duration::from_millis(400),
        }
    }

    /// Settings under which a few hundred events make a segment and a few segments are compacted, so that
    /// interruptions hit seals and compactions too.
    #[must_use]
    pub fn server_settings() -> Vec<(&'static str, String)> {
        vec![
            ("AUDITLOG__STORAGE__SEAL_EVENTS", "250".to_owned()),
            ("AUDITLOG__STORAGE__WAL_BYTES_MAX", (4 << 20).to_string()),
            ("AUDITLOG__STORAGE__MIN_FREE_BYTES", (16 << 20).to_string()),
            ("AUDITLOG__LOG__LEVEL", "warn".to_owned()),
        ]
    }
}
