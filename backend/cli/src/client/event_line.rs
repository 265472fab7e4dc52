//! Turns an event's text into one line of a batch, and adds an id if the event has none: an event with an id is stored
//! once, however often it is sent. From an external id the server derives the same id each time.

use std::borrow::Cow;

use auditlog_core::id::EventId;
use serde::{Deserialize, Deserializer, de::IgnoredAny};
use serde_json::{Value, value::RawValue};

/// An event prepared for sending.
#[derive(Debug, Deserialize)]
pub(crate) struct EventHead {
    #[serde(default, rename = "id", deserialize_with = "anything")]
    has_id: bool,
    #[serde(default, rename = "external_id", deserialize_with = "anything_present")]
    has_external_id: bool,
    /// The time of the event, if it has one; the server validates it.
    #[serde(default)]
    pub(crate) occurred_at: Value,
}

fn anything<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    IgnoredAny::deserialize(deserializer).map(|_| true)
}

fn anything_present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    <&RawValue>::deserialize(deserializer).map(|value| !counts_as_absent(value.get()))
}

/// Whether the server treats a member of this value as if it were not there.
fn counts_as_absent(value: &str) -> bool {
    let is_empty = |open, close| {
        value.strip_prefix(open).and_then(|rest| rest.strip_suffix(close)).is_some_and(|rest| rest.trim().is_empty())
    };
    value == "null" || value == "\"\"" || is_empty('[', ']') || is_empty('{', '}')
}

/// Puts the event on one line, with an id from `fresh_id` if it has neither an id nor an external id. Everything else
/// stays as written, but for a byte-order mark before it.
///
/// # Errors
/// Describes what is wrong with the text if it is not a JSON object.
pub(crate) fn as_line(text: &str, fresh_id: impl FnOnce(&EventHead) -> EventId) -> Result<Cow<'_, str>, String> {
    let text = text.trim();
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let head: EventHead = serde_json::from_str(text).map_err(|error| error.to_string())?;
    // A valid JSON string holds no line break, so every line break is between values.
    let line =
        if text.contains(['\n', '\r']) { Cow::Owned(text.replace(['\n', '\r'], " ")) } else { Cow::Borrowed(text) };
    if head.has_id || head.has_external_id {
        return Ok(line);
    }
    let members = line.strip_prefix('{').ok_or("an event is a JSON object")?;
    let comma = if members.trim_start().starts_with('}') { "" } else { "," };
    Ok(Cow::Owned(format!(r#"{{"id":"{}"{comma}{members}"#, fresh_id(&head))))
}

#[cfg(test)]
mod tests {
    use auditlog_core::timestamp::Timestamp;

    use super::*;

    fn line(text: &str) -> Result<String, String> {
        as_line(text, |_| EventId::from_parts(Timestamp::EPOCH, [0; 10])).map(Cow::into_owned)
    }

    #[test]
    fn an_id_is_added_where_there_is_none_and_nothing_else_changes() {
        let id = "00000000-0000-7000-8000-000000000000";
        assert_eq!(line("{\n \"n\": 1e400 }\n").unwrap(), format!(r#"{{"id":"{id}",  "n": 1e400 }}"#));
        assert_eq!(line("\u{feff}{\"a\":1}").unwrap(), format!(r#"{{"id":"{id}","a":1}}"#));
        assert_eq!(line("{}").unwrap(), format!(r#"{{"id":"{id}"}}"#));
        assert_eq!(line(r#"{"a":1,"id":"x"}"#).unwrap(), r#"{"a":1,"id":"x"}"#);
        assert_eq!(line(r#"{"a":1,"id":null}"#).unwrap(), r#"{"a":1,"id":null}"#);
        assert_eq!(line(r#"{"external_id":"\ud800"}"#).unwrap(), r#"{"external_id":"\ud800"}"#);
        for absent in ["null", "\"\"", "[]", "[ ]", "{}", "{ }"] {
            let nameless = format!("{{\"external_id\": {absent}}}");
            assert_eq!(line(&nameless).unwrap(), format!(r#"{{"id":"{id}",{}"#, &nameless[1..]));
        }
    }

    #[test]
    fn what_is_no_object_is_refused() {
        for text in ["", "[]", "1", "{\"a\":\"line\nbreak\"}", "{"] {
            assert!(line(text).is_err(), "{text}");
        }
    }
}
