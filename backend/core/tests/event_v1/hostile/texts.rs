//! Every field of text, with every text that clients, proxies and attackers send.

use auditlog_core::event::violation::code;
use serde_json::{Value, json};

use super::{
    adjustments::{cut, defaulted, replaced, sha256},
    fields::{Empty, TEXT_FIELDS, TextField, event_of, event_with},
    row::{Row, assert_rows, beginning},
};

/// A text as JSON writes it, and as it is with U+FFFD for the characters that no event holds.
struct Sample {
    name: &'static str,
    literal: String,
    text: String,
    is_replaced: bool,
}

/// A text without characters that are replaced.
fn plain(name: &'static str, text: impl Into<String>) -> Sample {
    let text = text.into();
    Sample { name, literal: Value::from(text.as_str()).to_string(), text, is_replaced: false }
}

/// A text with characters that are replaced.
fn broken(name: &'static str, literal: &str, text: impl Into<String>) -> Sample {
    Sample { name, literal: format!("\"{literal}\""), text: text.into(), is_replaced: true }
}

fn samples(bytes_max: usize) -> Vec<Sample> {
    let controls: String = ('\u{1}'..=' ').chain('\u{7f}'..='\u{a0}').collect();
    let long = "x".repeat(bytes_max);
    vec![
        plain("just fits", long.clone()),
        plain("one byte too long", "x".repeat(bytes_max + 1)),
        plain("one character too long", format!("{}\u{e9}", &long[1..])),
        plain("two bytes each", format!("x{}", "\u{e9}".repeat(bytes_max / 2))),
        plain("three bytes each", "\u{8a9e}".repeat(bytes_max / 3 + 1)),
        plain("emoji", "\u{1f600}".repeat(bytes_max / 4 + 1)),
        plain("emoji of several characters", "\u{1f469}\u{200d}\u{1f680}\u{1f3fd}"),
        plain("combining marks", format!("Z{}", "\u{351}\u{36b}".repeat(bytes_max / 4))),
        plain("right to left", "\u{645}\u{631}\u{62d}\u{628}\u{627} \u{5e9}\u{5dc}\u{5d5}\u{5dd}"),
        plain("bidirectional controls", "invoice\u{202e}fdp.exe\u{2066}x\u{2069}\u{200f}"),
        plain("invisible", "\u{feff}\u{200b}\u{ad}\u{2060}\u{e0001}"),
        plain("noncharacters", "\u{fffe}\u{ffff}\u{1ffff}\u{10ffff}"),
        plain("replacement character", "\u{fffd}"),
        plain("every control character", controls),
        plain("line breaks", "one\r\ntwo\nthree\u{85}\u{2028}\u{2029}"),
        plain("terminal", "\u{1b}[2J\u{1b}]0;title\u{7}\u{9b}31m"),
        plain("white space", " \t\u{a0} "),
        plain("markup", "<script>alert('x')</script>&amp;<!--]]>"),
        plain("expressions", "${jndi:ldap://a/b} {{7*7}} %n%s %00 '; DROP TABLE events;-- =cmd|'/c calc'!A1"),
        plain("paths", "..\\..\\windows /../../etc/passwd file:///etc/passwd"),
        plain("quotes", "\" \\ \\\" \\u0000 / '"),
        plain("json", "{\"a\":[null,\"\\u0000\"]}"),
        broken("U+0000", "a\\u0000b", "a\u{fffd}b"),
        broken("nothing but U+0000", "\\u0000", "\u{fffd}"),
        broken("high half", "\\ud83dx", "\u{fffd}x"),
        broken("low half", "x\\ude00", "x\u{fffd}"),
        broken("halves in the wrong order", "\\ude00\\ud83d", "\u{fffd}\u{fffd}"),
        broken("half before a pair", "\\ud83d\\ud83d\\ude00", "\u{fffd}\u{1f600}"),
        broken(
            "U+0000 in a text that gets too long",
            &format!("\\u0000{}", &long[2..]),
            format!("\u{fffd}{}", &long[2..]),
        ),
        broken("U+0000 where it is cut off", &format!("{long}\\u0000"), format!("{long}\u{fffd}")),
    ]
}

