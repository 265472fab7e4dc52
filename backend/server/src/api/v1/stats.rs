//! `GET /stats`

use axum::{Json, extract::State};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    app::App,
    auth::{Authorized, EventsRead},
    problem::{Code, Problem},
    request::NoQuery,
    use_cases::{Span, Statistics, WINDOWS_SECONDS, statistics},
};

/// Statistics of a tenant's log.
#[derive(Debug, Serialize, ToSchema)]
struct LogStatistics {
    /// Events in the log.
    events: u64,
    /// Events that are stored in data files.
    settled: u64,
    /// Events that are durable but not in a data file yet.
    unsettled: u64,
    /// The earliest and the latest `occurred_at`; `null` where the log is empty.
    #[schema(required = true)]
    occurred_at: Option<TimeSpan>,
    /// When the first and the last event of the log were received; `null` where the log is empty.
    #[schema(required = true)]
    received_at: Option<TimeSpan>,
    /// Events received in the last minute, hour and day.
    ingest: Vec<IngestWindow>,
    /// How the events are stored.
    storage: StorageBody,
}

/// The first and the last of a set of times.
#[derive(Debug, Serialize, ToSchema)]
struct TimeSpan {
    #[schema(format = DateTime)]
    first: String,
    #[schema(format = DateTime)]
    last: String,
}

/// Events received within a recent time window.
#[derive(Debug, Serialize, ToSchema)]
struct IngestWindow {
    /// The length of the window in seconds, counted back from now.
    seconds: u32,
    /// Events received in the window.
    events: u64,
    /// Events received per second, averaged over the window.
    events_per_second: f64,
}

/// How the events of a log are stored.
#[derive(Debug, Serialize, ToSchema)]
struct StorageBody {
    /// Data files that hold events of the log.
    files: u64,
    /// The log's part of the size of the data files, in bytes. The size of a file that several logs share is divided
    /// among them in proportion to their numbers of events.
    data_bytes: u64,
    /// The log's part of the size of the data files' indexes, in bytes, divided like `data_bytes`; `null` if the store
    /// keeps no indexes.
    #[schema(required = true)]
    index_bytes: Option<u64>,
    /// Memory taken by the events that are not in data files yet, in bytes (approximate); `null` if the store keeps
    /// none in memory.
    #[schema(required = true)]
    unsettled_bytes: Option<u64>,
    /// The maximum number of data files whose `occurred_at` ranges cover the same moment. Late and backfilled events
    /// increase it. `null` if it does not apply to the store.
    #[schema(required = true)]
    overlap_max: Option<u64>,
    /// The number of data files that cover one moment, averaged over all moments that any data file covers; `null` if
    /// it does not apply to the store.
    #[schema(required = true)]
    overlap_mean: Option<f64>,
}

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(get))
}

/// Get statistics of a log
///
/// Reports the number of events, their time ranges, the ingest rate and the storage they take. Counts of received
/// events are exact.
#[utoipa::path(
    get,
    path = "/stats",
    operation_id = "get_stats",
    tag = "log",
    responses((status = 200, description = "The current statistics.", body = LogStatistics)),
    extensions(("x-problems" = json!([Code::TooManyQueries, Code::DataDamaged, Code::QueryTimeout])))
)]
async fn get(
    State(app): State<App>,
    Authorized(reader): Authorized<EventsRead>,
    _: NoQuery,
) -> Result<Json<LogStatistics>, Problem> {
    Ok(Json(statistics(app.reads(), &reader).await?.into()))
}

impl From<Statistics> for LogStatistics {
    fn from(statistics: Statistics) -> Self {
        let Statistics { events, occurred, received, received_lately, storage } = statistics;
        let windows = WINDOWS_SECONDS.into_iter().zip(received_lately);
        Self {
            events,
            settled: storage.settled_events,
            unsettled: events.saturating_sub(storage.settled_events),
            occurred_at: occurred.map(Into::into),
            received_at: received.map(Into::into),
            ingest: windows.map(|(seconds, events)| IngestWindow::new(events, seconds)).collect(),
            storage: StorageBody {
                files: storage.files,
                data_bytes: storage.data_bytes,
                index_bytes: storage.index_bytes,
                unsettled_bytes: storage.unsettled_bytes,
                overlap_max: storage.overlap.map(|overlap| overlap.depth_max),
                overlap_mean: storage.overlap.map(|overlap| overlap.depth_mean),
            },
        }
    }
}

impl IngestWindow {
    #[expect(clippy::cast_precision_loss, reason = "a rate may round")]
    fn new(events: u64, seconds: u32) -> Self {
        Self { seconds, events, events_per_second: events as f64 / f64::from(seconds) }
    }
}

impl From<Span> for TimeSpan {
    fn from(span: Span) -> Self {
        Self { first: span.first.to_string(), last: span.last.to_string() }
    }
}
