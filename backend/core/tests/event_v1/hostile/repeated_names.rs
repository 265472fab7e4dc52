//! Names that occur several times in an object that producers fill freely.

use std::collections::HashMap;

use auditlog_core::event::{parse_event, violation::code};
use proptest::{collection::vec, prelude::*, sample::select};
use serde_json::{Map, Value, json};

use super::{
    adjustments::{cut, listed, replaced},
    fields::event_with,
    open_objects::{OBJECTS, at_name, cut_name},
    row::{Row, assert_rows, check_stored},
};
use crate::{fixtures::received_at, jcs};

/// An object of members in this order, as it is sent.
fn literal(members: &[(&str, String)]) -> String {
    let members: Vec<String> = members.iter().map(|(name, value)| format!("{}:{value}", json!(name))).collect();
    format!("{{{}}}", members.join(","))
}

#[test]
fn the_first_keeps_its_name_and_the_others_are_numbered_as_they_were_sent() {
    let places = OBJECTS.map(|(at, _)| at).into_iter().chain(["/changes/0/old", "/changes/0/new"]);
    let mut rows = Vec::new();
    for at in places {
        let row = |literal: &str, kept: Value, renamed: &[&str]| {
            let row = Row::stored(format!("{at}, {literal:.80}"), event_with(at, literal)).keeps(at, kept);
            renamed.iter().fold(row, |row, name| row.with(replaced(&at_name(at, name))))
        };
        rows.push(row(r#"{"a":2,"a":1}"#, json!({"a": 2, "a~2": 1}), &["a~2"]));
        rows.push(row(r#"{"a":2,"\u0061":2,"a":0}"#, json!({"a": 2, "a~2": 2, "a~3": 0}), &["a~2", "a~3"]));
        rows.push(row(r#"{"a~2":9,"a":2,"a":1}"#, json!({"a": 2, "a~2": 9, "a~3": 1}), &["a~3"]));
        rows.push(row(r#"{"a":2,"a":1,"a~2":9}"#, json!({"a": 2, "a~2": 9, "a~3": 1}), &["a~3"]));
        rows.push(row(
            "{\"\\ud800\":1,\"\u{fffd}\":3,\"\u{fffd}\":2,\"\\u0000\":0}",
            json!({"\u{fffd}": 3, "\u{fffd}~2": 2, "\u{fffd}~3": 0, "\u{fffd}~4": 1}),
            &["\u{fffd}~2", "\u{fffd}~3", "\u{fffd}~4"],
        ));
        let inside = r#"{"k":[{"a":1,"b":2,"a":3}],"k":{"a":[{"c":4,"c":5}]}}"#;
        let row = row(inside, json!({"k": [{"a": 1, "b": 2, "a~2": 3}], "k~2": {"a": [{"c": 4, "c~2": 5}]}}), &[]);
        let names = ["k/0/a~02", "k~02", "k~02/a/0/c~02"];
        rows.push(names.iter().fold(row, |row, name| row.with(replaced(&format!("{at}/{name}")))));
    }
    assert_rows(36, &rows);
}

#[test]
fn a_name_that_is_too_long_with_its_number_is_cut_then() {
    let mut rows = Vec::new();
    for (at, _) in OBJECTS {
        for length in [253, 255, 256, 257, 1_000] {
            let name = "n".repeat(length);
            let kept = |name: &str| if name.len() > 256 { cut_name(name) } else { name.to_owned() };
            let mut names: Vec<(String, String)> =
                ["", "~2", "~3"].map(|end| format!("{name}{end}")).map(|name| (kept(&name), name)).to_vec();
            let object: Value = names.iter().map(|(kept, name)| (kept.clone(), json!(name.len()))).collect();
            let members = [length, length + 2, length + 2].map(|value| (name.as_str(), value.to_string()));
            let mut row = Row::stored(format!("{at}, {length} bytes"), event_with(at, &literal(&members)));
            names.sort();
            for (kept, whole) in &names {
                if *whole != name {
                    row = row.with(replaced(&at_name(at, kept)));
                }
                if kept != whole {
                    row = row.with(cut(&at_name(at, kept), whole));
                }
            }
            rows.push(row.keeps(at, object));
        }
    }
    assert_rows(20, &rows);
}

/// An object of one name, and the names under which its members are kept.
fn one_name(count: usize) -> (String, Value) {
    let members: Vec<(&str, String)> = (0..count).map(|index| ("a", (index % 10).to_string())).collect();
    let name = |index: usize| if index == 0 { "a".to_owned() } else { format!("a~{}", index + 1) };
    (literal(&members), (0..count).map(|index| (name(index), json!(index % 10))).collect())
}

/// A numbering that tried each number again for each member would not end in the time of a test.
#[test]
fn a_name_that_occurs_170_000_times_is_numbered_in_linear_time() {
    let (text, whole) = one_name(170_000);
    let printed = jcs::text(&whole);
    let at = "/metadata";
    let members = whole.as_object().unwrap().iter().take(256);
    let kept: Map<String, Value> = members.map(|(name, value)| (name.clone(), value.clone())).collect();
    let renamed = kept.keys().skip(1).map(|name| replaced(&at_name(at, name)));
    let all: Vec<Value> = [cut(at, &printed)].into_iter().chain(renamed).collect();
    let metadata = Row::stored("one name in metadata", event_with(at, &text)).keeps(at, kept);
    let at = "/changes/0/new";
    let change = Row::stored("one name in a change", event_with(at, &text));
    let rows = [listed(&all).into_iter().fold(metadata, Row::with), change.with(replaced(at)).with(cut(at, &printed))];
    assert_rows(2, &rows);
}

#[test]
fn numbers_that_are_taken_and_names_of_many_bytes_cost_linear_time() {
    let taken: Vec<String> = (2..60_000).map(|number| format!("a~{number}")).collect();
    let taken: Vec<(&str, String)> = taken.iter().map(|name| (name.as_str(), "0".to_owned())).collect();
    let again = vec![("a", "1".to_owned()); 30_000];
    let long = "n".repeat(2_000);
    let long = vec![(long.as_str(), "1".to_owned()); 500];
    let pairs: Vec<String> = (0..40_000).map(|number| format!("k{number}")).collect();
    let pairs: Vec<(&str, String)> = pairs.iter().flat_map(|name| vec![(name.as_str(), "2".to_owned()); 2]).collect();
    for members in [[taken, again].concat(), long, pairs] {
        for at in ["/metadata", "/changes/0/old"] {
            assert_eq!(check_stored(&event_with(at, &literal(&members))), Ok(()), "{} members", members.len());
        }
    }
}

#[test]
fn a_strict_producer_is_told_each_name() {
    let text = event_with("/metadata", r#"{"x":{"a":1,"a":2},"b":1,"b":2,"b":3}"#);
    let draft = parse_event(text.as_bytes()).unwrap();
    let violations = draft.check_unadjusted(received_at()).unwrap_err();
    let found: Vec<_> = violations.iter().map(|one| (one.pointer.as_str(), one.code)).collect();
    let expected = ["/metadata/b~02", "/metadata/b~03", "/metadata/x/a~02"].map(|at| (at, code::WOULD_BE_ADJUSTED));
    assert_eq!(found, expected);
    assert!(violations.iter().all(|one| one.detail.starts_with("replaced: ")), "{violations:?}");
}

/// What must be stored of members with names that need no other adjustment, written without the crate.
fn expected(members: &[(&str, u32)]) -> (Map<String, Value>, Vec<String>) {
    let sent: Vec<&str> = members.iter().map(|(name, _)| *name).collect();
    let (mut kept, mut last) = (Map::new(), HashMap::new());
    let mut renamed = Vec::new();
    for (index, (name, value)) in members.iter().enumerate() {
        let is_first = !sent[..index].contains(name);
        let number = last.entry(*name).or_insert(1);
        let mut stored = (*name).to_owned();
        while !is_first && (sent.contains(&stored.as_str()) || kept.contains_key(&stored)) {
            *number += 1;
            stored = format!("{name}~{number}");
        }
        if !is_first {
            renamed.push(stored.clone());
        }
        kept.insert(stored, json!(value));
    }
    renamed.sort();
    (kept, renamed)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn no_member_is_lost(
        members in vec((select(vec!["a", "a~2", "a~3", "a~2~2", "b", "", "~2"]), any::<u32>()), 0..30),
    ) {
        let sent: Vec<(&str, String)> = members.iter().map(|(name, value)| (*name, value.to_string())).collect();
        let (kept, renamed) = expected(&members);
        prop_assert_eq!(kept.len(), members.len());
        let row = Row::stored("members", event_with("/metadata/k", &literal(&sent))).keeps("/metadata/k", kept);
        let pointer = |name: &String| at_name("/metadata/k", name);
        let row = renamed.iter().fold(row, |row, name| row.with(replaced(&pointer(name))));
        assert_rows(1, &[row]);
    }
}
