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
    problem::{Code, Problem},
    request::QueryPairs,
    use_cases::{ListAnswer, list_events},
};

/// The maximum size of a page's events as text, in bytes. The cursor and the rest of the answer fit into the remainder
/// of the limit.
const PAGE_TEXT_BYTES_MAX: usize = ANSWER_BYTES_MAX - 1_024;
/// The memory that may be held beyond the text of a page, in bytes.
const SURPLUS_BYTES_MAX: usize = 64 * 1_024;

/// A page of events.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it describes the answer in the OpenAPI document; the answer itself is written as text")]
pub(super) struct EventPage {
    /// The events, in the requested order.
    events: Vec<FoundEvent>,
    /// The cursor of the next page; `null` on the last page.
    #[schema(required = true)]
    next_cursor: Option<String>,
    /// Number of all matching events; present only with `count=true`.
    #[schema(nullable = false)]
    total: Option<u64>,
}

/// An event of a page.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it describes the answer in the OpenAPI document; the answer itself is written as text")]
struct FoundEvent {
    #[schema(inline = false)]
    #[serde(flatten)]
    event: Event,
    /// The parts of the event that match the search; present only with `highlight=true`. At most 64, ordered by
    /// pointer.
    #[schema(nullable = false)]
    highlights: Option<Vec<Highlight>>,
    /// Number of further matching parts that are not listed.
    #[schema(nullable = false)]
    highlights_omitted: Option<u64>,
}

/// A part of an event that matches the search.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it describes the answer in the OpenAPI document; the answer itself is written as text")]
struct Highlight {
    /// A JSON Pointer to the value in the event.
    #[schema(example = "/message")]
    pointer: String,
    /// Offset of the first matching byte. In a string it counts the bytes of the string in UTF-8. In any other value,
    /// and always in `old` and `new` of a change, it counts the bytes of the value's RFC 8785 text.
    start: u64,
    /// Offset of the byte after the last matching one.
    end: u64,
}

/// Find events
///
/// Returns events newest first by `occurred_at`, one page at a time. A page of large events ends early, at 8 MiB. Every
/// field is a parameter (`action=user.login`): repeating one parameter means "or", different parameters mean "and". A
/// value that ends with `*` is a prefix, `*` alone matches any value, a leading `!` negates, and a value may be a range
/// (`>=`, `>`, `<=`, `<`, `a..b`) or a network (`ip=10.0.0.0/8`). `q` takes the search box language. All pages of one
/// walk see the log as it was at the first page and return each matching event exactly once. See
/// docs/api/query-language.md.
///
/// Fields of the personal groups require the permission `events.read_personal`.
#[utoipa::path(
    get,
    path = "/events",
    operation_id = "list_events",
    tag = "events",
    responses((status = 200, description = "A page of events.", body = EventPage)),
    extensions(("x-problems" = json!([
        Code::FieldNotPermitted, Code::TooManyQueries, Code::TooManyAnswers, Code::DataDamaged, Code::QueryTimeout,
    ])))
)]
pub(super) async fn list(
    State(app): State<App>,
    Authorized(reader): Authorized<EventsRead>,
    QueryPairs(pairs): QueryPairs,
) -> Result<Response, Problem> {
    let query = list_parameters::read(pairs)?;
    let answer = list_events(app.reads(), &reader, query).await?;
    let json = write(&answer);
    drop(answer);
    Ok(([(header::CONTENT_TYPE, "application/json")], json).into_response())
}

/// Writes the page as text. Events are large and are written without an intermediate JSON value.
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
            // The page ends before this event, and the next page begins with it.
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
    // Memory that was allocated beyond the text would be held along with it.
    if json.capacity() - json.len() > SURPLUS_BYTES_MAX {
        json.shrink_to_fit();
    }
    json
}
