//! Lists with more entries than are kept.

use auditlog_core::event::violation::code;
use serde_json::{Value, json};

use super::{
    adjustments::{cut, cut_of, replaced},
    fields::{event_of, event_with},
    row::{Row, assert_rows, beginning},
};
use crate::jcs;

/// `count` different entries.
fn entries(count: usize, entry: impl Fn(usize) -> Value) -> Vec<Value> {
    (0..count).map(entry).collect()
}

fn truncated(at: &str, whole: &[Value]) -> Value {
    cut_of(at, whole.len(), &jcs::text(&Value::from(whole)))
}

#[test]
fn a_list_keeps_its_first_entries() {
    let actor = |index: usize| json!({"type": "user", "id": format!("u{index}")});
    let target = |index: usize| json!({"id": format!("t{index}"), "type": "\u{1f600}"});
    let change = |index: usize| json!({"path": format!("/{index}"), "op": "add", "new": [index, {"b": 1, "a": 0.5}]});
    let mut rows = Vec::new();
    for over in [1, 2, 1_000] {
        let chain = entries(8 + over, actor);
        rows.push(
            Row::stored(format!("{over} actors too many"), event_of("on_behalf_of", json!(chain)))
                .with(truncated("/on_behalf_of", &chain))
                .keeps("/on_behalf_of", &chain[..8]),
        );
        let targets = entries(32 + over, target);
        rows.push(
            Row::stored(format!("{over} targets too many"), event_of("targets", json!(targets)))
                .with(truncated("/targets", &targets))
                .keeps("/targets", &targets[..32]),
        );
        let changes = entries(64 + over, change);
        rows.push(
            Row::stored(format!("{over} changes too many"), event_of("changes", json!(changes)))
                .with(truncated("/changes", &changes))
                .keeps("/changes", &changes[..64]),
        );
        let groups = entries(32 + over, |index| json!(format!("g{index}")));
        for at in ["/actor/groups", "/on_behalf_of/0/groups"] {
            rows.push(
                Row::stored(format!("{over} groups too many"), event_with(at, &json!(groups).to_string()))
                    .with(truncated(at, &groups))
                    .keeps(at, &groups[..32]),
            );
        }
    }
    let just = [
        ("on_behalf_of", json!(entries(8, actor))),
        ("targets", json!(entries(32, target))),
        ("changes", json!(entries(64, change))),
    ];
    rows.extend(just.map(|(name, list)| {
        Row::stored(format!("{name} that just fit"), event_of(name, list.clone())).keeps(format!("/{name}"), list)
    }));
    assert_rows(18, &rows);
}

#[test]
fn a_list_of_300_000_entries_keeps_its_first_ones() {
    let at = "/actor/groups";
    let many = vec![json!("x"); 200_000];
    let numbers: Vec<Value> = (0..150_000).map(|_| json!(7)).collect();
    let rows = [
        Row::stored("200,000 groups", event_with(at, &json!(many).to_string()))
            .with(truncated(at, &many))
            .keeps(at, &many[..32]),
        Row::stored("300,000 numbers in metadata", event_with("/metadata/k", &json!(numbers).to_string()))
            .with(cut("/metadata", &jcs::text(&json!({"k": numbers}))))
            .keeps("/metadata/k", &numbers[..256]),
    ];
    assert_rows(2, &rows);
}

#[test]
fn lists_inside_lists_are_cut_each_on_its_own() {
    let groups = entries(40, |index| json!(format!("g{index}")));
    let actor = json!({"type": "agent", "id": "a", "groups": groups});
    let chain = vec![actor.clone(); 10];
    let kept = json!({"type": "agent", "id": "a", "groups": &groups[..32]});
    let mut row = Row::stored("10 actors of 40 groups", event_of("on_behalf_of", json!(chain)))
        .with(truncated("/on_behalf_of", &chain))
        .keeps("/on_behalf_of", vec![kept; 8]);
    for index in 0..8 {
        row = row.with(truncated(&format!("/on_behalf_of/{index}/groups"), &groups));
    }
    assert_rows(1, &[row]);
}

