//! The texts that a producer sends.

use serde_json::{Map, Value, json};

/// The members of the smallest event, as JSON texts.
const SMALLEST: [(&str, &str); 3] =
    [("action", r#""user.login""#), ("actor", r#"{"type":"user","id":"alice"}"#), ("source", r#"{"service":"web"}"#)];

/// The smallest event with these members, which are JSON texts.
pub(super) fn event(members: &[(&str, &str)]) -> String {
    let is_kept = |(name, _): &(&str, &str)| members.iter().all(|(other, _)| other != name);
    let all = SMALLEST.into_iter().filter(is_kept).chain(members.iter().copied());
    let all: Vec<String> = all.map(|(name, literal)| format!("{}:{literal}", json!(name))).collect();
    format!("{{{}}}", all.join(","))
}

/// The smallest event with a member.
pub(super) fn event_of(member: &str, value: &Value) -> String {
    event(&[(member, &value.to_string())])
}

pub(super) fn text_of(bytes: usize) -> String {
    "x".repeat(bytes)
}

/// An object of `count` members in the order of their names.
pub(super) fn members(count: usize, value: impl Fn(usize) -> Value) -> Value {
    (0..count).map(|index| (format!("n{index:03}"), value(index))).collect::<Map<_, _>>().into()
}

/// The first members of an object whose names are in order.
pub(super) fn first(object: &Value, count: usize) -> Value {
    let all = object.as_object().expect("an object");
    all.iter().take(count).map(|(name, value)| (name.clone(), value.clone())).collect::<Map<_, _>>().into()
}

/// A list of `count` different entries.
pub(super) fn entries(count: usize, entry: impl Fn(usize) -> Value) -> Vec<Value> {
    (0..count).map(entry).collect()
}
