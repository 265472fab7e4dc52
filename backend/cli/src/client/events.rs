//! Sends, lists and fetches events over the API. Event texts pass through unchanged in both directions.

use auditlog_core::{id::EventId, intake::Atomicity};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Client, ClientError, ErrorPlace, JSON, NDJSON, Repeat, Request};
use crate::json_text::ObjectReader;

/// The code of an event that would have been stored without the other events of its batch.
const NOT_STORED: &str = "not_stored";

/// How events are to be stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct IngestRules {
    pub(crate) strictness: Strictness,
    pub(crate) atomicity: Atomicity,
}

/// What happens to an event of which a value would be adjusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Strictness {
    /// It is adjusted and stored.
    #[default]
    Adjust,
    /// It is rejected.
    Reject,
}

/// The answer to one event.
#[derive(Debug, Deserialize)]
pub(crate) struct Receipt {
    pub(crate) id: String,
    pub(crate) sequence: String,
    pub(crate) duplicate: bool,
    /// What was adjusted, as events contain it.
    #[serde(default)]
    pub(crate) adjustments: Vec<Value>,
}

/// The answer to a batch.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct BatchReply {
    pub(crate) stored: u64,
    pub(crate) duplicates: u64,
    pub(crate) rejected: u64,
    /// Those among the stored events and the duplicates of which values were adjusted.
    pub(crate) adjusted: u64,
    pub(crate) results: Vec<Item>,
}

/// The outcome of one event of a batch.
#[derive(Debug, Deserialize)]
pub(crate) struct Item {
    pub(crate) status: ItemStatus,
    #[serde(default)]
    pub(crate) id: String,
    #[serde(default)]
    pub(crate) sequence: String,
    #[serde(default)]
    pub(crate) adjustments: Vec<Value>,
    #[serde(default)]
    pub(crate) code: String,
    #[serde(default)]
    pub(crate) pointer: String,
    #[serde(default)]
    pub(crate) detail: String,
    #[serde(default)]
    pub(crate) errors: Vec<ErrorPlace>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ItemStatus {
    Stored,
    Duplicate,
    Rejected,
}

impl BatchReply {
    /// Adds the results of events that were not sent, each at its place among all, in order.
    pub(crate) fn insert(&mut self, unsendable: Vec<(usize, Item)>) {
        for (place, item) in unsendable {
            self.rejected += 1;
            self.results.insert(place.min(self.results.len()), item);
        }
    }
}

impl Receipt {
    /// The receipt as one JSON object.
    pub(crate) fn to_json(&self) -> Value {
        let status = if self.duplicate { "duplicate" } else { "stored" };
        receipt_json(status, &self.id, &self.sequence, &self.adjustments)
    }
}

impl Item {
    /// The result of an event that was not sent, because the server would refuse it.
    pub(crate) fn unsendable(code: &str, detail: String) -> Self {
        Self {
            status: ItemStatus::Rejected,
            id: String::new(),
            sequence: String::new(),
            adjustments: Vec::new(),
            code: code.to_owned(),
            pointer: String::new(),
            detail,
            errors: Vec::new(),
        }
    }

    /// Whether the event itself is at fault. Of a batch that is stored as a whole or not at all, the valid events are
    /// rejected too.
    pub(crate) fn is_at_fault(&self) -> bool {
        self.status == ItemStatus::Rejected && self.code != NOT_STORED
    }

    /// The reasons why an event was rejected, one per line.
    pub(crate) fn reasons(&self) -> Vec<String> {
        if self.errors.is_empty() {
            let (pointer, code, detail) = (self.pointer.clone(), self.code.clone(), self.detail.clone());
            return vec![ErrorPlace { pointer, code, detail, ..ErrorPlace::default() }.to_string()];
        }
        self.errors.iter().map(ToString::to_string).collect()
    }

    /// The result as one JSON object.
    pub(crate) fn to_json(&self) -> Value {
        match self.status {
            ItemStatus::Stored => receipt_json("stored", &self.id, &self.sequence, &self.adjustments),
            ItemStatus::Duplicate => receipt_json("duplicate", &self.id, &self.sequence, &self.adjustments),
            ItemStatus::Rejected => json!({"status": "rejected", "errors": self.reasons()}),
        }
    }
}

fn receipt_json(status: &str, id: &str, sequence: &str, adjustments: &[Value]) -> Value {
    let mut receipt = json!({"status": status, "id": id, "sequence": sequence});
    if !adjustments.is_empty() {
        receipt["adjustments"] = json!(adjustments);
    }
    receipt
}

impl IngestRules {
    fn path_of_event(self) -> &'static str {
        match self.strictness {
            Strictness::Adjust => "events",
            Strictness::Reject => "events?strict=true",
        }
    }

    fn path_of_batch(self) -> &'static str {
        match (self.strictness, self.atomicity) {
            (Strictness::Adjust, Atomicity::EachEvent) => "events/batch",
            (Strictness::Adjust, Atomicity::AllOrNothing) => "events/batch?atomic=true",
            (Strictness::Reject, Atomicity::EachEvent) => "events/batch?strict=true",
            (Strictness::Reject, Atomicity::AllOrNothing) => "events/batch?strict=true&atomic=true",
        }
    }
}

