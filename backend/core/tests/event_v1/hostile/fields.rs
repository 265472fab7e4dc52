//! The fields of an event that hold a text, and events with one value set.

use serde_json::{Map, Value, json};

use crate::fixtures::SMALL_EVENT;

/// What an empty value of a field means.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Empty {
    /// The field is absent.
    Absent,
    /// The field must be there: an empty text becomes `unknown`, and other empty values are missing.
    Defaulted,
    /// The field must be there, and every empty value is missing.
    Missing,
    /// Empty values are values.
    Kept,
    /// It is an entry of a list: an empty text is dropped, and others are of the wrong type.
    Dropped,
}

/// A field that holds a text.
pub(super) struct TextField {
    pub(super) pointer: &'static str,
    pub(super) bytes_max: usize,
    pub(super) empty: Empty,
}

const fn field(pointer: &'static str, bytes_max: usize, empty: Empty) -> TextField {
    TextField { pointer, bytes_max, empty }
}

/// Every field whose text may be anything. The action has rules of its own.
pub(super) const TEXT_FIELDS: [TextField; 45] = [
    field("/external_id", 256, Empty::Absent),
    field("/outcome/code", 1024, Empty::Absent),
    field("/outcome/reason", 1024, Empty::Absent),
    field("/actor/id", 1024, Empty::Defaulted),
    field("/actor/name", 1024, Empty::Absent),
    field("/actor/email", 1024, Empty::Absent),
    field("/actor/groups/0", 1024, Empty::Dropped),
    field("/actor/attributes/k", 8192, Empty::Kept),
    field("/on_behalf_of/0/id", 1024, Empty::Defaulted),
    field("/on_behalf_of/0/name", 1024, Empty::Absent),
    field("/on_behalf_of/0/email", 1024, Empty::Absent),
    field("/on_behalf_of/0/groups/0", 1024, Empty::Dropped),
    field("/on_behalf_of/0/attributes/k", 8192, Empty::Kept),
    field("/targets/0/type", 256, Empty::Absent),
    field("/targets/0/id", 1024, Empty::Defaulted),
    field("/targets/0/url", 2048, Empty::Absent),
    field("/targets/0/attributes/k", 8192, Empty::Kept),
    field("/targets/0/attributes/list/0", 8192, Empty::Kept),
    field("/source/service", 256, Empty::Missing),
    field("/source/component", 1024, Empty::Absent),
    field("/source/version", 1024, Empty::Absent),
    field("/source/environment", 1024, Empty::Absent),
    field("/source/region", 1024, Empty::Absent),
    field("/source/host", 1024, Empty::Absent),
    field("/context/address", 1024, Empty::Absent),
    field("/context/user_agent", 2048, Empty::Absent),
    field("/context/request_id", 1024, Empty::Absent),
    field("/context/correlation_id", 1024, Empty::Absent),
    field("/context/session_id", 1024, Empty::Absent),
    field("/context/trace_id", 1024, Empty::Absent),
    field("/context/span_id", 1024, Empty::Absent),
    field("/context/auth_method", 1024, Empty::Absent),
    field("/context/location/country", 1024, Empty::Absent),
    field("/context/location/region", 1024, Empty::Absent),
    field("/context/location/city", 1024, Empty::Absent),
    field("/reason/text", 1024, Empty::Defaulted),
    field("/reason/ticket", 1024, Empty::Absent),
    field("/message", 8192, Empty::Absent),
    field("/metadata/k", 8192, Empty::Kept),
    field("/metadata/nested/k", 8192, Empty::Kept),
    field("/metadata/list/0/k", 8192, Empty::Kept),
    field("/producer/id", 1024, Empty::Missing),
    field("/raw/format", 256, Empty::Missing),
    field("/raw/body", 128 * 1024, Empty::Absent),
    field("/targets/1/name", 1024, Empty::Defaulted),
];

/// The smallest event with the JSON text `literal` at `pointer`. What the value needs around it is added.
pub(super) fn event_with(pointer: &str, literal: &str) -> String {
    const PLACE: &str = "the place of the literal";
    let mut event: Value = serde_json::from_str(SMALL_EVENT).unwrap();
    let tokens: Vec<&str> = pointer.split('/').skip(1).collect();
    add_siblings(event.as_object_mut().unwrap(), tokens[0]);
    let mut at = &mut event;
    for token in &tokens {
        at = match token.parse::<usize>() {
            Ok(index) => item_of(at, index),
            Err(_) => member_of(at, token),
        };
    }
    *at = Value::from(PLACE);
    event.to_string().replace(&format!("\"{PLACE}\""), literal)
}

/// The smallest event with one member replaced or added.
pub(super) fn event_of(member: &str, value: Value) -> String {
    let mut event: Map<String, Value> = serde_json::from_str(SMALL_EVENT).unwrap();
    event.insert(member.to_owned(), value);
    Value::Object(event).to_string()
}

/// Adds the members without which an event with this one is refused.
fn add_siblings(event: &mut Map<String, Value>, member: &str) {
    let (name, value) = match member {
        "external_id" => ("occurred_at", json!("2024-11-14T11:00:00Z")),
        "on_behalf_of" => ("on_behalf_of", json!([{"type": "agent", "id": "a"}])),
        "targets" => ("targets", json!([{"id": "t"}])),
        "changes" => ("changes", json!([{"path": "/p", "op": "replace"}])),
        "reason" => ("reason", json!({"text": "r"})),
        "producer" => ("producer", json!({"id": "p", "sequence": 1})),
        "raw" => ("raw", json!({"format": "f", "body": "b"})),
        _ => return,
    };
    event.insert(name.to_owned(), value);
}

fn item_of(value: &mut Value, index: usize) -> &mut Value {
    if !value.is_array() {
        *value = json!([]);
    }
    let list = value.as_array_mut().unwrap();
    if list.len() == index {
        list.push(Value::Null);
    }
    &mut list[index]
}

fn member_of<'v>(value: &'v mut Value, name: &str) -> &'v mut Value {
    if !value.is_object() {
        *value = json!({});
    }
    value.as_object_mut().unwrap().entry(name).or_insert(Value::Null)
}
