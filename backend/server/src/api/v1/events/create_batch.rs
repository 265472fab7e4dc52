//! `POST /events/batch`

use auditlog_core::event::{BatchFormat, limits::BATCH_BYTES_MAX};
use axum::{Extension, body::Body, extract::State, http::HeaderMap};

use crate::{
    answer::JsonAnswer,
    api::v1::events::{
        batch_receipt::{BatchProblem, BatchReceipt},
        ingest_parameters::IngestParameters,
        schema::NewEvent,
    },
    app::App,
    auth::{Authorized, EventsWrite},
    body::{BodyLimits, MediaType, read_body, size_at_most},
    problem::{Code, Problem},
    request::{PeerAddress, QueryPairs},
    standing::Standing,
    use_cases::{BatchVerdict, Sender, SentBatch, ingest_batch},
};

/// Send a batch of events
///
/// Takes up to 1,000 events in up to 8 MiB, as a JSON array or as one event per line. Each event is validated on its
/// own: valid events are stored even if others are rejected, and `results` has one result per event in the order sent.
/// The status is 200 if an event was stored or had been stored before, and 422 if all are rejected. A successful answer
/// means that every stored event is on disk. With `atomic=true` the batch is stored as a whole or not at all.
/// `Content-Encoding: gzip` and `zstd` are accepted; the size limit applies to the decompressed body.
#[utoipa::path(
    post,
    path = "/events/batch",
    operation_id = "create_events",
    tag = "events",
    params(
        ("strict" = Option<bool>, Query, description = "Whether an event is rejected if a value would be adjusted."),
        ("atomic" = Option<bool>, Query, description = "Whether nothing is stored if an event is rejected."),
    ),
    request_body(
        description = "A JSON array of events, or one event per line as `application/x-ndjson`.",
        content((Vec<NewEvent> = "application/json"), (String = "application/x-ndjson"))
    ),
    responses(
        (status = 200, description = "One result for each event, in the order sent.", body = BatchReceipt),
        (status = 422, body = BatchProblem, content_type = "application/problem+json"),
    ),
    extensions(("x-problems" = json!([
        Code::InvalidBatch, Code::AllEventsRejected, Code::BatchRejected, Code::Overloaded, Code::TooManyAnswers,
        Code::InsufficientStorage,
    ])))
)]
pub(super) async fn create_batch(
    State(app): State<App>,
    Authorized(caller): Authorized<EventsWrite>,
    QueryPairs(pairs): QueryPairs,
    peer: Option<Extension<PeerAddress>>,
    headers: HeaderMap,
    body: Body,
) -> Result<JsonAnswer<BatchReceipt>, Problem> {
    let parameters = IngestParameters::read(pairs, &["strict", "atomic"])?;
    let format = match MediaType::of(&headers, &[MediaType::Json, MediaType::Ndjson])? {
        MediaType::Json => BatchFormat::Array,
        MediaType::Ndjson => BatchFormat::Ndjson,
    };
    let peer = peer.map(|Extension(PeerAddress(address))| address.ip());
    let standing = Standing::of_caller(app.checks(), &caller.subject, peer);
    let limits = BodyLimits { bytes_max: BATCH_BYTES_MAX, timeout: app.settings().body_read_timeout() };
    app.batch_memory().reserve(caller.tenant_id(), size_at_most(&headers, limits)).await?;
    let body = read_body(&headers, body, limits).await?;
    let IngestParameters { strictness, atomicity } = parameters;
    let sent = SentBatch { body, format, strictness, atomicity };
    let answer = ingest_batch(app.ingest(), Sender { caller, standing }, sent).await?;
    let verdict = answer.verdict();
    let receipt = BatchReceipt::from(answer);
    match verdict {
        BatchVerdict::Accepted => Ok(JsonAnswer(receipt)),
        BatchVerdict::AllRejected => Err(receipt.into_problem(Code::AllEventsRejected)),
        BatchVerdict::RejectedAsAWhole => Err(receipt.into_problem(Code::BatchRejected)),
    }
}