fn row_of(field: &TextField, sample: &Sample) -> Row {
    let TextField { pointer, bytes_max, .. } = *field;
    let is_cut = sample.text.len() > bytes_max;
    let row = Row::stored(format!("{pointer}, {}", sample.name), event_with(pointer, &sample.literal))
        .with_any(sample.is_replaced.then(|| replaced(pointer)))
        .with_any(is_cut.then(|| cut(pointer, &sample.text)))
        .keeps(pointer, beginning(&sample.text, bytes_max));
    if pointer != "/raw/body" {
        return row;
    }
    if !is_cut {
        return row.lacks("/raw/sha256").lacks("/raw/size").lacks("/raw/truncated");
    }
    row.keeps("/raw/sha256", sha256(&sample.text)).keeps("/raw/size", sample.text.len()).keeps("/raw/truncated", true)
}

#[test]
fn every_text_in_every_field_is_stored() {
    let rows: Vec<Row> = TEXT_FIELDS
        .iter()
        .flat_map(|field| samples(field.bytes_max).into_iter().map(|sample| row_of(field, &sample)))
        .collect();
    assert_rows(1_300, &rows);
}

#[test]
fn a_text_of_900_kb_is_stored_in_every_field() {
    let sample = plain("900 KB", format!("{}\u{1f600}", "Mozilla/5.0 (".repeat(70_000)));
    let rows: Vec<Row> = TEXT_FIELDS.iter().map(|field| row_of(field, &sample)).collect();
    assert_rows(45, &rows);
}

#[test]
fn every_empty_value_in_every_field_is_absence_or_has_its_meaning() {
    let mut rows = Vec::new();
    for TextField { pointer, empty, .. } in &TEXT_FIELDS {
        for literal in ["\"\"", "null", "[]", "{}", "[ ]", "{\n}"] {
            let (label, text) = (format!("{pointer}, {literal}"), event_with(pointer, literal));
            let value: Value = serde_json::from_str(literal).unwrap();
            rows.push(match (empty, literal) {
                (Empty::Absent, _) | (Empty::Dropped, "\"\"") => Row::stored(label, text).lacks(*pointer),
                (Empty::Defaulted, "\"\"") => {
                    Row::stored(label, text).with(defaulted(pointer)).keeps(*pointer, "unknown")
                }
                // Then no member of the object has a value.
                (Empty::Defaulted, _) if *pointer == "/reason/text" => Row::stored(label, text).lacks("/reason"),
                (Empty::Defaulted, _) if *pointer == "/targets/1/name" => {
                    Row::refused(label, text, "/targets/1/id", code::MISSING_FIELD)
                }
                (Empty::Defaulted | Empty::Missing, _) => Row::refused(label, text, *pointer, code::MISSING_FIELD),
                (Empty::Kept, _) => Row::stored(label, text).keeps(*pointer, value),
                (Empty::Dropped, _) => Row::refused(label, text, *pointer, code::WRONG_TYPE),
            });
        }
    }
    assert_rows(270, &rows);
}

#[test]
fn a_value_that_is_no_text_is_a_mistake_of_the_producer() {
    let mut rows = Vec::new();
    for TextField { pointer, empty, .. } in &TEXT_FIELDS {
        for literal in ["7", "1e400", "true", "[\"x\"]", "{\"a\":\"\\u0000\"}", "[[[[{\"a\":[\"\\ud800\",-1e99]}]]]]"] {
            if *empty != Empty::Kept {
                let label = format!("{pointer}, {literal}");
                rows.push(Row::refused(label, event_with(pointer, literal), *pointer, code::WRONG_TYPE));
            }
        }
    }
    assert_rows(200, &rows);
}

