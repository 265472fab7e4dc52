//! Events that are hostile as a whole: large ones, and ones with many values that are adjusted.

use auditlog_core::event::{canonical::write_event, parse_event, violation::code};
use serde_json::{Value, json};

use super::{
    adjustments::{clock, cut, cut_of, listed, more, number_as_text, sha256},
    fields::event_of,
    row::{Row, assert_rows, check_stored},
};
use crate::{
    fixtures::{SMALL_EVENT, complete},
    jcs,
};

const EVENT_BYTES_MAX: usize = 1024 * 1024;

fn event_of_members(members: &Value) -> String {
    let mut event: Value = serde_json::from_str(SMALL_EVENT).unwrap();
    for (name, value) in members.as_object().unwrap() {
        event[name] = value.clone();
    }
    event.to_string()
}

/// An event of 1 MiB: `members` and white space.
fn padded(members: &Value) -> String {
    let text = event_of_members(members);
    let spaces = " ".repeat(EVENT_BYTES_MAX - text.len());
    format!("{text}{spaces}")
}

#[test]
fn an_event_of_1_mib_is_stored_and_a_larger_one_is_not() {
    let text = "x".repeat(EVENT_BYTES_MAX - event_of("message", json!("")).len());
    let rows = [
        Row::stored("1 MiB of spaces", padded(&json!({}))),
        Row::stored("1 MiB in one text", event_of("message", json!(text))).with(cut("/message", &text)),
        Row::refused("one space too many", format!("{} ", padded(&json!({}))), "", code::EVENT_TOO_LARGE),
        Row::refused("one byte too many", event_of("message", json!(format!("{text}x"))), "", code::EVENT_TOO_LARGE),
        Row::refused("2 MiB that are no JSON", "{".repeat(2 * EVENT_BYTES_MAX), "", code::EVENT_TOO_LARGE),
    ];
    assert_rows(5, &rows);
}

/// `count` changes whose values are 8 KiB each, and the same without them.
fn changes(count: usize) -> (Value, Value) {
    let with = |value: Option<&str>| {
        let change = |index: usize| match value {
            Some(value) => json!({"path": format!("/{index}"), "op": "add", "new": value}),
            None => json!({"path": format!("/{index}"), "op": "add"}),
        };
        Value::from((0..count).map(change).collect::<Vec<_>>())
    };
    (with(Some(&"x".repeat(8_190))), with(None))
}

/// `count` targets whose attributes are nearly 32 KiB each.
fn targets(count: usize) -> Value {
    let attributes =
        json!({"a": "x".repeat(8_000), "b": "x".repeat(8_000), "c": "x".repeat(8_000), "d": "x".repeat(8_000)});
    (0..count).map(|index| json!({"id": index.to_string(), "attributes": attributes})).collect::<Vec<_>>().into()
}

/// Targets that print as much more than 256 KiB, of which nothing is dropped.
fn heavy_targets() -> Value {
    (0..32).map(|index| json!({"id": index.to_string(), "url": "\u{1}".repeat(2_048)})).collect::<Vec<_>>().into()
}

#[test]
fn an_event_beyond_256_kib_loses_its_largest_parts_in_order() {
    let body = "\u{1}".repeat(100_000);
    let raw = json!({"format": "f", "body": body});
    let raw_left = json!({"format": "f", "sha256": sha256(&body), "size": 100_000, "truncated": true});
    let (few, _) = changes(20);
    let (many, many_left) = changes(40);
    let metadata = json!({"k": "x".repeat(8_000)});
    let attributes = jcs::text(&targets(1)[0]["attributes"]);
    let rows = [
        Row::stored("a small event with all of them", event_of_members(&json!({"changes": few, "metadata": metadata})))
            .keeps("/changes", few.clone())
            .keeps("/metadata", metadata.clone()),
        Row::stored("a record", event_of_members(&json!({"raw": raw, "changes": few, "metadata": metadata})))
            .with(cut("/raw/body", &body))
            .keeps("/raw", raw_left.clone())
            .keeps("/changes", few)
            .keeps("/metadata", metadata.clone()),
        Row::stored("changes", event_of_members(&json!({"changes": many, "metadata": metadata})))
            .with(cut("/changes", &jcs::text(&many)))
            .keeps("/changes", many_left.clone())
            .keeps("/metadata", metadata.clone()),
        Row::stored(
            "a record and changes",
            event_of_members(&json!({"raw": raw, "changes": many, "metadata": metadata})),
        )
        .with(cut("/changes", &jcs::text(&many)))
        .with(cut("/raw/body", &body))
        .keeps("/raw", raw_left)
        .keeps("/changes", many_left)
        .keeps("/metadata", metadata.clone()),
        (0..9)
            .fold(
                Row::stored("attributes", event_of_members(&json!({"targets": targets(9), "metadata": metadata}))),
                |row, index| row.with(cut(&format!("/targets/{index}/attributes"), &attributes)),
            )
            .lacks("/targets/0/attributes")
            .lacks("/targets/8/attributes")
            .keeps("/metadata", metadata.clone()),
        Row::stored("metadata", event_of_members(&json!({"targets": heavy_targets(), "metadata": metadata})))
            .with(cut("/metadata", &jcs::text(&metadata)))
            .keeps("/targets", heavy_targets())
            .lacks("/metadata"),
        Row::stored("nothing that may be lost", event_of_members(&json!({"targets": heavy_targets()})))
            .keeps("/targets", heavy_targets()),
    ];
    assert_rows(7, &rows);
}

