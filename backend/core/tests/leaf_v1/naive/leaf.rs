//! Chapters 3 to 5 of the specification.

use serde_json::{Map, Value};

use super::{jcs, sha256};

/// The groups in leaf order, each with its members. `outcome` is split by hand below.
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
            "source",
            "producer",
        ],
    ),
    ("actor", &["actor", "on_behalf_of"]),
    ("targets", &["targets"]),
    ("context", &["context"]),
    ("changes", &["changes"]),
    ("content", &["message", "reason", "metadata", "raw"]),
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

fn group_text(event: &Value, name: &str, members: &[&str]) -> String {
    let mut object = Map::new();
    for member in members {
        if let Some(value) = event.get(member) {
            object.insert((*member).to_owned(), value.clone());
        }
    }
    let outcome = match name {
        "core" => outcome_part(event, &["status", "code"]),
        "content" => outcome_part(event, &["reason"]),
        _ => None,
    };
    if let Some(outcome) = outcome {
        object.insert("outcome".to_owned(), outcome);
    }
    if object.is_empty() { "null".to_owned() } else { jcs::text(&Value::Object(object)) }
}

fn outcome_part(event: &Value, members: &[&str]) -> Option<Value> {
    let outcome = event["outcome"].as_object().expect("every event has an outcome");
    let part: Map<_, _> = outcome
        .iter()
        .filter(|(name, _)| members.contains(&name.as_str()))
        .map(|(n, v)| (n.clone(), v.clone()))
        .collect();
    (!part.is_empty()).then_some(Value::Object(part))
}