#[test]
fn actions_are_trimmed_and_keep_no_control_characters() {
    let long = "x".repeat(256);
    let row = |literal: &str, kept: &str| {
        Row::stored(format!("action {literal:.100}"), event_with("/action", literal)).keeps("/action", kept)
    };
    let action = |adjustment: fn(&str) -> Value| adjustment("/action");
    let rows = [
        row("\"User Login\"", "User Login"),
        row("\"  user.login\\t\\r\\n\"", "user.login"),
        row("\"\\u00a0\\u2003user.login\\u3000\\u0085\"", "user.login"),
        row("\"\u{feff}user.login\"", "\u{feff}user.login"),
        row("\"\u{645}\u{631} \u{5e9}\u{202e}\"", "\u{645}\u{631} \u{5e9}\u{202e}"),
        row("\"\u{1f600}\"", "\u{1f600}"),
        row("\"s3:GetObject/../x\"", "s3:GetObject/../x"),
        row("\"POST /v1/{id}?a=%00\"", "POST /v1/{id}?a=%00"),
        row("\"user\\tlogin\"", "user\u{fffd}login").with(action(replaced)),
        row("\"user\\u0000login\"", "user\u{fffd}login").with(action(replaced)),
        row("\"\\u0000\"", "\u{fffd}").with(action(replaced)),
        row("\"\\u0001\"", "\u{fffd}").with(action(replaced)),
        row("\"\\u007f\u{9b}\\u001b[2J\"", "\u{fffd}\u{fffd}\u{fffd}[2J").with(action(replaced)),
        row("\"\\ud800 login \"", "\u{fffd} login").with(action(replaced)),
        row("\"\\u0000\\u0001\\udfff\"", "\u{fffd}\u{fffd}\u{fffd}").with(action(replaced)),
        row(&format!("\"{long}\""), &long),
        row(&format!("\" {long} \""), &long),
        row(&format!("\"{long}y\""), &long).with(cut("/action", &format!("{long}y"))),
        row(&format!("\"x{}\"", "\u{e9}".repeat(128)), &format!("x{}", "\u{e9}".repeat(127)))
            .with(cut("/action", &format!("x{}", "\u{e9}".repeat(128)))),
        // What is cut off begins with white space, which is removed too.
        row(&format!("\"x{}y\"", " ".repeat(300)), "x").with(cut("/action", &format!("x{}y", " ".repeat(300)))),
        row(&format!("\"\\n{}y\\u0000\"", &long[1..]), &format!("{}y", &long[1..]))
            .with(action(replaced))
            .with(cut("/action", &format!("{}y\u{fffd}", &long[1..]))),
        Row::refused("an empty action", event_with("/action", "\"\""), "/action", code::MISSING_FIELD),
        Row::refused("no action", event_with("/action", "null"), "/action", code::MISSING_FIELD),
        Row::refused("a blank action", event_with("/action", "\" \\t\\u3000\""), "/action", code::INVALID_VALUE),
        Row::refused("a numeric action", event_with("/action", "7"), "/action", code::WRONG_TYPE),
    ];
    assert_rows(25, &rows);
}