#[test]
fn what_is_lost_is_told_once_and_as_it_was_sent() {
    // The record is cut at 128 KiB first, and then lost.
    let body = "\u{1}".repeat(150_000);
    let kept = json!({"format": "f", "sha256": sha256(&body), "size": 150_000, "truncated": true});
    // The metadata loses members first, and then all of them.
    let metadata: Value = (0..300).map(|index| (format!("n{index:03}"), json!(index))).collect();
    let attributes: Value = (0..70).map(|index| (format!("n{index:03}"), json!("\u{2}".repeat(50)))).collect();
    let mut actor = json!({"type": "user", "id": "a"});
    actor["attributes"] = attributes.clone();
    let (many, _) = changes(70);
    let sent: Value = many.as_array().unwrap()[..64].into();
    let rows = [
        Row::stored("a record", event_of_members(&json!({"raw": {"format": "f", "body": body}})))
            .with(cut("/raw/body", &body))
            .keeps("/raw", kept),
        Row::stored("metadata", event_of_members(&json!({"metadata": metadata, "targets": heavy_targets()})))
            .with(cut("/metadata", &jcs::text(&metadata)))
            .lacks("/metadata"),
        Row::stored("attributes", event_of_members(&json!({"actor": actor, "targets": heavy_targets()})))
            .with(cut("/actor/attributes", &jcs::text(&attributes)))
            .lacks("/actor/attributes"),
        // A list has two records: one of its missing entries, and one of the values missing in the others.
        Row::stored("changes", event_of_members(&json!({"changes": many})))
            .with(cut_of("/changes", 70, &jcs::text(&many)))
            .with(cut("/changes", &jcs::text(&sent))),
    ];
    assert_rows(4, &rows);
}

