//! `GET /events`

use auditlog_core::{
    event::{StoredEvent, write_json, write_json_with},
    query::AlternativeKind,
};
use axum::{
    extract::State,
    http::header,
    response::{IntoResponse, Response},
};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    api::v1::events::{list_parameters, schema::Event},
    app::App,
    auth::{Authorized, EventsRead},
    limits::ANSWER_BYTES_MAX,
    problem::{Code, Problem},
    request::QueryPairs,
    use_cases::{ListAnswer, Suggestion, list_events},
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
    /// The groups in whose texts the words of the query were not looked for, because the caller may not see them;
    /// present only where there are any.
    #[schema(nullable = false, example = json!(["actor", "context", "content"]))]
    withheld: Option<Vec<String>>,
    /// Queries that find events; present only with `suggest=true` on the first page of a query that finds none. At most
    /// three, the most likely first.
    #[schema(nullable = false)]
    suggestions: Option<Vec<SuggestedQuery<'static>>>,
}

/// A query that finds events and differs in one thing from the one that was sent.
#[derive(Serialize, ToSchema)]
struct SuggestedQuery<'a> {
    /// What differs: it has no time bounds, it compares a value regardless of its case, or it finds the text as a part
    /// of a field's values.
    #[schema(inline = true)]
    kind: SuggestionKind,
    /// The parameters of the query, for `GET /events`.
    parameters: Vec<QueryParameter<'a>>,
    /// The time of the newest event that it finds.
    #[schema(format = DateTime)]
    newest_at: String,
}

/// What differs in a suggested query.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum SuggestionKind {
    AnyTime,
    AnyCase,
    AnyField,
    Operator,
    PartOfValue,
}

/// A parameter of a query.
#[derive(Serialize, ToSchema)]
struct QueryParameter<'a> {
    /// `q`, `since`, `until`, or a field.
    #[schema(example = "q")]
    name: &'a str,
    /// Its value, not encoded.
    #[schema(example = "action:*invoice*")]
    value: &'a str,
}

impl<'a> From<&'a Suggestion> for SuggestedQuery<'a> {
    fn from(suggestion: &'a Suggestion) -> Self {
        let kind = match suggestion.kind {
            AlternativeKind::AnyTime => SuggestionKind::AnyTime,
            AlternativeKind::AnyCase => SuggestionKind::AnyCase,
            AlternativeKind::AnyField => SuggestionKind::AnyField,
            AlternativeKind::Operator => SuggestionKind::Operator,
            AlternativeKind::PartOfValue => SuggestionKind::PartOfValue,
        };
        let parameters = suggestion.parameters.iter().map(|(name, value)| QueryParameter { name, value }).collect();
        Self { kind, parameters, newest_at: suggestion.newest_at.to_string() }
    }
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
    /// Offset of the first matching byte. In a string it counts the bytes of the string in UTF-8, in any other value
    /// those of its RFC 8785 text.
    start: u64,
    /// Offset of the byte after the last matching one.
    end: u64,
}

/// Find events
///
/// Returns events newest first by `occurred_at`, one page at a time. A page of large events ends early, at 8 MiB. Every
/// field is a parameter (`action=user.login`): repeating one parameter means "or", different parameters mean "and". A
/// `*` in a value stands for any text, `*` alone matches any value, a leading `!` negates, and a value may be a range
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
    if !answer.withheld.is_empty() {
        let names: Vec<&str> = answer.withheld.iter().map(|group| group.as_str()).collect();
        json.push_str(",\"withheld\":[\"");
        json.push_str(&names.join("\",\""));
        json.push_str("\"]");
    }
    if let Some(suggestions) = &answer.suggestions {
        let suggestions: Vec<SuggestedQuery<'_>> = suggestions.iter().map(SuggestedQuery::from).collect();
        json.push_str(",\"suggestions\":");
        json.push_str(&serde_json::to_string(&suggestions).unwrap_or_else(|_| "[]".to_owned()));
    }
    json.push('}');
    // Memory that was allocated beyond the text would be held along with it.
    if json.capacity() - json.len() > SURPLUS_BYTES_MAX {
        json.shrink_to_fit();
    }
    json
}
