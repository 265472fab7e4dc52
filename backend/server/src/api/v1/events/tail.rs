//! `GET /events/tail`

use axum::{
    body::Body,
    extract::{Extension, State},
    http::{HeaderMap, HeaderName, header},
    response::{IntoResponse, Response},
};
use futures_util::StreamExt;
use utoipa::openapi::{
    OpenApi,
    path::{Parameter, ParameterIn},
};

use crate::{
    api::v1::events::list_parameters,
    app::App,
    auth::{Authorized, EventsRead},
    problem::{Code, Problem, ProblemBody},
    request::{PeerAddress, QueryPairs, RequestId},
    tail::Mark,
    use_cases::{GivenBy, Resume, TailQuery, tail_events},
};

/// The header by which a browser says where it was cut off.
const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");
/// Tells proxies to hand on each piece at once.
const ACCEL_BUFFERING: HeaderName = HeaderName::from_static("x-accel-buffering");
/// The path that the parameters belong to.
const PATH: &str = "/api/v1/events/tail";

/// Follow events
///
/// Sends every matching event as soon as it is on disk, in the order of the log, as a stream of server-sent events: `id`
/// is the event's sequence, `data` the event as `GET /events/{id}` shows it. Filters are those of the list. Without
/// `after` or `Last-Event-ID` only what comes behind the start of the request is sent; with one of them everything
/// behind that event, without a gap and without a repetition. A comment comes every 15 seconds, with the id up to which
/// the log was looked at. The last event of a stream that the server ends is named `end`, and its data is a problem.
#[utoipa::path(
    get,
    path = "/events/tail",
    operation_id = "tail_events",
    tag = "events",
    responses(
        (status = 200, description = "The stream. It goes on until one side ends it.", body = String, content_type = "text/event-stream"),
        (status = 400, description = "`unknown_parameter`, `invalid_parameter`, `malformed_query`", body = ProblemBody, content_type = "application/problem+json"),
        (status = 429, description = "`too_many_tails`: as many as allowed are open. `too_many_answers`", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(super) async fn tail(
    State(app): State<App>,
    Authorized(reader): Authorized<EventsRead>,
    QueryPairs(pairs): QueryPairs,
    peer: Option<Extension<PeerAddress>>,
    Extension(request_id): Extension<RequestId>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let (after, filters): (Vec<_>, Vec<_>) = pairs.into_iter().partition(|(name, _)| name == "after");
    let resume = resume(&after, &headers)?;
    let peer = peer.map(|Extension(PeerAddress(address))| address.ip());
    let tail = tail_events(&app, reader, TailQuery { filters, resume, peer, request_id }).await?;
    let standing = tail.standing().clone();
    let body = Body::from_stream(tail.into_stream().map(Ok::<_, std::convert::Infallible>));
    let head = [(header::CONTENT_TYPE, "text/event-stream"), (ACCEL_BUFFERING, "no")];
    let mut response = (head, body).into_response();
    response.extensions_mut().insert(standing);
    Ok(response)
}

/// Where the reader goes on. A browser that was cut off asks for the same address again, so its header is the newer of
/// the two.
fn resume(after: &[(String, String)], headers: &HeaderMap) -> Result<Option<Resume>, Problem> {
    if after.len() > 1 {
        return Err(refused(GivenBy::Parameter, "this parameter is taken once"));
    }
    let wanted = "the sequence of an event or `start` is wanted";
    if let Some(value) = headers.get(LAST_EVENT_ID).filter(|value| !value.is_empty()) {
        let mark = value.to_str().ok().and_then(Mark::parse);
        let mark = mark.ok_or_else(|| refused(GivenBy::Header, wanted))?;
        return Ok(Some(Resume { mark, given_by: GivenBy::Header }));
    }
    let Some((_, value)) = after.first() else { return Ok(None) };
    let mark = Mark::parse(value).ok_or_else(|| refused(GivenBy::Parameter, wanted))?;
    Ok(Some(Resume { mark, given_by: GivenBy::Parameter }))
}

fn refused(given_by: GivenBy, detail: &str) -> Problem {
    Problem::new(Code::InvalidParameter, detail).with_error(given_by.error(detail))
}

/// Describes the parameters in the OpenAPI document.
pub(super) fn describe(document: &mut OpenApi) {
    let Some(operation) = document.paths.paths.get_mut(PATH).and_then(|path| path.get.as_mut()) else { return };
    let parameters = operation.parameters.get_or_insert_default();
    let meaning = "Only events behind the one with this sequence; `start` for all there are.";
    parameters.push(list_parameters::text("after", meaning));
    parameters.push(last_event_id());
    parameters.extend(list_parameters::filters());
}

fn last_event_id() -> Parameter {
    let meaning = "As `after`, and newer: browsers send it when they come again.";
    let mut parameter = list_parameters::text("Last-Event-ID", meaning);
    parameter.parameter_in = ParameterIn::Header;
    parameter
}
