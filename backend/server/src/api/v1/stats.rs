//! `GET /stats`

use axum::{Json, extract::State};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    app::App,
    auth::{Authorized, EventsRead},
    problem::{Problem, ProblemBody},
    request::NoQuery,
    use_cases::{Span, Statistics, WINDOWS_SECONDS, statistics},
};

/// A tenant's log as a whole.
#[derive(Debug, Serialize, ToSchema)]
struct LogStatistics {
    /// How many events it holds.
    events: u64,
    /// Those that lie in segments.
    sealed: u64,
    /// Those that are durable and not in segments yet.
    unsealed: u64,
    /// When events happened; `null` where there are none.
    #[schema(required = true)]
    occurred_at: Option<TimeSpan>,
    /// When the first and the last event of the log were received; `null` where there are none.
    #[schema(required = true)]
    received_at: Option<TimeSpan>,
    /// How many events came in the last minute, hour and day.
    ingest: Vec<IngestWindow>,
    /// How they are kept.
    storage: StorageBody,
}

/// The first and the last of some times.
#[derive(Debug, Serialize, ToSchema)]
struct TimeSpan {
    #[schema(format = DateTime)]
    first: String,
    #[schema(format = DateTime)]
    last: String,
}

/// What came in lately.
#[derive(Debug, Serialize, ToSchema)]
struct IngestWindow {
    /// How far back it reaches.
    seconds: u32,
    /// Events received in it.
    events: u64,
    /// The same for each second.
    events_per_second: f64,
}

/// How events are kept.
#[derive(Debug, Serialize, ToSchema)]
struct StorageBody {
    /// Segments that hold events of the log.
    segments: u64,
    /// What their data files take, by the log's share of the rows.
    data_bytes: u64,
    /// What their index files take, by the same share.
    index_bytes: u64,
    /// Memory that the events take which are not in segments, about.
    tail_bytes: u64,
    /// The most segments whose times of occurrence cover one moment. Late and backfilled events make it grow.
    overlap_max: u64,
    /// How many do so on average over all moments that any covers.
    overlap_mean: f64,
}

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(get))
}

/// Tell about a log
///
/// How many events there are, of which times, how fast they come in and what they take. Counts received events exactly.
#[utoipa::path(
    get,
    path = "/stats",
    operation_id = "get_stats",
    tag = "log",
    responses(
        (status = 200, description = "The log as it is now.", body = LogStatistics),
        (status = 429, description = "`too_many_queries`: send it again after `Retry-After`.", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
async fn get(
    State(app): State<App>,
    Authorized(reader): Authorized<EventsRead>,
    _: NoQuery,
) -> Result<Json<LogStatistics>, Problem> {
    Ok(Json(statistics(&app, &reader).await?.into()))
}

impl From<Statistics> for LogStatistics {
    fn from(statistics: Statistics) -> Self {
        let Statistics { events, occurred, received, received_lately, storage } = statistics;
        let windows = WINDOWS_SECONDS.into_iter().zip(received_lately);
        Self {
            events,
            sealed: storage.sealed_events,
            unsealed: events.saturating_sub(storage.sealed_events),
            occurred_at: occurred.map(Into::into),
            received_at: received.map(Into::into),
            ingest: windows.map(|(seconds, events)| IngestWindow::new(events, seconds)).collect(),
            storage: StorageBody {
                segments: storage.segments,
                data_bytes: storage.data_bytes,
                index_bytes: storage.index_bytes,
                tail_bytes: storage.tail_bytes,
                overlap_max: storage.overlap.depth_max,
                overlap_mean: storage.overlap.depth_mean,
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
