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
    answer::name_withheld,
    api::{refusals::refused_mark, v1::events::list_parameters},
    app::App,
    auth::{Authorized, EventsRead},
    problem::{Code, Problem},
    request::{PeerAddress, QueryPairs, RequestId},
    tail::Mark,
    use_cases::{GivenBy, Resume, TailAnswer, TailQuery, tail_events},
};

/// The header in which a browser sends the last received id when it reconnects.
const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");
/// Instructs proxies to forward each piece at once.
const ACCEL_BUFFERING: HeaderName = HeaderName::from_static("x-accel-buffering");
/// The path whose parameters are described here.
const PATH: &str = "/api/v1/events/tail";

/// Follow events
///
/// Streams every matching event as server-sent events as soon as it is on disk, in log order. `data` is
/// the event in the form of `GET /events/{id}`; `id` is the sequence of the last scanned event, or `start` before the
/// first event of the log. The stream begins with an `id` without data, and every 15 seconds a comment and such an `id`
/// follow. Any `id` may be passed as `after`. The filter parameters are those of `GET /events`. Without `after` or
/// `Last-Event-ID`, only events added after the start of the request are sent; with either, every event after the given
/// one is sent, without gaps or repetitions. When the server ends the stream, it sends a last event named `end`, whose
/// data is a problem: `slow_reader`, `slow_filter`, `server_stopping`, or the reason why the log or the key can no
/// longer be used.
#[utoipa::path(
    get,
    path = "/events/tail",
    operation_id = "tail_events",
    tag = "events",
    responses((
        status = 200,
        description = "The stream. It stays open until either side ends it.",
        body = String,
        content_type = "text/event-stream",
        headers(("Auditlog-Withheld" = Option<String>, description = "The groups in whose texts the words of the query are not looked for, because the caller may not see them."))
    )),
    extensions(("x-problems" = json!([Code::FieldNotPermitted, Code::TooManyAnswers, Code::TooManyTails])))
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
    let begun = tail_events(
        app.reads(),
        reader,
        TailQuery { filters, resume, peer, request_id: request_id.as_str().to_owned() },
    )
    .await?;
    let TailAnswer { tail, withheld } = begun;
    let standing = tail.standing().clone();
    let body = Body::from_stream(tail.into_stream().map(Ok::<_, std::convert::Infallible>));
    let head = [(header::CONTENT_TYPE, "text/event-stream"), (ACCEL_BUFFERING, "no")];
    let mut response = (head, body).into_response();
    name_withheld(&withheld, response.headers_mut());
    response.extensions_mut().insert(standing);
    Ok(response)
}

/// The position at which the reader resumes. A browser that was disconnected requests the same URL again, so its header
/// is newer than the parameter.
fn resume(after: &[(String, String)], headers: &HeaderMap) -> Result<Option<Resume>, Problem> {
    if after.len() > 1 {
        return Err(refused_mark(GivenBy::Parameter, "this parameter may be given only once"));
    }
    let wanted = "expected the sequence of an event or `start`";
    if let Some(value) = headers.get(LAST_EVENT_ID).filter(|value| !value.is_empty()) {
        let mark = value.to_str().ok().and_then(Mark::parse);
        let mark = mark.ok_or_else(|| refused_mark(GivenBy::Header, wanted))?;
        return Ok(Some(Resume { mark, given_by: GivenBy::Header }));
    }
    let Some((_, value)) = after.first() else { return Ok(None) };
    let mark = Mark::parse(value).ok_or_else(|| refused_mark(GivenBy::Parameter, wanted))?;
    Ok(Some(Resume { mark, given_by: GivenBy::Parameter }))
}

/// Adds the query parameters to the OpenAPI document.
pub(super) fn describe(document: &mut OpenApi) {
    let Some(operation) = document.paths.paths.get_mut(PATH).and_then(|path| path.get.as_mut()) else { return };
    let parameters = operation.parameters.get_or_insert_default();
    let meaning = "Send only events after the one with this sequence; `start` sends all events.";
    parameters.push(list_parameters::text("after", meaning));
    parameters.push(last_event_id());
    parameters.extend(list_parameters::filters());
}

fn last_event_id() -> Parameter {
    let meaning = "Like `after`, over which it takes precedence. Browsers send it when they reconnect.";
    let mut parameter = list_parameters::text("Last-Event-ID", meaning);
    parameter.parameter_in = ParameterIn::Header;
    parameter
}
