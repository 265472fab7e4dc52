//! Events that are too large although none of their values is.

use serde_json::{Value, json};

use super::{
    adjustments::{cut, sha256},
    sent::{entries, event, text_of},
    stored::{Stored, stored},
};
use crate::jcs;

pub(super) fn all() -> Vec<Stored> {
    let body = "\u{1}".repeat(100_000);
    let raw = json!({"format": "text", "body": body});
    let raw_left = json!({"format": "text", "sha256": sha256(&body), "size": 100_000, "truncated": true});
    let change = |index: usize| json!({"path": format!("/{index}"), "op": "add"});
    let changes_left = json!(entries(40, change));
    let changes = json!(entries(40, |index| {
        let mut change = change(index);
        change["new"] = json!(text_of(8_190));
        change
    }));
    let metadata = json!({"k": text_of(8_000)});
    let attributes = json!({"a": text_of(8_000), "b": text_of(8_000), "c": text_of(8_000), "d": text_of(8_000)});
    let targets = json!(entries(9, |index| json!({"id": index.to_string(), "attributes": attributes})));
    let targets_left = json!(entries(9, |index| json!({"id": index.to_string()})));
    let heavy = json!(entries(32, |index| json!({"id": index.to_string(), "url": "\u{1}".repeat(2_048)})));
    let kept = |name: &str, members: &[(&str, &Value)], left: &[(&str, &Value)]| {
        let literals: Vec<(&str, String)> = members.iter().map(|(name, value)| (*name, value.to_string())).collect();
        let sent: Vec<(&str, &str)> = literals.iter().map(|(name, literal)| (*name, literal.as_str())).collect();
        let row = stored(format!("256 KiB: {name}"), event(&sent));
        left.iter().fold(row, |row, (member, value)| row.with(member, (*value).clone()))
    };
    vec![
        kept("raw.body", &[("raw", &raw), ("metadata", &metadata)], &[("raw", &raw_left), ("metadata", &metadata)])
            .adjusted(cut("/raw/body", &body)),
        kept(
            "raw.body and the values of changes",
            &[("raw", &raw), ("changes", &changes), ("metadata", &metadata)],
            &[("raw", &raw_left), ("changes", &changes_left), ("metadata", &metadata)],
        )
        .adjusted(cut("/changes", &jcs::text(&changes)))
        .adjusted(cut("/raw/body", &body)),
        kept(
            "attributes",
            &[("targets", &targets), ("metadata", &metadata)],
            &[("targets", &targets_left), ("metadata", &metadata)],
        )
        .adjusted_all((0..9).map(|index| cut(&format!("/targets/{index}/attributes"), &jcs::text(&attributes)))),
        kept("metadata", &[("targets", &heavy), ("metadata", &metadata)], &[("targets", &heavy)])
            .adjusted(cut("/metadata", &jcs::text(&metadata))),
        kept("nothing that may be removed", &[("targets", &heavy)], &[("targets", &heavy)]),
    ]
}