#[test]
fn entries_that_are_not_kept_change_nothing_but_the_hash() {
    let group = |index: usize| json!(format!("g{index}"));
    let long = "x".repeat(1_025);
    let with_long: Vec<Value> = entries(33, group).into_iter().chain([json!(long)]).collect();
    let long_first: Vec<Value> = [json!(long)].into_iter().chain(entries(32, group)).collect();
    let at = "/actor/groups";
    let broken = format!("[{}\"\\u0000\"]", "\"g\",".repeat(32));
    let whole: Vec<Value> = vec![json!("g"); 32].into_iter().chain([json!("\u{fffd}")]).collect();
    let mut kept = long_first[..32].to_vec();
    kept[0] = json!(beginning(&long, 1_024));
    let target = json!({"id": "t"});
    let repeated = format!("[{}{{\"id\":\"t\",\"attributes\":{{\"a\":2,\"a\":1}}}}]", format!("{target},").repeat(32));
    let numbered = json!({"id": "t", "attributes": {"a": 2, "a~2": 1}});
    let targets: Vec<Value> = vec![target; 32].into_iter().chain([numbered]).collect();
    let rows = [
        Row::stored("a long entry that is not kept", event_with(at, &json!(with_long).to_string()))
            .with(truncated(at, &with_long))
            .keeps(at, &with_long[..32]),
        Row::stored("a long entry that is kept", event_with(at, &json!(long_first).to_string()))
            .with(truncated(at, &long_first))
            .with(cut("/actor/groups/0", &long))
            .keeps(at, kept),
        Row::stored("U+0000 in an entry that is not kept", event_with(at, &broken))
            .with(truncated(at, &whole))
            .keeps(at, &whole[..32]),
        Row::stored("a repeated name in an entry that is not kept", event_with("/targets", &repeated))
            .with(truncated("/targets", &targets))
            .keeps("/targets", &targets[..32]),
    ];
    assert_rows(4, &rows);
}

#[test]
fn a_mistake_is_found_in_entries_that_are_not_kept() {
    let list = |name: &str, entry: &str, count: usize, last: &str| {
        event_with(&format!("/{name}"), &format!("[{}{last}]", format!("{entry},").repeat(count)))
    };
    let (target, actor) = (r#"{"id":"t","type":"t"}"#, r#"{"type":"system"}"#);
    let change = r#"{"path":"/a","op":"add"}"#;
    let rows = [
        Row::refused(
            "an unknown member of a target",
            list("targets", target, 32, r#"{"id":"t","type":"t","sort":1}"#),
            "/targets/32/sort",
            code::UNKNOWN_FIELD,
        ),
        Row::refused(
            "a number in place of an actor",
            list("on_behalf_of", actor, 8, "7"),
            "/on_behalf_of/8",
            code::WRONG_TYPE,
        ),
        Row::refused(
            "a change without a path",
            list("changes", change, 64, r#"{"op":"add"}"#),
            "/changes/64/path",
            code::MISSING_FIELD,
        ),
        Row::refused(
            "a member twice in a change",
            list("changes", change, 64, r#"{"path":"/a","op":"add","new":{"a":1,"a":2},"op":"add"}"#),
            "/changes/64/op",
            code::DUPLICATE_KEY,
        ),
    ];
    assert_rows(4, &rows);
}

#[test]
fn empty_groups_are_dropped() {
    let at = "/actor/groups";
    let row = |literal: &str, kept: Value| {
        Row::stored(format!("groups {literal:.60}"), event_with(at, literal)).keeps(at, kept)
    };
    let many = entries(33, |index| json!(if index % 2 == 0 { String::new() } else { format!("g{index}") }));
    let kept: Vec<Value> = many[..32].iter().filter(|group| **group != json!("")).cloned().collect();
    let rows = [
        row("[\"a\",\"\",\"b\",\"\"]", json!(["a", "b"])),
        row("[\" \"]", json!([" "])),
        Row::stored("only empty groups", event_with(at, "[\"\",\"\"]")).lacks(at),
        // The pointer is that of the group in the stored event.
        row("[\"\",\"a\\u0000\"]", json!(["a\u{fffd}"])).with(replaced("/actor/groups/0")),
        row(&json!(many).to_string(), json!(kept)).with(truncated(at, &many)),
        Row::refused("an empty group and a number", event_with(at, "[\"\",7]"), "/actor/groups/1", code::WRONG_TYPE),
    ];
    assert_rows(6, &rows);
}

#[test]
fn the_structure_of_the_entries_that_are_kept_is_strict() {
    let with = |index: usize, entry: Value| {
        let mut targets = entries(40, |index| json!({"id": format!("t{index}")}));
        targets[index] = entry;
        event_of("targets", json!(targets))
    };
    let rows = [
        Row::refused("entry 31 without a name", with(31, json!({"type": "t"})), "/targets/31/id", code::MISSING_FIELD),
        Row::refused("entry 31 of another type", with(31, json!("t")), "/targets/31", code::WRONG_TYPE),
        Row::refused(
            "entry 31 with a wrong member",
            with(31, json!({"id": "t", "x": 1})),
            "/targets/31/x",
            code::UNKNOWN_FIELD,
        ),
    ];
    assert_rows(3, &rows);
}
