//! The objects and lists of an event: empty ones, ones of the wrong type, and members that do not exist.

use auditlog_core::event::violation::code;
use serde_json::Value;

use super::{
    fields::event_with,
    row::{Row, assert_rows},
};

/// The objects of an event with their members. Whether one is required decides what an empty value means.
const OBJECTS: [(&str, bool); 11] = [
    ("/actor", true),
    ("/source", true),
    ("/outcome", false),
    ("/context", false),
    ("/context/location", false),
    ("/reason", false),
    ("/producer", false),
    ("/raw", false),
    ("/metadata", false),
    ("/actor/attributes", false),
    ("/targets/0/attributes", false),
];

const LISTS: [&str; 5] = ["/on_behalf_of", "/targets", "/changes", "/actor/groups", "/on_behalf_of/0/groups"];

const EMPTY: [&str; 6] = ["null", "\"\"", "[]", "{}", "[\n]", "{\t}"];

#[test]
fn empty_objects_and_lists_are_absent() {
    let mut rows = Vec::new();
    let objects = OBJECTS.iter().copied();
    for (at, is_required) in objects.chain(LISTS.iter().map(|at| (*at, false))) {
        for literal in EMPTY {
            let (label, text) = (format!("{at}, {literal}"), event_with(at, literal));
            rows.push(match (at, is_required) {
                (_, true) => Row::refused(label, text, at, code::MISSING_FIELD),
                ("/outcome", _) => Row::stored(label, text).keeps("/outcome/status", "success"),
                _ => Row::stored(label, text).lacks(at),
            });
        }
    }
    assert_rows(96, &rows);
}

#[test]
fn an_object_or_list_of_another_type_is_a_mistake_of_the_producer() {
    let mut rows = Vec::new();
    for (at, _) in OBJECTS {
        for literal in ["7", "true", "\"x\"", "\"\\u0000\"", "[0]", "[{}]", "[[[\"\\ud800\"]]]", "1e400"] {
            rows.push(Row::refused(format!("{at}, {literal}"), event_with(at, literal), at, code::WRONG_TYPE));
        }
    }
    for at in LISTS {
        for literal in ["7", "true", "\"x\"", "{\"a\":1}", "{\"a\":{\"a\":1e99}}"] {
            rows.push(Row::refused(format!("{at}, {literal}"), event_with(at, literal), at, code::WRONG_TYPE));
        }
        for literal in ["[null]", "[7]", "[[]]", "[true]"] {
            let (label, item) = (format!("{at}, {literal}"), format!("{at}/0"));
            rows.push(Row::refused(label, event_with(at, literal), item, code::WRONG_TYPE));
        }
    }
    assert_rows(133, &rows);
}

#[test]
fn a_member_that_does_not_exist_is_a_mistake_of_the_producer() {
    let objects =
        ["", "/actor", "/source", "/outcome", "/context", "/context/location", "/reason", "/producer", "/raw"];
    let items = ["/on_behalf_of/0", "/targets/0", "/changes/0"];
    let names = ["x", "ID", "name ", "Type", "\u{1f600}", "a.b", "$set", "__proto__"];
    let mut rows = Vec::new();
    for object in objects.into_iter().chain(items) {
        for name in names {
            for literal in ["\"\"", "1e400", "{\"a\":[\"\\u0000\"]}"] {
                let at = format!("{object}/{name}");
                let text = event_with(&at, literal);
                rows.push(Row::refused(format!("{at}, {literal}"), text, at, code::UNKNOWN_FIELD));
            }
        }
    }
    for (name, shown) in [("a/b~c", "/a~1b~0c"), ("", "/")] {
        let text = event_with("/x", "1").replacen("\"x\"", &Value::from(name).to_string(), 1);
        rows.push(Row::refused(format!("{name:?}"), text, shown, code::UNKNOWN_FIELD));
    }
    let long = event_with("/x", "1").replacen("\"x\"", &format!("\"{}\"", "n".repeat(900_000)), 1);
    rows.push(Row::refused("a name of 900 KB", long, format!("/{}\u{2026}", "n".repeat(125)), code::UNKNOWN_FIELD));
    assert_rows(290, &rows);
}

#[test]
fn what_only_the_server_sets_is_refused() {
    let mut rows = Vec::new();
    for at in ["/received_at", "/submitted_by", "/adjustments", "/sequence", "/skewed", "/withheld", "/erased"] {
        for literal in ["\"x\"", "1", "true", "[{}]", "{\"a\":1}"] {
            rows.push(Row::refused(format!("{at}, {literal}"), event_with(at, literal), at, code::UNKNOWN_FIELD));
        }
    }
    assert_rows(35, &rows);
}

#[test]
fn a_byte_order_mark_before_an_event_is_skipped() {
    let event = event_with("/message", "\"x\"");
    let rows = [
        Row::stored("a mark", format!("\u{feff}{event}")).keeps("/message", "x"),
        Row::stored("a mark and white space", format!("\u{feff}\r\n {event}\n")).keeps("/message", "x"),
        Row::stored("a mark inside a text", event.replace("\"x\"", "\"\u{feff}x\"")).keeps("/message", "\u{feff}x"),
        Row::refused("two marks", format!("\u{feff}\u{feff}{event}"), "", code::MALFORMED_JSON),
        Row::refused("a mark behind", format!("{event}\u{feff}"), "", code::MALFORMED_JSON),
        Row::refused("a mark of UTF-16", format!("\u{fffe}{event}"), "", code::MALFORMED_JSON),
    ];
    assert_rows(6, &rows);
}