#[test]
fn at_most_64_adjustments_are_told() {
    let numbers = |count: usize| {
        let members: Vec<String> = (0..count).map(|index| format!("\"n{index:05}\":1e400")).collect();
        event_of("metadata", json!("@")).replace("\"@\"", &format!("{{{}}}", members.join(",")))
    };
    let told = |row: Row, count: usize| {
        (0..count).fold(row, |row, index| row.with(number_as_text(&format!("/metadata/n{index:05}"))))
    };
    let future = |text: String| text.replacen('{', r#"{"occurred_at":"2030-01-01T00:00:00Z","#, 1);
    let late = clock("2030-01-01T00:00:00.000000Z");
    let just = (0..63).fold(Row::stored("63 numbers and a clock", future(numbers(63))), |row, index| {
        row.with(number_as_text(&format!("/metadata/n{index:05}")))
    });
    let rows = [
        told(Row::stored("64 numbers", numbers(64)), 64),
        told(Row::stored("65 numbers", numbers(65)), 63).with(more(2)),
        told(Row::stored("200 numbers", numbers(200)), 63).with(more(137)),
        just.with(late.clone()),
        told(Row::stored("64 numbers and a clock", future(numbers(64))), 62).with(late.clone()).with(more(2)),
        told(Row::stored("200 numbers and a clock", future(numbers(200))), 62).with(late).with(more(138)),
    ];
    assert_rows(6, &rows);
}

/// An event of 1 MiB that loses its open values only: what is left is short texts of which each character is escaped.
fn largest() -> String {
    let deep = json!({ "a".repeat(250): { "b".repeat(250): { "c".repeat(250): vec!["@"; 100] } } });
    let with = |characters: usize, name: usize| {
        let groups: Vec<String> =
            (0..characters.div_ceil(1024)).map(|group| "\u{1}".repeat(1024.min(characters - group * 1024))).collect();
        let actors = groups.chunks(32).map(|groups| json!({"type": "anonymous", "groups": groups})).collect::<Vec<_>>();
        let members = json!({
            "on_behalf_of": actors, "targets": vec![json!({"name": ""}); 32], "metadata": deep,
            "message": "x".repeat(name), "raw": {"format": "f", "body": "y"}, "context": {"ip": "::1.2.3.4"},
        });
        event_of_members(&members).replace("\"@\"", "1e400")
    };
    let mut characters = (EVENT_BYTES_MAX - with(0, 0).len()) / 6;
    while with(characters, 0).len() > EVENT_BYTES_MAX {
        characters -= 100;
    }
    with(characters, EVENT_BYTES_MAX - with(characters, 0).len())
}

#[test]
fn the_largest_event_is_stored_within_its_limit() {
    let text = largest();
    assert_eq!(text.len(), EVENT_BYTES_MAX);
    check_stored(&text).unwrap();
    let event = complete(parse_event(text.as_bytes()).unwrap());
    let mut canonical = String::new();
    write_event(&event, &mut canonical);
    assert!(canonical.len() > EVENT_BYTES_MAX && event.metadata.is_empty(), "{} bytes", canonical.len());
    assert!(event.text_bytes() <= canonical.len(), "{} bytes of texts", event.text_bytes());
}

#[test]
fn at_most_16_kib_of_adjustments_are_told() {
    let row = |label: &str, metadata: Value, told: &[Value]| {
        let text = event_of("metadata", metadata).replace("\"@\"", "1e400");
        told.iter().fold(Row::stored(label, text), |row, one| row.with(one.clone()))
    };
    // Values below three long names, each of them with the whole way in its pointer.
    let (a, b, c) = ("a".repeat(250), "b".repeat(250), "\u{1}".repeat(250));
    let way = format!("/metadata/{a}/{b}/{c}");
    let deep = |count: usize| (0..count).map(|index| (format!("n{index:02}"), json!("@"))).collect::<Value>();
    let numbers = |count: usize| (0..count).map(|index| number_as_text(&format!("{way}/n{index:02}")));
    let nested = |count: usize| json!({ &a: { &b: { &c: deep(count) } } });
    let mut followed = nested(20);
    followed["z"] = json!("@");
    let and_a_short_one: Vec<Value> = numbers(20).chain([number_as_text("/metadata/z")]).collect();
    // 55 entries of which the last one's name is as long as the list allows, or longer.
    let flat = |last: usize| {
        let name = |index: usize| format!("{index:02}{}", "n".repeat(if index == 54 { last } else { 248 }));
        let names: Vec<String> = (0..55).map(name).collect();
        let numbers: Vec<Value> = names.iter().map(|name| number_as_text(&format!("/metadata/{name}"))).collect();
        (names.into_iter().map(|name| (name, json!("@"))).collect::<Value>(), numbers)
    };
    let last = (0..248).rev().find(|last| jcs::text(&json!(flat(*last).1)).len() <= 16 * 1024).unwrap();
    let ((just, all), (above, one_more)) = (flat(last), flat(last + 1));
    assert_eq!((jcs::text(&json!(all)).len(), listed(&one_more).len()), (16 * 1024, 55));
    let rows = [
        row("7 deep values", nested(7), &numbers(7).collect::<Vec<_>>()),
        row("64 deep values", nested(64), &listed(&numbers(64).collect::<Vec<_>>())),
        row("a short one behind what is left out", followed, &listed(&and_a_short_one)),
        row("16 KiB", just, &all),
        row("16 KiB and a byte", above, &listed(&one_more)),
    ];
    assert_rows(5, &rows);
}

#[test]
fn the_clock_has_its_place_among_16_kib_of_adjustments() {
    let numbers: Vec<Value> =
        (0..60).map(|index| number_as_text(&format!("/metadata/{index:02}{}", "n".repeat(250)))).collect();
    let metadata: Value = (0..60).map(|index| (format!("{index:02}{}", "n".repeat(250)), json!("@"))).collect();
    let late = clock("2030-01-01T00:00:00.000000Z");
    let all = listed(&[&numbers[..], std::slice::from_ref(&late)].concat());
    assert_eq!(all[all.len() - 2..], [late, more(60 + 2 - all.len())]);
    let text = event_of("metadata", metadata).replace("\"@\"", "1e400");
    let text = text.replacen('{', r#"{"occurred_at":"2030-01-01T00:00:00Z","#, 1);
    assert_rows(1, &[all.iter().fold(Row::stored("a clock", text), |row, one| row.with(one.clone()))]);
}
