//! `POST /events/batch`

use auditlog_core::{
    event::{BatchFormat, Violation, limits::BATCH_BYTES_MAX},
    id::EventId,
    store::{EventOutcome, Receipt, ReceiptStatus},
    timestamp::Timestamp,
};
use axum::{Extension, body::Body, extract::State, http::HeaderMap};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    answer::JsonAnswer,
    api::v1::events::{receipt::as_text, schema::NewEvent},
    app::App,
    auth::{Authorized, EventsWrite},
    body::{BodyLimits, MediaType, read_body, size_at_most},
    problem::{Code, Problem},
    request::{NoQuery, PeerAddress},
    standing::Standing,
    telemetry::IngestOutcome,
    use_cases::{BatchAnswer, Sender, ingest_batch},
};

/// The outcome of a batch.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct BatchReceipt {
    /// Number of events that were stored.
    stored: u64,
    /// Number of events that had been stored before.
    duplicates: u64,
    /// Number of events that were rejected.
    rejected: u64,
    /// One result for each event, in the order sent.
    results: Vec<ItemResult>,
}

/// The outcome for one event of a batch.
#[derive(Debug, Serialize, ToSchema)]
#[serde(tag = "status", rename_all = "snake_case")]
pub(super) enum ItemResult {
    /// The event is durable.
    Stored(ItemReceipt),
    /// An equal event with this id had been stored before; the receipt is that event's.
    Duplicate(ItemReceipt),
    /// The event was rejected and not stored.
    Rejected(ItemRejection),
}

/// The position of a stored event.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ItemReceipt {
    /// The event's id.
    #[schema(value_type = String, example = "01932b5e-7c00-7abc-8def-0123456789ab")]
    #[serde(serialize_with = "as_text")]
    id: EventId,
    /// The event's position in the tenant's log, from 0.
    #[schema(value_type = String, example = "12")]
    #[serde(serialize_with = "as_text")]
    sequence: u64,
    /// When the event was first received.
    #[schema(value_type = String, format = DateTime)]
    #[serde(serialize_with = "as_text")]
    received_at: Timestamp,
}

/// Why an event was rejected: the first violation, and all of them.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ItemRejection {
    /// The stable code of the first violation.
    #[schema(value_type = String, example = "missing_field")]
    code: &'static str,
    /// A JSON Pointer to the invalid value in the event.
    #[schema(example = "/actor/id")]
    pointer: String,
    /// A human-readable description of the first violation.
    detail: String,
    /// All violations.
    errors: Vec<ItemError>,
}

/// One violation of an event.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ItemError {
    /// A JSON Pointer to the invalid value in the event.
    pointer: String,
    /// A stable code.
    #[schema(value_type = String)]
    code: &'static str,
    /// A human-readable description.
    detail: String,
}

/// Send a batch of events
///
/// Takes up to 1,000 events in up to 8 MiB, as a JSON array or as one event per line. Each event is validated on its
/// own: valid events are stored even if others are rejected, and `results` has one result per event in the order sent.
/// The status is 200 even if all events are rejected. A successful answer means that every stored event is on disk.
/// `Content-Encoding: gzip` and `zstd` are accepted; the size limit applies to the decompressed body.
#[utoipa::path(
    post,
    path = "/events/batch",
    operation_id = "create_events",
    tag = "events",
    request_body(
        description = "A JSON array of events, or one event per line as `application/x-ndjson`.",
        content((Vec<NewEvent> = "application/json"), (String = "application/x-ndjson"))
    ),
    responses((status = 200, description = "One result for each event, in the order sent.", body = BatchReceipt)),
    extensions(("x-problems" = json!([
        Code::InvalidBatch, Code::Overloaded, Code::TooManyAnswers, Code::InsufficientStorage,
    ])))
)]
pub(super) async fn create_batch(
    State(app): State<App>,
    Authorized(caller): Authorized<EventsWrite>,
    _: NoQuery,
    peer: Option<Extension<PeerAddress>>,
    headers: HeaderMap,
    body: Body,
) -> Result<JsonAnswer<BatchReceipt>, Problem> {
    let format = match MediaType::of(&headers, &[MediaType::Json, MediaType::Ndjson])? {
        MediaType::Json => BatchFormat::Array,
        MediaType::Ndjson => BatchFormat::Ndjson,
    };
    let peer = peer.map(|Extension(PeerAddress(address))| address.ip());
    let standing = Standing::of_caller(app.checks(), &caller.subject, peer);
    let limits = BodyLimits { bytes_max: BATCH_BYTES_MAX, timeout: app.settings().body_read_timeout() };
    app.batch_memory().reserve(caller.tenant_id(), size_at_most(&headers, limits)).await?;
    let body = read_body(&headers, body, limits).await?;
    Ok(JsonAnswer(ingest_batch(app.ingest(), Sender { caller, standing }, body, format).await?.into()))
}

impl From<BatchAnswer> for BatchReceipt {
    fn from(answer: BatchAnswer) -> Self {
        let counts = answer.counts();
        let count_of = |wanted| counts.iter().find(|(outcome, _)| *outcome == wanted).map_or(0, |(_, count)| *count);
        Self {
            stored: count_of(IngestOutcome::Stored),
            duplicates: count_of(IngestOutcome::Duplicate),
            rejected: count_of(IngestOutcome::Rejected),
            results: answer.0.into_iter().map(ItemResult::from).collect(),
        }
    }
}

impl From<EventOutcome> for ItemResult {
    fn from(outcome: EventOutcome) -> Self {
        match outcome {
            Ok(Receipt { status, id, sequence, received_at }) => {
                let receipt = ItemReceipt { id, sequence, received_at };
                match status {
                    ReceiptStatus::Stored => Self::Stored(receipt),
                    ReceiptStatus::Duplicate => Self::Duplicate(receipt),
                }
            }
            Err(violations) => Self::Rejected(violations.into()),
        }
    }
}

impl From<Vec<Violation>> for ItemRejection {
    fn from(violations: Vec<Violation>) -> Self {
        let (code, pointer, detail) = match violations.first() {
            Some(first) => (first.code, first.pointer.clone(), first.detail.clone()),
            None => ("invalid_event", String::new(), String::new()),
        };
        let error = |Violation { pointer, code, detail }| ItemError { pointer, code, detail };
        Self { code, pointer, detail, errors: violations.into_iter().map(error).collect() }
    }
}