/// A page of a search; each event is kept as the text that the server sent.
#[derive(Debug, Default)]
pub(crate) struct EventPage {
    pub(crate) events: Vec<String>,
    pub(crate) next_cursor: Option<String>,
    pub(crate) total: Option<u64>,
    pub(crate) suggestions: Vec<SuggestedQuery>,
    /// The groups in whose texts the words of the query were not looked for.
    pub(crate) withheld: Vec<String>,
}

/// A query that finds events where another one found none.
#[derive(Debug, Deserialize)]
pub(crate) struct SuggestedQuery {
    /// What differs.
    pub(crate) kind: String,
    /// Only `q` is a parameter of this client.
    pub(crate) parameters: Vec<QueryParameter>,
    /// The time of the newest event that it finds.
    pub(crate) newest_at: String,
}

/// A parameter of a query.
#[derive(Debug, Deserialize)]
pub(crate) struct QueryParameter {
    pub(crate) value: String,
}

impl Client {
    /// Sends one event that carries its id or an external id, so it can be retried.
    pub(crate) fn send_event(&self, event: &str) -> Result<Receipt, ClientError> {
        let request = Request::Post { content_type: JSON, body: event.as_bytes() };
        let text = self.call(self.rules.path_of_event(), request, Repeat::Harmless)?;
        parse(&text, "a receipt")
    }

    /// Sends events, one per line, each with its id or an external id. The reply has one result per event, in the same
    /// order; a batch of which nothing is stored has one too.
    pub(crate) fn send_batch(&self, lines: &str) -> Result<BatchReply, ClientError> {
        let request = Request::Post { content_type: NDJSON, body: lines.as_bytes() };
        match self.call(self.rules.path_of_batch(), request, Repeat::Harmless) {
            Ok(text) => parse(&text, "the results of a batch"),
            Err(error) => reply_of(&error).ok_or(error),
        }
    }

    /// Fetches one event.
    pub(crate) fn get_event(&self, id: EventId) -> Result<String, ClientError> {
        self.call(&format!("events/{id}"), Request::Get { query: &[] }, Repeat::Harmless)
    }

    /// Fetches one page of events.
    pub(crate) fn list_events(&self, query: &[(&str, String)]) -> Result<EventPage, ClientError> {
        #[derive(Deserialize)]
        struct Frame {
            next_cursor: Option<String>,
            total: Option<u64>,
            #[serde(default)]
            suggestions: Vec<SuggestedQuery>,
            #[serde(default)]
            withheld: Vec<String>,
        }
        let text = self.call("events", Request::Get { query }, Repeat::Harmless)?;
        let frame: Frame = parse(&text, "a page of events")?;
        let mut reader = ObjectReader::of_member(text.as_bytes(), "events");
        let mut events = Vec::new();
        while let Some(event) = reader
            .next_object()
            .map_err(|error| ClientError::Garbled { expected: "a page of events", cause: error.to_string() })?
        {
            events.push(event);
        }
        let Frame { next_cursor, total, suggestions, withheld } = frame;
        Ok(EventPage { events, next_cursor, total, suggestions, withheld })
    }

    /// Has the server recompute its logs from the stored bytes. Returns the server's report as text.
    pub(crate) fn verify_log(&self) -> Result<String, ClientError> {
        self.call("log/verify", Request::Run, Repeat::Harmless)
    }

    /// Has the server rebuild its indexes. Returns the server's report as text.
    pub(crate) fn reindex_log(&self) -> Result<String, ClientError> {
        self.call("log/reindex", Request::Run, Repeat::Harmless)
    }
}

/// The reply in the problem of a batch of which nothing is stored. `None` for any other error.
fn reply_of(error: &ClientError) -> Option<BatchReply> {
    let ClientError::Refused { problem, .. } = error else { return None };
    serde_json::from_value(Value::Object(problem.extension.clone())).ok()
}

pub(super) fn parse<'a, T: Deserialize<'a>>(text: &'a str, expected: &'static str) -> Result<T, ClientError> {
    serde_json::from_str(text).map_err(|error| ClientError::Garbled { expected, cause: error.to_string() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::refusal_of;

    #[test]
    fn a_batch_of_which_nothing_is_stored_is_answered_by_a_problem_with_a_result_for_each_event() {
        let error = refusal_of(
            r#"{"code": "batch_rejected", "status": 422, "detail": "nothing was stored", "errors": [],
                "stored": 0, "duplicates": 0, "rejected": 2, "adjusted": 0, "results": [
                    {"status": "rejected", "code": "missing_field", "pointer": "/actor", "detail": "the field is required",
                     "errors": [{"pointer": "/actor", "code": "missing_field", "detail": "the field is required"}]},
                    {"status": "rejected", "code": "not_stored", "pointer": "", "detail": "another event is rejected",
                     "errors": [{"pointer": "", "code": "not_stored", "detail": "another event is rejected"}]}]}"#,
        );
        let reply = reply_of(&error).unwrap();
        assert_eq!((reply.rejected, reply.results.len()), (2, 2));
        assert_eq!(reply.results[0].reasons(), ["/actor: the field is required (missing_field)"]);
        assert_eq!(reply.results.iter().map(Item::is_at_fault).collect::<Vec<_>>(), [true, false]);

        assert!(reply_of(&refusal_of(r#"{"code": "invalid_batch"}"#)).is_none());
    }
}
