//! Chapters 3 to 5 of the specification.

use serde_json::{Map, Value};

use super::{jcs, sha256};

/// The groups in leaf order, each with its members. The members that several groups share are split by hand below.
const GROUPS: [(&str, &[&str]); 6] = [
    (
        "core",
        &[
            "id",
            "tenant_id",
            "occurred_at",
            "received_at",
            "submitted_by",
            "action",
            "category",
            "severity",
            "producer",
        ],
    ),
    ("actor", &["actor", "on_behalf_of"]),
    ("targets", &["targets"]),
    ("context", &["context"]),
    ("changes", &["changes"]),
    ("content", &["external_id", "message", "reason", "metadata", "raw"]),
];

/// One group of one event with everything that the specification computes of it.
pub(crate) struct Group {
    pub(crate) name: &'static str,
    pub(crate) text: String,
    pub(crate) salt: Vec<u8>,
    pub(crate) digest: Vec<u8>,
}

pub(crate) fn event_key(seed: &[u8], index: u32) -> Vec<u8> {
    sha256(&[b"auditlog.salt.v1.event\0", seed, &index.to_be_bytes()])[..16].to_vec()
}

/// The six groups of a canonical event.
pub(crate) fn groups(event: &Value, key: &[u8]) -> Vec<Group> {
    let build = |(name, members): (&'static str, &[&str])| {
        let text = group_text(event, name, members);
        let salt = sha256(&[b"auditlog.salt.v1.group\0", key, name.as_bytes()])[..16].to_vec();
        let digest = sha256(&[b"auditlog.leaf.v1.group\0", &salt, name.as_bytes(), &[0], text.as_bytes()]);
        Group { name, text, salt, digest }
    };
    GROUPS.into_iter().map(build).collect()
}

pub(crate) fn leaf(groups: &[Group]) -> Vec<u8> {
    let digests: Vec<u8> = groups.iter().flat_map(|group| group.digest.clone()).collect();
    [b"auditlog.leaf.v1\0".as_slice(), &digests].concat()
}

pub(crate) fn leaf_hash(leaf: &[u8]) -> Vec<u8> {
    sha256(&[&[0], leaf])
}

/// The text of each group of what is visible of an event.
pub(crate) fn texts(visible: &Value) -> Vec<(&'static str, String)> {
    GROUPS.into_iter().map(|(name, members)| (name, group_text(visible, name, members))).collect()
}

/// The event without the members of some groups.
pub(crate) fn without(event: &Value, withheld: &[&str]) -> Value {
    let is_visible = |(name, _): &(&str, String)| !withheld.contains(name);
    let mut visible = Map::new();
    for (_, text) in texts(event).into_iter().filter(is_visible) {
        let Value::Object(group) = serde_json::from_str(&text).expect("a group text is JSON") else { continue };
        for (member, value) in group {
            match (visible.get_mut(&member), value) {
                (None, value) => drop(visible.insert(member, value)),
                (Some(Value::Object(half)), Value::Object(other)) => half.extend(other),
                (Some(Value::Array(list)), Value::Array(others)) => list.extend(others),
                _ => unreachable!("only halves of objects and adjustments are in several groups"),
            }
        }
    }
    if let Some(Value::Array(list)) = visible.get_mut("adjustments") {
        let place = |entry: &Value| {
            let text = |member: &str| entry[member].as_str().expect("a text").to_owned();
            (text("code") == "more", text("pointer"), text("code"))
        };
        list.sort_by_key(place);
    }
    Value::Object(visible)
}

fn group_text(event: &Value, name: &str, members: &[&str]) -> String {
    let mut object = Map::new();
    for member in members {
        if let Some(value) = event.get(member) {
            object.insert((*member).to_owned(), value.clone());
        }
    }
    let shared = [
        ("outcome", split(&event["outcome"], name, |member| if member == "reason" { "content" } else { "core" })),
        ("source", split(&event["source"], name, |member| if member == "host" { "context" } else { "core" })),
        ("adjustments", adjustments(event, name)),
    ];
    for (member, part) in shared {
        if let Some(part) = part {
            object.insert(member.to_owned(), part);
        }
    }
    if object.is_empty() { "null".to_owned() } else { jcs::text(&Value::Object(object)) }
}

/// The members of an object that belong to a group.
fn split(object: &Value, name: &str, group_of: impl Fn(&str) -> &'static str) -> Option<Value> {
    // Where groups are withheld, it may be absent.
    let members = object.as_object()?;
    let part: Map<_, _> = members
        .iter()
        .filter(|(member, _)| group_of(member) == name)
        .map(|(member, value)| (member.clone(), value.clone()))
        .collect();
    (!part.is_empty()).then_some(Value::Object(part))
}

/// The adjustments of the members that belong to a group.
fn adjustments(event: &Value, name: &str) -> Option<Value> {
    let all = event.get("adjustments")?.as_array().expect("a list");
    let is_of_group = |entry: &&Value| group_of_pointer(entry["pointer"].as_str().expect("a text")) == name;
    let part: Vec<Value> = all.iter().filter(is_of_group).cloned().collect();
    (!part.is_empty()).then_some(Value::Array(part))
}

fn group_of_pointer(pointer: &str) -> &'static str {
    let tokens: Vec<&str> = pointer.split('/').collect();
    match tokens[..] {
        ["", "outcome", "reason", ..] => return "content",
        ["", "source", "host", ..] => return "context",
        ["", "outcome" | "source", ..] | [""] => return "core",
        _ => {}
    }
    let has_member = |group: &&(&str, &[&str])| group.1.contains(&tokens[1]);
    GROUPS.iter().find(has_member).expect("a pointer names a member").0
}
