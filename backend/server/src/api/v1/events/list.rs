//! `GET /events`

use auditlog_core::event::{StoredEvent, write_json, write_json_with};
use axum::{
    extract::State,
    http::header,
    response::{IntoResponse, Response},
};
use utoipa::ToSchema;

use crate::{
    api::v1::events::{list_parameters, schema::Event},
    app::App,
    auth::{Authorized, EventsRead},
    limits::ANSWER_BYTES_MAX,
    problem::{Problem, ProblemBody},
    request::QueryPairs,
    use_cases::{ListAnswer, list_events},
};

/// The events of a page take at most so many bytes as text; the cursor and the rest of the answer fit behind them.
const PAGE_TEXT_BYTES_MAX: usize = ANSWER_BYTES_MAX - 1_024;
/// So much memory may be held beside the text of a page.
const SURPLUS_BYTES_MAX: usize = 64 * 1_024;

/// A page of events.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it describes the answer in the OpenAPI document; the answer itself is written as text")]
pub(super) struct EventPage {
    /// In the order asked for.
    events: Vec<FoundEvent>,
    /// The cursor of the next page; `null` says that there is none.
    #[schema(required = true)]
    next_cursor: Option<String>,
    /// How many events match in all, where `count=true` asks for it.
    #[schema(nullable = false)]
    total: Option<u64>,
}

/// An event that was found.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it describes the answer in the OpenAPI document; the answer itself is written as text")]
struct FoundEvent {
    #[schema(inline = false)]
    #[serde(flatten)]
    event: Event,
    /// What of the event matches, where `highlight=true` asks for it: at most 64 places, in the order of their pointers.
    #[schema(nullable = false)]
    highlights: Option<Vec<Highlight>>,
    /// How many more places there are.
    #[schema(nullable = false)]
    highlights_omitted: Option<u64>,
}

/// A part of an event that matches.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it describes the answer in the OpenAPI document; the answer itself is written as text")]
struct Highlight {
    /// The value: a JSON Pointer into the event.
    #[schema(example = "/message")]
    pointer: String,
    /// The first byte in its text: of a string in UTF-8; of any other value, and of the values of changes whatever they
    /// are, as RFC 8785 prints it.
    start: u64,
    /// The first byte behind.
    end: u64,
}

/// Find events
///
/// Newest first by `occurred_at`, a page at a time. A page of large events ends early, with at most 8 MiB. Every field is a parameter: `action=user.login`; the same one again
/// means "or", different ones mean "and". A value ends with `*` for a prefix, is `*` for any value at all, begins with
/// `!` for "not", and may be a range (`>=`, `>`, `<=`, `<`, `a..b`) or a network (`ip=10.0.0.0/8`). `q` takes the
/// language of the search box. A walk from page to page sees the log as it was at its first page: each matching event
/// exactly once. See docs/api/query-language.md.
///
/// Fields of the personal groups need the permission `events.read_personal`.
#[utoipa::path(
    get,
    path = "/events",
    operation_id = "list_events",
    tag = "events",
    responses(
        (status = 200, description = "A page.", body = EventPage),
        (status = 400, description = "`unknown_parameter`, `invalid_parameter`, `malformed_query`, `invalid_cursor`, `cursor_mismatch`", body = ProblemBody, content_type = "application/problem+json"),
        (status = 429, description = "`too_many_queries`, `too_many_answers`: send it again after `Retry-After`.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, description = "`query_timeout`: narrow the search.", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(super) async fn list(
    State(app): State<App>,
    Authorized(reader): Authorized<EventsRead>,
    QueryPairs(pairs): QueryPairs,
) -> Result<Response, Problem> {
    let query = list_parameters::read(pairs)?;
    let answer = list_events(&app, &reader, query).await?;
    let json = write(&answer);
    drop(answer);
    Ok(([(header::CONTENT_TYPE, "application/json")], json).into_response())
}

/// Writes the page as text: events are large and printed without a detour over a generic value.
fn write(answer: &ListAnswer) -> String {
    let mut json = String::with_capacity(128 + answer.events.len() * 1_024);
    json.push_str("{\"events\":[");
    let mut next_cursor = answer.next_cursor.clone();
    let mut last: Option<&StoredEvent> = None;
    for (index, event) in answer.events.iter().enumerate() {
        let length = json.len();
        if last.is_some() {
            json.push(',');
        }
        match answer.highlights.get(index) {
            Some(highlights) => {
                write_json_with(event, answer.visibility, |object| highlights.write(object), &mut json);
            }
            None => write_json(event, answer.visibility, &mut json),
        }
        if let Some(last) = last.filter(|_| json.len() > PAGE_TEXT_BYTES_MAX) {
            // The page ends before this event, and the next one begins with it.
            json.truncate(length);
            next_cursor = Some(answer.cursors.behind(last));
            break;
        }
        last = Some(event);
    }
    json.push_str("],\"next_cursor\":");
    match &next_cursor {
        // A cursor is base64url and needs no escaping.
        Some(cursor) => {
            json.push('"');
            json.push_str(cursor);
            json.push('"');
        }
        None => json.push_str("null"),
    }
    if let Some(total) = answer.total {
        json.push_str(",\"total\":");
        json.push_str(&total.to_string());
    }
    json.push('}');
    // What was allocated beyond the text would be held along with it.
    if json.capacity() - json.len() > SURPLUS_BYTES_MAX {
        json.shrink_to_fit();
    }
    json
}
