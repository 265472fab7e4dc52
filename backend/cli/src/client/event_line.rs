//! Turns an event's text into one line of a batch, and adds an id if the event has none: an event with an id is stored
//! once, however often it is sent. From an external id the server derives the same id each time.

use std::{borrow::Cow, fmt};

use auditlog_core::{id::EventId, timestamp::Timestamp};
use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, Visitor},
};
use serde_json::value::RawValue;

const BYTE_ORDER_MARK: char = '\u{feff}';

/// The members of an event on which its id depends, each as it was written. Of a member that occurs twice, which the
/// server refuses, the first one.
#[derive(Debug, Default)]
pub(crate) struct EventHead<'a> {
    id: Option<&'a RawValue>,
    external_id: Option<&'a RawValue>,
    occurred_at: Option<&'a RawValue>,
}

impl EventHead<'_> {
    /// The time of the event, if it has a valid one.
    pub(crate) fn occurred_at(&self) -> Option<Timestamp> {
        self.occurred_at.and_then(as_text).and_then(|text| Timestamp::parse_rfc3339(&text))
    }
}

impl<'de> Deserialize<'de> for EventHead<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(HeadVisitor)
    }
}

struct HeadVisitor;

impl<'de> Visitor<'de> for HeadVisitor {
    type Value = EventHead<'de>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an event, which is a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<EventHead<'de>, A::Error> {
        let mut head = EventHead::default();
        // Read as it was written, because a name with a lone surrogate is for the server to judge.
        while let Some(name) = members.next_key::<&RawValue>()? {
            let value = members.next_value::<&RawValue>()?;
            let member = match as_text(name).as_deref() {
                Some("id") => &mut head.id,
                Some("external_id") => &mut head.external_id,
                Some("occurred_at") => &mut head.occurred_at,
                _ => continue,
            };
            member.get_or_insert(value);
        }
        Ok(head)
    }
}

/// The text of a JSON string. `None` for anything else, and for a text with a lone surrogate.
fn as_text(value: &RawValue) -> Option<Cow<'_, str>> {
    serde_json::from_str(value.get()).ok().map(|Text(text)| text)
}

#[derive(Deserialize)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

/// Whether the server finds a value in this member. Whether it is a valid one is for the server to judge.
fn is_given(member: Option<&RawValue>) -> bool {
    member.is_some_and(|value| !counts_as_absent(value.get()))
}

/// Whether the server treats a member of this value as if it were not there.
fn counts_as_absent(value: &str) -> bool {
    let is_empty = |open, close| {
        value.strip_prefix(open).and_then(|rest| rest.strip_suffix(close)).is_some_and(|rest| rest.trim().is_empty())
    };
    value == "null" || value == "\"\"" || is_empty('[', ']') || is_empty('{', '}')
}

