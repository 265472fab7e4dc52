//! Sends, lists and fetches events over the API. Event texts pass through unchanged in both directions.

use serde::Deserialize;

use super::{Client, ClientError, ErrorPlace, JSON, NDJSON, Repeat, Request};
use crate::json_text::ObjectReader;

/// The answer to one event.
#[derive(Debug, Deserialize)]
pub(crate) struct Receipt {
    pub(crate) id: String,
    pub(crate) sequence: String,
    pub(crate) duplicate: bool,
}

/// The answer to a batch.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct BatchReply {
    pub(crate) stored: u64,
    pub(crate) duplicates: u64,
    pub(crate) rejected: u64,
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

impl Item {
    /// The reasons why an event was rejected, one per line.
    pub(crate) fn reasons(&self) -> Vec<String> {
        if self.errors.is_empty() {
            let (pointer, code, detail) = (self.pointer.clone(), self.code.clone(), self.detail.clone());
            return vec![ErrorPlace { pointer, code, detail, ..ErrorPlace::default() }.to_string()];
        }
        self.errors.iter().map(ToString::to_string).collect()
    }

    /// The result as one JSON object.
    pub(crate) fn to_json(&self) -> serde_json::Value {
        match self.status {
            ItemStatus::Stored => serde_json::json!({"status": "stored", "id": self.id, "sequence": self.sequence}),
            ItemStatus::Duplicate => {
                serde_json::json!({"status": "duplicate", "id": self.id, "sequence": self.sequence})
            }
            ItemStatus::Rejected => serde_json::json!({"status": "rejected", "errors": self.reasons()}),
        }
    }
}

/// A page of a search; each event is kept as the text that the server sent.
#[derive(Debug)]
pub(crate) struct EventPage {
    pub(crate) events: Vec<String>,
    pub(crate) next_cursor: Option<String>,
    pub(crate) total: Option<u64>,
}

impl Client {
    /// Sends one event that carries its id, so it can be retried.
    pub(crate) fn send_event(&self, event: &str) -> Result<Receipt, ClientError> {
        let request = Request::Post { content_type: JSON, body: event.as_bytes() };
        let text = self.call("events", request, Repeat::Harmless)?;
        parse(&text, "a receipt")
    }

    /// Sends events, one per line, each with its id. The reply has one result per event, in the same order.
    pub(crate) fn send_batch(&self, lines: &str) -> Result<BatchReply, ClientError> {
        let request = Request::Post { content_type: NDJSON, body: lines.as_bytes() };
        let text = self.call("events/batch", request, Repeat::Harmless)?;
        parse(&text, "the results of a batch")
    }

    /// Fetches one event.
    pub(crate) fn get_event(&self, id: &str) -> Result<String, ClientError> {
        self.call(&format!("events/{id}"), Request::Get { query: &[] }, Repeat::Harmless)
    }

    /// Fetches one page of events.
    pub(crate) fn list_events(&self, query: &[(&str, String)]) -> Result<EventPage, ClientError> {
        #[derive(Deserialize)]
        struct Frame {
            next_cursor: Option<String>,
            total: Option<u64>,
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
        Ok(EventPage { events, next_cursor: frame.next_cursor, total: frame.total })
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

pub(super) fn parse<'a, T: Deserialize<'a>>(text: &'a str, expected: &'static str) -> Result<T, ClientError> {
    serde_json::from_str(text).map_err(|error| ClientError::Garbled { expected, cause: error.to_string() })
}
