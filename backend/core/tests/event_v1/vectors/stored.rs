//! Events that are stored, and what is stored of them.

use serde_json::{Value, json};

use super::{adjusted, document::FRESH_ID, limits, lists, normalised, repeated_names, whole_events};
use crate::jcs;

/// The time of receipt of every event.
pub(crate) const RECEIVED_AT: &str = "2024-11-14T11:00:01.000000Z";

/// An event as it is sent, and as it is stored.
pub(crate) struct Stored {
    pub(crate) name: String,
    pub(crate) text: String,
    expected: Value,
}

/// The smallest event, sent as this text; the rest of what is stored of it is added.
pub(super) fn stored(name: impl Into<String>, text: impl Into<String>) -> Stored {
    let expected = json!({
        "id": FRESH_ID,
        "tenant_id": "acme",
        "occurred_at": RECEIVED_AT,
        "received_at": RECEIVED_AT,
        "submitted_by": {"type": "api_key", "id": "k0123456789abcde"},
        "action": "user.login",
        "category": "auth",
        "outcome": {"status": "success"},
        "severity": "info",
        "actor": {"type": "user", "id": "alice"},
        "source": {"service": "web"},
    });
    Stored { name: name.into(), text: text.into(), expected }
}

impl Stored {
    /// Sets a member of the stored event.
    pub(super) fn with(mut self, member: &str, value: impl Into<Value>) -> Self {
        self.expected[member] = value.into();
        self
    }

    /// Adds the next adjustment.
    pub(super) fn adjusted(mut self, adjustment: Value) -> Self {
        let members = self.expected.as_object_mut().expect("an event is an object");
        let list = members.entry("adjustments").or_insert_with(|| json!([]));
        list.as_array_mut().expect("a list").push(adjustment);
        self
    }

    /// Adds the next adjustments.
    pub(super) fn adjusted_all(self, adjustments: impl IntoIterator<Item = Value>) -> Self {
        adjustments.into_iter().fold(self, Self::adjusted)
    }

    /// Replaces all that is stored by a canonical text.
    pub(super) fn whole(mut self, text: &str) -> Self {
        self.expected = serde_json::from_str(text).expect("a canonical text is JSON");
        self
    }

    /// The canonical text of what is stored.
    pub(crate) fn canonical(&self) -> String {
        jcs::text(&self.expected)
    }

    /// The pointers of the adjustments.
    #[cfg(test)]
    pub(crate) fn adjusted_pointers(&self) -> Vec<&str> {
        let list = self.expected.get("adjustments").and_then(Value::as_array);
        list.into_iter().flatten().map(|one| one["pointer"].as_str().expect("a text")).collect()
    }
}

/// Every vector.
pub(crate) fn all() -> Vec<Stored> {
    [normalised::all(), adjusted::all(), repeated_names::all(), limits::all(), lists::all(), whole_events::all()]
        .into_iter()
        .flatten()
        .collect()
}