#[test]
fn paths_of_changes_stay_pointers() {
    let at = "/changes/0/path";
    let row = |label: &str, literal: &str, kept: &str| {
        Row::stored(format!("path {label}"), event_with(at, literal)).keeps(at, kept)
    };
    let refused = |label: &str, literal: &str, code| Row::refused(label, event_with(at, literal), at, code);
    let tildes = format!("/{}", "~1".repeat(600));
    let rows = [
        row("of the whole value", "\"\"", ""),
        row("of an empty name", "\"/\"", "/"),
        row("with escapes", "\"/a~1b/~0/0\"", "/a~1b/~0/0"),
        row("with controls and an emoji", "\"/\\u0001\\n\u{1f600}\"", "/\u{1}\n\u{1f600}"),
        row("with U+0000", "\"/a\\u0000\"", "/a\u{fffd}").with(replaced(at)),
        row("with half a pair", "\"/\\ud800/b\"", "/\u{fffd}/b").with(replaced(at)),
        row("that just fits", &format!("\"/{}\"", "x".repeat(1023)), &format!("/{}", "x".repeat(1023))),
        row("that is too long", &format!("\"/{}\"", "x".repeat(1024)), &format!("/{}", "x".repeat(1023)))
            .with(cut(at, &format!("/{}", "x".repeat(1024)))),
        // Of the escape that the limit divides, nothing is kept.
        row("cut in an escape", &format!("\"{tildes}\""), &tildes[..1023]).with(cut(at, &tildes)),
        row("of emoji", &format!("\"/{}\"", "\u{1f600}".repeat(300)), &format!("/{}", "\u{1f600}".repeat(255)))
            .with(cut(at, &format!("/{}", "\u{1f600}".repeat(300)))),
        refused("a path without a slash", "\"a\"", code::INVALID_VALUE),
        refused("a path with a wrong escape", "\"/a~2\"", code::INVALID_VALUE),
        refused("a path that ends in an escape", "\"/a~\"", code::INVALID_VALUE),
        refused("a path of U+0000", "\"\\u0000\"", code::INVALID_VALUE),
        refused("a long path without a slash", &format!("\"{}\"", "x".repeat(900_000)), code::INVALID_VALUE),
        refused("no path", "null", code::MISSING_FIELD),
        refused("an empty list as a path", "[]", code::MISSING_FIELD),
        refused("a number as a path", "0", code::WRONG_TYPE),
    ];
    assert_rows(18, &rows);
}

#[test]
fn actors_without_a_name_are_named_by_their_type() {
    let row =
        |actor: Value, id: &str| Row::stored(format!("actor {actor}"), event_of("actor", actor)).keeps("/actor/id", id);
    let mut rows = Vec::new();
    for kind in ["system", "anonymous", "unknown"] {
        rows.push(row(json!({"type": kind}), kind));
        rows.push(row(json!({"type": kind, "id": ""}), kind));
        rows.push(row(json!({"type": kind, "id": null}), kind));
        rows.push(row(json!({"type": kind, "id": {}}), kind));
        rows.push(row(json!({"type": kind, "id": " "}), " "));
    }
    for kind in ["user", "service", "api_key", "agent"] {
        rows.push(row(json!({"type": kind, "id": ""}), "unknown").with(defaulted("/actor/id")));
        let missing = event_of("actor", json!({"type": kind}));
        rows.push(Row::refused(format!("a nameless {kind}"), missing, "/actor/id", code::MISSING_FIELD));
    }
    assert_rows(23, &rows);
}

#[test]
fn targets_and_reasons_without_a_name_are_unknown() {
    let target = |value: Value| Row::stored(format!("target {value}"), event_of("targets", json!([value])));
    let reason = |value: Value| Row::stored(format!("reason {value}"), event_of("reason", value));
    let rows = [
        target(json!({"id": "", "name": "n"})).lacks("/targets/0/id").keeps("/targets/0/name", "n"),
        target(json!({"id": "i", "name": ""})).keeps("/targets/0/id", "i").lacks("/targets/0/name"),
        target(json!({"id": "", "name": ""}))
            .with(defaulted("/targets/0/id"))
            .keeps("/targets/0", json!({"id": "unknown"})),
        target(json!({"name": ""})).with(defaulted("/targets/0/name")).keeps("/targets/0", json!({"name": "unknown"})),
        target(json!({"name": "", "id": null}))
            .with(defaulted("/targets/0/name"))
            .keeps("/targets/0", json!({"name": "unknown"})),
        target(json!({"type": "", "name": "n", "url": "", "attributes": {}})).keeps("/targets/0", json!({"name": "n"})),
        reason(json!({"text": ""})).with(defaulted("/reason/text")).keeps("/reason", json!({"text": "unknown"})),
        reason(json!({"text": "", "ticket": ""}))
            .with(defaulted("/reason/text"))
            .keeps("/reason", json!({"text": "unknown"})),
        reason(json!({"text": "", "ticket": "T"}))
            .with(defaulted("/reason/text"))
            .keeps("/reason", json!({"text": "unknown", "ticket": "T"})),
        reason(json!({"ticket": ""})).lacks("/reason"),
    ];
    assert_rows(10, &rows);
}
