//! `POST /events`

use auditlog_core::store::ReceiptStatus;
use axum::{Extension, Json, body::Body, extract::State, http::HeaderMap, http::StatusCode};

use crate::{
    api::v1::events::{receipt::Receipt, schema::NewEvent},
    app::App,
    auth::{Authorized, EventsWrite},
    body::{BodyLimits, MediaType, SINGLE_BYTES_MAX, read_body},
    problem::{Code, Problem},
    request::{NoQuery, PeerAddress},
    standing::Standing,
    use_cases::{Sender, ingest_one},
};

/// Send an event
///
/// A successful answer means that the event is on disk and that every search started later finds it. An event with an
/// `id` can be retried safely: a repeated request returns the receipt of the first one. The body has at most 64 KiB.
/// `Content-Encoding: gzip` and `zstd` are accepted; the size limit applies to the decompressed body.
#[utoipa::path(
    post,
    path = "/events",
    operation_id = "create_event",
    tag = "events",
    request_body = NewEvent,
    responses(
        (status = 201, description = "The event was stored.", body = Receipt),
        (status = 200, description = "An equal event with this `id` had been stored before.", body = Receipt),
    ),
    extensions(("x-problems" = json!([
        Code::EventIdConflict, Code::InvalidEvent, Code::Overloaded, Code::InsufficientStorage,
    ])))
)]
pub(super) async fn create(
    State(app): State<App>,
    Authorized(caller): Authorized<EventsWrite>,
    _: NoQuery,
    peer: Option<Extension<PeerAddress>>,
    headers: HeaderMap,
    body: Body,
) -> Result<(StatusCode, Json<Receipt>), Problem> {
    MediaType::of(&headers, &[MediaType::Json])?;
    let peer = peer.map(|Extension(PeerAddress(address))| address.ip());
    let standing = Standing::of_caller(app.checks(), &caller.subject, peer);
    let limits = BodyLimits { bytes_max: SINGLE_BYTES_MAX, timeout: app.settings().body_read_timeout() };
    let body = read_body(&headers, body, limits).await?;
    let receipt = ingest_one(app.ingest(), Sender { caller, standing }, body).await?;
    let status = match receipt.status {
        ReceiptStatus::Stored => StatusCode::CREATED,
        ReceiptStatus::Duplicate => StatusCode::OK,
    };
    Ok((status, Json(receipt.into())))
}
