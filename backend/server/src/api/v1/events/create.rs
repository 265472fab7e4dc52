//! `POST /events`

use axum::{Extension, Json, body::Body, extract::State, http::HeaderMap, http::StatusCode};

use crate::{
    api::v1::events::{receipt::Receipt, schema::NewEvent},
    app::App,
    auth::{Authorized, EventsWrite, Standing},
    body::{BodyLimits, MediaType, SINGLE_BYTES_MAX, read_body},
    problem::{Code, Problem, ProblemBody},
    request::{NoQuery, PeerAddress},
    use_cases::{EventAnswer, Sender, ingest_one},
};

/// Send an event
///
/// A successful answer means that the event is on disk and that every search started later finds it. An event with an
/// `id` can be retried safely: a repeated request returns the receipt of the first one. `Content-Encoding: gzip` and
/// `zstd` are accepted.
#[utoipa::path(
    post,
    path = "/events",
    operation_id = "create_event",
    tag = "events",
    request_body = NewEvent,
    responses(
        (status = 201, description = "The event was stored.", body = Receipt),
        (status = 200, description = "An equal event with this `id` had been stored before.", body = Receipt),
        (status = 400, description = "`malformed_json`, `malformed_body`, `malformed_compression`", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "`event_id_conflict`: another event with this id is stored.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 413, description = "`body_too_large`: more than 64 KiB.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 415, description = "`unsupported_media_type`, `unsupported_encoding`", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "`invalid_event`: `errors` lists every violated rule.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 429, description = "`overloaded`: nothing was stored; retry after `Retry-After`.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 507, description = "`insufficient_storage`: nothing was stored.", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(super) async fn create(
    State(app): State<App>,
    Authorized(grant): Authorized<EventsWrite>,
    _: NoQuery,
    peer: Option<Extension<PeerAddress>>,
    headers: HeaderMap,
    body: Body,
) -> Result<(StatusCode, Json<Receipt>), Problem> {
    MediaType::of(&headers, &[MediaType::Json])?;
    let peer = peer.map(|Extension(PeerAddress(address))| address.ip());
    let standing = Standing::of_caller(&app, &grant.key_id, peer)?;
    let limits = BodyLimits { bytes_max: SINGLE_BYTES_MAX, timeout: app.settings().body_read_timeout() };
    let body = read_body(&headers, body, limits).await?;
    match ingest_one(&app, Sender { grant, standing }, body).await? {
        EventAnswer::Stored(place) => Ok((StatusCode::CREATED, Json(Receipt::stored(place)))),
        EventAnswer::Duplicate(place) => Ok((StatusCode::OK, Json(Receipt::duplicate(place)))),
        EventAnswer::Rejected(_) => Err(Problem::new(Code::InternalError, "a rejected event was not refused")),
    }
}
