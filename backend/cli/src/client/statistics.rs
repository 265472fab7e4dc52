//! Log statistics over the API.

use serde::{Deserialize, Serialize};

use super::{Client, ClientError, Repeat, Request, events::parse};

/// The statistics of a tenant's log.
#[derive(Debug, Deserialize, Serialize)]
pub(crate) struct LogStatistics {
    pub(crate) events: u64,
    pub(crate) settled: u64,
    pub(crate) unsettled: u64,
    pub(crate) occurred_at: Option<TimeSpan>,
    pub(crate) received_at: Option<TimeSpan>,
    pub(crate) ingest: Vec<IngestWindow>,
    pub(crate) storage: Storage,
}

/// The earliest and the latest of some times.
#[derive(Debug, Deserialize, Serialize)]
pub(crate) struct TimeSpan {
    pub(crate) first: String,
    pub(crate) last: String,
}

/// The events received in a recent window.
#[derive(Debug, Deserialize, Serialize)]
pub(crate) struct IngestWindow {
    pub(crate) seconds: u32,
    pub(crate) events: u64,
    pub(crate) events_per_second: f64,
}

/// The storage of the events; `None` where a value does not apply to the store.
#[derive(Debug, Deserialize, Serialize)]
pub(crate) struct Storage {
    pub(crate) files: u64,
    pub(crate) data_bytes: u64,
    pub(crate) index_bytes: Option<u64>,
    pub(crate) unsettled_bytes: Option<u64>,
    pub(crate) overlap_max: Option<u64>,
    pub(crate) overlap_mean: Option<f64>,
}

impl Client {
    /// Fetches the statistics of the log of the key's tenant.
    pub(crate) fn log_statistics(&self) -> Result<LogStatistics, ClientError> {
        let text = self.call("stats", Request::Get { query: &[] }, Repeat::Harmless)?;
        parse(&text, "statistics of a log")
    }
}