/// Puts the event on one line, with an id from `fresh_id` if it has neither an id nor an external id: in place of an
/// empty id, else before all members. Everything else stays as written, but for a byte-order mark before it.
///
/// # Errors
/// Describes what is wrong with the text if it is not a JSON object.
pub(crate) fn as_line(text: &str, fresh_id: impl FnOnce(&EventHead<'_>) -> EventId) -> Result<Cow<'_, str>, String> {
    let text = text.trim();
    let text = text.strip_prefix(BYTE_ORDER_MARK).map_or(text, str::trim_start);
    let head: EventHead<'_> = serde_json::from_str(text).map_err(|error| error.to_string())?;
    // A valid JSON string holds no line break, so every line break is between values.
    let line =
        if text.contains(['\n', '\r']) { Cow::Owned(text.replace(['\n', '\r'], " ")) } else { Cow::Borrowed(text) };
    if is_given(head.id) || is_given(head.external_id) {
        return Ok(line);
    }
    let id = fresh_id(&head);
    if let Some(empty) = head.id.map(RawValue::get) {
        // The value is a part of the text, and no place has moved in the line.
        let start = empty.as_ptr().addr() - text.as_ptr().addr();
        let (before, after) = (&line[..start], &line[start + empty.len()..]);
        return Ok(Cow::Owned(format!(r#"{before}"{id}"{after}"#)));
    }
    let members = line.strip_prefix('{').ok_or("an event is a JSON object")?;
    let comma = if members.trim_start().starts_with('}') { "" } else { "," };
    Ok(Cow::Owned(format!(r#"{{"id":"{id}"{comma}{members}"#)))
}

/// Whether the text has nothing but white space, behind a byte-order mark or without one.
pub(crate) fn is_blank(text: &[u8]) -> bool {
    let text = text.trim_ascii_start();
    text.strip_prefix("\u{feff}".as_bytes()).unwrap_or(text).trim_ascii().is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(text: &str) -> Result<String, String> {
        as_line(text, |_| EventId::from_parts(Timestamp::EPOCH, [0; 10])).map(Cow::into_owned)
    }

    #[test]
    fn an_id_is_added_where_there_is_none_and_nothing_else_changes() {
        let id = "00000000-0000-7000-8000-000000000000";
        assert_eq!(line("{\n \"n\": 1e400 }\n").unwrap(), format!(r#"{{"id":"{id}",  "n": 1e400 }}"#));
        assert_eq!(line("\u{feff}{\"a\":1}").unwrap(), format!(r#"{{"id":"{id}","a":1}}"#));
        assert_eq!(line("\u{feff} {\"a\":1}").unwrap(), format!(r#"{{"id":"{id}","a":1}}"#));
        assert_eq!(line("{}").unwrap(), format!(r#"{{"id":"{id}"}}"#));
        assert_eq!(line(r#"{"a":1,"id":"x"}"#).unwrap(), r#"{"a":1,"id":"x"}"#);
        assert_eq!(line(r#"{"external_id":"\ud800"}"#).unwrap(), r#"{"external_id":"\ud800"}"#);
        for absent in ["null", "\"\"", "[]", "[ ]", "{}", "{ }"] {
            let nameless = format!("{{\"external_id\": {absent}}}");
            assert_eq!(line(&nameless).unwrap(), format!(r#"{{"id":"{id}",{}"#, &nameless[1..]));
        }
    }

    #[test]
    fn an_empty_id_is_replaced_and_nothing_else_changes() {
        let id = "00000000-0000-7000-8000-000000000000";
        for absent in ["null", "\"\"", "[]", "[\n]", "{}", "{ }"] {
            for name in [r#""id""#, r#""\u0069d""#] {
                let event = |id: &str| format!("{{\"n\": 1e400, {name} : {id} ,\"a\":\"\\ud800é\"}}");
                let with_id = event(&format!("\"{id}\""));
                assert_eq!(line(&event(absent)).unwrap(), with_id);
                assert_eq!(line(&format!("\u{feff}\r\n{}", event(absent))).unwrap(), with_id);
            }
        }
        // The external id identifies the event.
        assert_eq!(line(r#"{"id":null,"external_id":"a"}"#).unwrap(), r#"{"id":null,"external_id":"a"}"#);
    }

    #[test]
    fn what_the_server_refuses_reaches_it_unchanged() {
        for event in [
            r#"{"id":0}"#,
            r#"{"id":1e400}"#,
            r#"{"id":" "}"#,
            r#"{"id":[null]}"#,
            r#"{"id":false,"external_id":null}"#,
            r#"{"id":"\ud800"}"#,
            r#"{"external_id":"\u0000"}"#,
            r#"{"id":"a","id":null}"#,
        ] {
            assert_eq!(line(event).unwrap(), event);
        }
        let id = "00000000-0000-7000-8000-000000000000";
        for members in [r#""\ud800":1"#, r#""\u0000":"\u0000""#, r#""occurred_at":"\ud800""#, r#""occurred_at":1e400"#]
        {
            assert_eq!(line(&format!("{{{members}}}")).unwrap(), format!(r#"{{"id":"{id}",{members}}}"#));
        }
    }

    #[test]
    fn a_byte_order_mark_does_not_fill_a_line() {
        for blank in ["", " \r\n", "\u{feff}", "\u{feff}\r\n", " \u{feff} "] {
            assert!(is_blank(blank.as_bytes()), "{blank:?}");
        }
        assert!(!is_blank("\u{feff}{}".as_bytes()));
    }

    #[test]
    fn what_is_no_object_is_refused() {
        for text in ["", "[]", "1", "{\"a\":\"line\nbreak\"}", "{\"line\nbreak\":1}", "{"] {
            assert!(line(text).is_err(), "{text}");
        }
    }
}
