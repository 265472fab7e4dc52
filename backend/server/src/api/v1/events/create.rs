//! `POST /events`

use auditlog_core::{event::limits::EVENT_BYTES_MAX, store::ReceiptStatus};
use axum::{Extension, Json, body::Body, extract::State, http::HeaderMap, http::StatusCode};

use crate::{
    api::v1::events::{ingest_parameters::IngestParameters, receipt::Receipt, schema::NewEvent},
    app::App,
    auth::{Authorized, EventsWrite},
    body::{BodyLimits, MediaType, read_body, size_at_most},
    limits::BatchMemory,
    problem::{Code, Problem},
    request::{PeerAddress, QueryPairs},
    standing::Standing,
    use_cases::{Sender, ingest_one},
};

/// Send an event
///
/// A successful answer means that the event is on disk and that every search started later finds it. An event with an
/// `id` or an `external_id` can be retried safely: a repeated request returns the receipt of the first one. Values that
/// exceed a limit are adjusted, and `adjustments` says how. The body has at most 1 MiB. `Content-Encoding: gzip` and
/// `zstd` are accepted; the size limit applies to the decompressed body.
#[utoipa::path(
    post,
    path = "/events",
    operation_id = "create_event",
    tag = "events",
    params(("strict" = Option<bool>, Query, description = "Whether the event is rejected if a value would be adjusted.")),
    request_body = NewEvent,
    responses(
        (status = 201, description = "The event was stored.", body = Receipt),
        (status = 200, description = "An equal event with this `id` had been stored before.", body = Receipt),
    ),
    extensions(("x-problems" = json!([
        Code::EventIdConflict, Code::InvalidEvent, Code::Overloaded, Code::TooManyAnswers, Code::InsufficientStorage,
    ])))
)]
pub(super) async fn create(
    State(app): State<App>,
    Authorized(caller): Authorized<EventsWrite>,
    QueryPairs(pairs): QueryPairs,
    peer: Option<Extension<PeerAddress>>,
    headers: HeaderMap,
    body: Body,
) -> Result<(StatusCode, Json<Receipt>), Problem> {
    let IngestParameters { strictness, .. } = IngestParameters::read(pairs, &["strict"])?;
    MediaType::of(&headers, &[MediaType::Json])?;
    let peer = peer.map(|Extension(PeerAddress(address))| address.ip());
    let standing = Standing::of_caller(app.checks(), &caller.subject, peer);
    let limits = BodyLimits { bytes_max: EVENT_BYTES_MAX, timeout: app.settings().body_read_timeout() };
    app.batch_memory().reserve_for_event(caller.tenant_id(), size_at_most(&headers, limits)).await?;
    let body = read_body(&headers, body, limits).await?;
    BatchMemory::fit_event(body.len());
    let accepted = ingest_one(app.ingest(), Sender { caller, standing }, body, strictness).await?;
    let status = match accepted.receipt.status {
        ReceiptStatus::Stored => StatusCode::CREATED,
        ReceiptStatus::Duplicate => StatusCode::OK,
    };
    Ok((status, Json(accepted.into())))
}
