//! Metadata, attributes and the values of changes, which may be any JSON.

use auditlog_core::event::{canonical::write_event, parse_canonical, parse_event, violation::code};
use serde_json::{Map, Value, json};

use super::{
    adjustments::{cut, json_as_text, number_as_text, replaced, sha256},
    fields::{event_of, event_with},
    row::{Row, assert_rows, beginning, check_stored},
};
use crate::{fixtures::complete, jcs};

/// Where an open object may stand, and the values that it may hold.
pub(super) const OBJECTS: [(&str, usize); 4] =
    [("/metadata", 256), ("/actor/attributes", 64), ("/on_behalf_of/0/attributes", 64), ("/targets/0/attributes", 64)];

fn row(at: &str, object: &Value) -> Row {
    let text = object.to_string();
    Row::stored(format!("{at}, {}", beginning(&text, 60)), event_with(at, &text))
}

fn members(count: usize, value: impl Fn(usize) -> Value) -> Value {
    (0..count).map(|index| (format!("n{index:05}"), value(index))).collect::<Map<_, _>>().into()
}

/// The first members of an object whose names are in order.
fn first(object: &Value, count: usize) -> Value {
    object.as_object().unwrap().iter().take(count).map(|(name, value)| (name.clone(), value.clone())).collect()
}

/// `levels` objects inside each other.
fn objects(levels: usize) -> String {
    format!("{}0{}", "{\"a\":".repeat(levels), "}".repeat(levels))
}

fn lists(levels: usize) -> String {
    format!("{}{}", "[".repeat(levels), "]".repeat(levels))
}

#[test]
fn any_json_is_a_value() {
    let mut rows = Vec::new();
    for (at, _) in OBJECTS {
        for object in [
            json!({"": ""}),
            json!({"null": null, "list": [], "object": {}, "text": "", "no": false}),
            json!({"a": [[], {}, [null], {"": {}}]}),
            json!({"a.b": 1, "a": {"b": 2}, "authorization.k8s.io/decision": "allow"}),
            json!({"__proto__": {"admin": true}, "constructor": 1, "$where": "1", "%s": 2}),
            json!({"/": 1, "~": 2, "~1": 3, "a/b~c": 4, " ": 5, "\"\\": 6}),
            json!({"\u{1}\n": 1, "\u{202e}x": 2, "\u{1f600}": 3, "\u{feff}": 4, "e\u{301}": 5, "\u{e9}": 6}),
            json!({"id": "x", "type": 7, "tenant_id": "other", "received_at": 1, "sequence": "9"}),
        ] {
            rows.push(row(at, &object).keeps(at, object));
        }
        // White space, escapes and the order of members have no meaning.
        let literal = "{ \"b\" :\n[ 1 , 2.50 ] , \"\\u0061\\/\" : \"\\u00e9\\ud83d\\ude00\" }";
        rows.push(
            Row::stored(format!("{at}, {literal}"), event_with(at, literal))
                .keeps(at, json!({"b": [1, 2.5], "a/": "\u{e9}\u{1f600}"})),
        );
    }
    assert_rows(36, &rows);
}

#[test]
fn values_beyond_the_limit_are_dropped_from_the_end() {
    let mut rows = Vec::new();
    for (at, values_max) in OBJECTS {
        let cut_off = |object: &Value| row(at, object).with(cut(at, &jcs::text(object)));
        let just = members(values_max, |index| json!(index));
        rows.push(row(at, &just).keeps(at, just));
        for over in [1, 500] {
            let object = members(values_max + over, |index| json!(index));
            rows.push(cut_off(&object).keeps(at, first(&object, values_max)));
        }
        // In the order of the canonical form, whatever the order in which they were sent.
        let reversed = (0..=values_max).rev().map(|index| format!("\"n{index:05}\":{index}")).collect::<Vec<_>>();
        let sorted = members(values_max + 1, |index| json!(index));
        rows.push(
            Row::stored(format!("{at}, reversed"), event_with(at, &format!("{{{}}}", reversed.join(","))))
                .with(cut(at, &jcs::text(&sorted)))
                .keeps(at, first(&sorted, values_max)),
        );
        // Empty lists and objects are values, and so are the entries of lists.
        let empty = members(values_max + 1, |index| if index % 2 == 0 { json!([]) } else { json!({}) });
        rows.push(cut_off(&empty).keeps(at, first(&empty, values_max)));
        let list = json!({"a": 1, "b": vec![0; values_max], "c": 1});
        rows.push(cut_off(&list).keeps(at, json!({"a": 1, "b": vec![0; values_max - 1]})));
        let nested = json!({"a": vec![0; values_max - 2], "b": {"c": [1], "d": [2, 3]}, "e": 0});
        rows.push(cut_off(&nested).keeps(at, json!({"a": vec![0; values_max - 2], "b": {"c": [1], "d": [2]}})));
        let full = json!({"a": vec![0; values_max], "b": {"c": {"d": [1]}}});
        rows.push(cut_off(&full).keeps(at, json!({"a": vec![0; values_max]})));
    }
    assert_rows(32, &rows);
}

#[test]
fn bytes_beyond_32_kib_are_dropped_from_the_end() {
    let text = |bytes: usize| "x".repeat(bytes);
    let mut rows = Vec::new();
    for (at, _) in OBJECTS {
        let cut_off = |object: &Value| row(at, object).with(cut(at, &jcs::text(object)));
        // Two braces, and of each member the empty_texts, the colon and the comma.
        let just = json!({"a": text(8184), "b": text(8185), "c": text(8185), "d": text(8185)});
        assert_eq!(just.to_string().len(), 32 * 1024);
        rows.push(row(at, &just).keeps(at, just.clone()));
        let over = json!({"a": text(8185), "b": text(8185), "c": text(8185), "d": text(8185)});
        rows.push(cut_off(&over).keeps(at, json!({"a": text(8185), "b": text(8185), "c": text(8185)})));
        let mut more = just.clone();
        more["e"] = json!("");
        rows.push(cut_off(&more).keeps(at, just));
        // Nothing stands behind the first value that does not fit, however small it is.
        let five = json!({"a": text(8192), "b": text(8192), "c": text(8192), "d": text(8192), "e": 1});
        rows.push(cut_off(&five).keeps(at, json!({"a": text(8192), "b": text(8192), "c": text(8192)})));
        let list = json!({"a": [text(8000), text(8000), text(8000), text(8000), text(8000)], "b": 1});
        rows.push(cut_off(&list).keeps(at, json!({"a": [text(8000), text(8000), text(8000), text(8000)]})));
        // A text of 8 KiB takes 48 KiB where every character is escaped.
        let escaped = json!({"a": 1, "b": "\u{1}".repeat(8192)});
        rows.push(cut_off(&escaped).keeps(at, json!({"a": 1})));
        rows.push(cut_off(&json!({"b": "\u{1}".repeat(8192)})).lacks(at));
        let names: Value = (0..63).map(|index| (format!("{index:02}{}", "\u{1}".repeat(200)), json!(0))).collect();
        // Each takes 1,205 bytes and a comma.
        rows.push(cut_off(&names).keeps(at, first(&names, 27)));
    }
    assert_rows(32, &rows);
}

/// Values from level 9 on become texts, in which brackets count and quotation marks are escaped again. What is stored
/// is within the limits, so that it is read back and stays as it is when it is sent again.
#[test]
fn deep_values_count_with_their_brackets_and_escapes() {
    let objects_without_names = |levels: usize| format!("{}1{}", "{\"\":".repeat(levels), "}".repeat(levels));
    for (at, values_max) in OBJECTS {
        for (value, count) in [
            (lists(107), values_max - 1),
            (objects_without_names(118), values_max - 1),
            (objects_without_names(118), 45),
            (format!("{}\"{}\"{}", "[".repeat(9), "\\u0001".repeat(1_350), "]".repeat(9)), 4),
            (objects_without_names(5), values_max - 1),
        ] {
            let members: Vec<String> = (0..count).map(|index| format!("\"n{index:05}\":{value}")).collect();
            let objects = [
                format!("{{{}}}", members.join(",")),
                format!("{{\"k\":[{}]}}", vec![value.as_str(); count].join(",")),
            ];
            for object in objects {
                let text = event_with(at, &object);
                let stored = check_stored(&text);
                assert_eq!(stored, Ok(()), "{count} values at {at}, {}", beginning(&value, 40));
            }
        }
    }
}

#[test]
fn long_texts_are_cut_and_the_whole_is_described_as_it_was_sent() {
    let mut rows = Vec::new();
    for (at, _) in OBJECTS {
        let long = "x".repeat(10_000);
        let object = json!({"a": long, "b": long, "c": long, "d": long});
        let kept = beginning(&long, 8192);
        let row = row(at, &object).with(cut(at, &jcs::text(&object)));
        // What was dropped has no adjustment of its own.
        let row = ["a", "b", "c"].iter().fold(row, |row, name| row.with(cut(&format!("{at}/{name}"), &long)));
        rows.push(row.keeps(at, json!({"a": kept, "b": kept, "c": kept})));
    }
    assert_rows(4, &rows);
}

#[test]
fn nothing_is_recorded_of_what_is_dropped() {
    let mut rows = Vec::new();
    for (at, values_max) in OBJECTS {
        let kept: Vec<&str> = vec!["k"; values_max];
        let text = format!("{{\"a\":{},\"b\":[{}]}}", json!(kept), vec!["\"\\u0000\""; 500].join(","));
        let whole = jcs::text(&json!({"a": kept, "b": vec!["\u{fffd}"; 500]}));
        let row = Row::stored(format!("{at}, broken texts"), event_with(at, &text)).with(cut(at, &whole));
        rows.push(row.keeps(at, json!({"a": kept})));
    }
    assert_rows(4, &rows);
}

#[test]
fn what_lies_below_the_eighth_level_is_kept_as_its_text() {
    let mut rows = Vec::new();
    for (at, _) in OBJECTS {
        for levels in [1, 7, 8] {
            let value: Value = serde_json::from_str(&objects(levels)).unwrap();
            rows.push(Row::stored(format!("{at}, {levels} levels"), event_with(at, &objects(levels))).keeps(at, value));
        }
        let eighth = format!("{at}{}", "/a".repeat(8));
        for levels in [9, 10, 64, 125] {
            let row = Row::stored(format!("{at}, {levels} levels"), event_with(at, &objects(levels)));
            rows.push(row.with(json_as_text(&eighth)).keeps(&eighth, objects(levels - 8)));
        }
        let seven = format!("{at}/a{}", "/0".repeat(7));
        for levels in [7, 8, 100] {
            let text = event_with(at, &format!("{{\"a\":{}}}", lists(levels)));
            let row = Row::stored(format!("{at}, {levels} lists"), text);
            rows.push(match levels {
                7 => row.keeps(format!("{at}/a{}", "/0".repeat(6)), json!([])),
                _ => row.with(json_as_text(&seven)).keeps(&seven, lists(levels - 7)),
            });
        }
    }
    assert_rows(40, &rows);
}

#[test]
fn nesting_is_bounded_by_that_of_the_whole_event() {
    // The levels around the object or value, the event itself included.
    let places = [("/metadata", 1), ("/actor/attributes", 2), ("/targets/0/attributes", 3), ("/changes/0/old", 3)];
    let mut rows = Vec::new();
    for (at, around) in places {
        let deepest = 128 - around;
        if at != "/changes/0/old" {
            let row = Row::stored(format!("{at}, 128 levels"), event_with(at, &objects(deepest)));
            rows.push(row.with(json_as_text(&format!("{at}{}", "/a".repeat(8)))));
        }
        for levels in [deepest + 1, deepest + 2, 10_000] {
            let pointer = format!("{at}{}", "/a".repeat(deepest));
            let text = event_with(at, &objects(levels));
            rows.push(Row::refused(format!("{at}, {levels} levels"), text, pointer, code::TOO_DEEP));
        }
    }
    let brackets = event_with("/metadata/k", &"[".repeat(900_000));
    let at_128 = format!("/metadata/k{}", "/0".repeat(126));
    rows.push(Row::refused("900,000 brackets that are not closed", brackets, at_128.clone(), code::MALFORMED_JSON));
    let closed = event_with("/metadata/k", &lists(450_000));
    rows.push(Row::refused("450,000 brackets", closed, at_128, code::TOO_DEEP));
    assert_rows(17, &rows);
}

/// The value of a change is the only one that is kept so deep, beyond what `serde_json` reads.
#[test]
fn a_change_is_kept_down_to_level_128() {
    let draft = parse_event(event_with("/changes/0/old", &objects(125)).as_bytes()).unwrap();
    assert!(draft.adjustments.is_empty());
    assert_eq!(draft.changes[0].old.as_ref().unwrap().as_str(), objects(125));
    let event = complete(draft);
    let mut canonical = String::new();
    write_event(&event, &mut canonical);
    assert_eq!(parse_canonical(&canonical).unwrap(), event);
}

#[test]
fn texts_made_of_json_are_cut_like_any_text() {
    let inner = format!("[\"{}\"]", "\u{e9}".repeat(5_000));
    let at = format!("/metadata{}", "/a".repeat(8));
    let text = format!("{}{inner}{}", "{\"a\":".repeat(8), "}".repeat(8));
    // Its own strings are escaped once more in the printed event.
    let empty_texts = format!("[{}]", vec!["\"\""; 1_000].join(","));
    let quoted_text = format!("{}{empty_texts}{}", "{\"a\":".repeat(8), "}".repeat(8));
    let unsorted = format!("{}{}{}", "{\"a\":".repeat(8), "{ \"b\" : 1.0, \"a\" : [ ] }", "}".repeat(8));
    let number = format!("{}[1e400]{}", "{\"a\":".repeat(8), "}".repeat(8));
    let rows = [
        Row::stored("a long list", event_with("/metadata", &text))
            .with(json_as_text(&at))
            .with(cut(&at, &inner))
            .keeps(&at, beginning(&inner, 8192)),
        Row::stored("many quotes", event_with("/metadata", &quoted_text))
            .with(json_as_text(&at))
            .keeps(&at, empty_texts),
        Row::stored("an object", event_with("/metadata", &unsorted))
            .with(json_as_text(&at))
            .keeps(&at, "{\"a\":[],\"b\":1}"),
        // The number is a text in it.
        Row::stored("a number", event_with("/metadata", &number))
            .with(json_as_text(&at))
            .with(number_as_text(&at))
            .keeps(&at, "[\"1e400\"]"),
    ];
    assert_rows(4, &rows);
}

/// A name as it is kept: its beginning and the hash of the whole.
pub(super) fn cut_name(name: &str) -> String {
    format!("{}~{}", beginning(name, 240), &sha256(name)[..8])
}

/// The pointer to a member.
pub(super) fn at_name(at: &str, name: &str) -> String {
    format!("{at}/{}", name.replace('~', "~0").replace('/', "~1"))
}

#[test]
fn names_that_are_cut_stay_distinct() {
    let mut rows = Vec::new();
    for (at, _) in OBJECTS {
        let just = "k".repeat(256);
        rows.push(row(at, &json!({just.clone(): 1})).keeps(at, json!({just.clone(): 1})));
        for (label, name) in [
            ("one byte too long", "k".repeat(257)),
            ("one character too long", format!("{}\u{1f600}", "k".repeat(253))),
            ("cut between characters", format!("k{}", "\u{1f600}".repeat(64))),
            ("of 100 KB", "k".repeat(100_000)),
        ] {
            let kept = cut_name(&name);
            let row =
                Row::stored(format!("{at}, a name {label}"), event_with(at, &json!({name.clone(): 1}).to_string()));
            rows.push(row.with(cut(&at_name(at, &kept), &name)).keeps(at, json!({kept: 1})));
        }
        // They share their first 300 bytes.
        let (one, two) = (format!("{}1", "k".repeat(300)), format!("{}2", "k".repeat(300)));
        let mut names = [(cut_name(&one), &one), (cut_name(&two), &two)];
        let object = json!({one.clone(): 1, two.clone(): 2, just.clone(): 3});
        let kept = json!({cut_name(&one): 1, cut_name(&two): 2, just: 3});
        names.sort();
        let row = Row::stored(format!("{at}, names that share a beginning"), event_with(at, &object.to_string()));
        let row = names.iter().fold(row, |row, (kept, name)| row.with(cut(&at_name(at, kept), name)));
        rows.push(row.keeps(at, kept));
    }
    assert_rows(24, &rows);
}

#[test]
fn a_pointer_below_a_name_that_was_cut_has_the_name_that_is_kept() {
    let name = "k".repeat(300);
    let kept = cut_name(&name);
    let at = at_name("/metadata", &kept);
    let long = "x".repeat(9_000);
    let rows = [
        Row::stored("a number", event_with("/metadata", &format!("{{\"{name}\":1e400}}")))
            .with(number_as_text(&at))
            .with(cut(&at, &name))
            .keeps(&at, "1e400"),
        Row::stored("a text in a list", event_with("/metadata", &format!("{{\"{name}\":[\"{long}\"]}}")))
            .with(cut(&at, &name))
            .with(cut(&format!("{at}/0"), &long)),
        Row::stored("U+0000", event_with("/metadata", &format!("{{\"{name}\":{{\"a\":\"\\u0000\"}}}}")))
            .with(cut(&at, &name))
            .with(replaced(&format!("{at}/a"))),
    ];
    assert_rows(3, &rows);
}

#[test]
fn names_that_become_equal_are_numbered() {
    let mut rows = Vec::new();
    for (at, _) in OBJECTS {
        let row = |literal: &str, kept: Value| {
            Row::stored(format!("{at}, {literal:.80}"), event_with(at, literal)).keeps(at, kept)
        };
        let named = |name: &str| replaced(&at_name(at, name));
        let (first, second, third) = ("\u{fffd}", "\u{fffd}~2", "\u{fffd}~3");
        rows.push(row("{\"\\u0000\":1}", json!({first: 1})).with(named(first)));
        // A name that was sent stays as it is, and the pointer is that of the other one.
        rows.push(row("{\"\u{fffd}\":1,\"\\u0000\":2}", json!({first: 1, second: 2})).with(named(second)));
        rows.push(row("{\"\\u0000\":2,\"\u{fffd}\":1}", json!({first: 1, second: 2})).with(named(second)));
        // Of several, the order of their values decides, and not that in which they were sent.
        for literal in ["{\"\\u0000\":1,\"\\ud800\":2,\"\\udfff\":3}", "{\"\\udfff\":3,\"\\u0000\":1,\"\\ud800\":2}"] {
            let row = row(literal, json!({first: 1, second: 2, third: 3}));
            rows.push(row.with(named(first)).with(named(second)).with(named(third)));
        }
        rows.push(
            row("{\"\\u0000\":1,\"\\ud800\":2,\"\u{fffd}~2\":3}", json!({first: 1, third: 2, second: 3}))
                .with(named(first))
                .with(named(third)),
        );
        // Equal but for what was replaced in them.
        for literal in [
            "{\"\\u0000\":[\"\u{fffd}\"],\"\\ud800\":[\"\\u0000\"]}",
            "{\"\\ud800\":[\"\\u0000\"],\"\\u0000\":[\"\u{fffd}\"]}",
        ] {
            let row = row(literal, json!({first: [first], second: [first]})).with(named(first)).with(named(second));
            rows.push(row.with(replaced(&format!("{}/0", at_name(at, second)))));
        }
        let twice = Row::stored(
            format!("{at}, adjusted inside"),
            event_with(at, "{\"\\u0000\":1e400,\"\\ud800\":[\"\\u0000\"]}"),
        );
        rows.push(
            twice
                .with(number_as_text(&at_name(at, first)))
                .with(named(first))
                .with(named(second))
                .with(replaced(&format!("{}/0", at_name(at, second))))
                .keeps(at, json!({first: "1e400", second: [first]})),
        );
    }
    let long = "k".repeat(253);
    let name = format!("{long}\u{fffd}");
    // The second gets too long by its number, and is cut.
    let second = format!("{name}~2");
    rows.push(
        Row::stored("long names", event_with("/metadata", &format!("{{\"{name}\":1,\"{long}\\u0000\":2}}")))
            .with(replaced(&at_name("/metadata", &cut_name(&second))))
            .with(cut(&at_name("/metadata", &cut_name(&second)), &second))
            .keeps("/metadata", json!({name: 1, cut_name(&second): 2})),
    );
    assert_rows(37, &rows);
}

#[test]
fn pointers_are_escaped_and_bounded() {
    let number = |at: &str, literal: &str| Row::stored(format!("{literal:.60}"), event_with(at, literal));
    let long = "n".repeat(2_000);
    let inside = format!("{{\"{long}\":{{\"b\":[1e400]}}}}");
    let deep = format!("{}1e400{}", format!("{{\"{}\":", "n".repeat(200)).repeat(8), "}".repeat(8));
    let rows = [
        number("/metadata", "{\"a/b~c\":1e400}").with(number_as_text("/metadata/a~1b~0c")),
        number("/metadata", "{\"\":[{\"\":1e400}]}").with(number_as_text("/metadata//0/")),
        number("/metadata", "{\"\\u0001\\\"\":1e400}").with(number_as_text("/metadata/\u{1}\"")),
        // Longer than 1 KiB: that of the nearest value around it.
        number("/changes/0/old", &inside).with(number_as_text("/changes/0/old")),
        number("/metadata", &deep)
            .with(number_as_text(&format!("/metadata{}", format!("/{}", "n".repeat(200)).repeat(5)))),
    ];
    assert_rows(5, &rows);
}

#[test]
fn values_of_changes_are_any_json_of_8_kib() {
    let mut rows = Vec::new();
    for at in ["/changes/0/old", "/changes/0/new"] {
        for literal in ["null", "\"\"", "[]", "{}", "0", "false", "{\"\":{\"\":[[],{}]}}"] {
            let value: Value = serde_json::from_str(literal).unwrap();
            rows.push(Row::stored(format!("{at}, {literal}"), event_with(at, literal)).keeps(at, value));
        }
        // A name is part of the value, however long it is.
        let named = json!({"n".repeat(2_000): 1});
        rows.push(Row::stored(format!("{at}, a long name"), event_with(at, &named.to_string())).keeps(at, named));
        let twice = "{\"\\u0000\":2,\"\\ud800\":1}";
        let row = ["\u{fffd}", "\u{fffd}~2"]
            .iter()
            .fold(Row::stored(format!("{at}, {twice}"), event_with(at, twice)), |row, name| {
                row.with(replaced(&at_name(at, name)))
            });
        rows.push(row.keeps(at, json!({"\u{fffd}": 1, "\u{fffd}~2": 2})));
        for (literal, kept) in [("\"a\\u0000\"", json!("a\u{fffd}")), ("[\"\\udc00\"]", json!(["\u{fffd}"]))] {
            let pointer = if kept.is_array() { format!("{at}/0") } else { at.to_owned() };
            let row = Row::stored(format!("{at}, {literal}"), event_with(at, literal));
            rows.push(row.with(replaced(&pointer)).keeps(at, kept));
        }
        let just = "x".repeat(8190);
        rows.push(Row::stored(format!("{at}, just fits"), event_with(at, &json!(just).to_string())).keeps(at, just));
        for (label, whole, kept) in [
            // The string that stands for the text of a string begins with a quote, which takes two bytes.
            ("a long text", json!("x".repeat(8191)), format!("\"{}", "x".repeat(8188))),
            ("a text of 900 KB", json!("x".repeat(900_000)), format!("\"{}", "x".repeat(8188))),
            ("a list of numbers", json!(vec![7; 5_000]), beginning(&json!(vec![7; 5_000]).to_string(), 8190)),
            ("an object", members(1_000, |_| json!("\u{e9}")), text_within(&members(1_000, |_| json!("\u{e9}")))),
            ("controls", json!(["\u{1}".repeat(8_000)]), text_within(&json!(["\u{1}".repeat(8_000)]))),
        ] {
            let row = Row::stored(format!("{at}, {label}"), event_with(at, &whole.to_string()));
            rows.push(row.with(cut(at, &jcs::text(&whole))).keeps(at, kept));
        }
    }
    // What was adjusted inside a value that became a text has no pointer of its own any more.
    let long = "x".repeat(9_000);
    rows.push(
        Row::stored(
            "cut and adjusted",
            event_with("/changes/0/new", &format!("{{\"a\":[\"\\u0000\",1e400],\"b\":\"{long}\"}}")),
        )
        .with(number_as_text("/changes/0/new"))
        .with(replaced("/changes/0/new"))
        .with(cut("/changes/0/new", &format!("{{\"a\":[\"\u{fffd}\",\"1e400\"],\"b\":\"{long}\"}}")))
        .keeps("/changes/0/new", text_within(&json!({"a": ["\u{fffd}", "1e400"], "b": long}))),
    );
    assert_rows(35, &rows);
}

/// The longest beginning of the JCS text of a value whose own JCS text has at most 8 KiB.
fn text_within(value: &Value) -> String {
    let whole = jcs::text(value);
    let mut kept = beginning(&whole, 8190);
    while jcs::text(&json!(kept)).len() > 8192 {
        kept.pop();
    }
    kept
}

#[test]
fn adversarial_metadata_of_32_kib_is_stored() {
    let at = "/metadata";
    let kept = |label: &str, object: Value| Row::stored(label, event_of("metadata", object.clone())).keeps(at, object);
    let comb: Value =
        (0..8).map(|index| (format!("{index}"), serde_json::from_str::<Value>(&objects(7)).unwrap())).collect();
    let lists_of = |count: usize, item: Value| json!({"a": vec![item; count]});
    let cut_off = |label: &str, object: &Value, kept: Value| {
        Row::stored(label, event_of("metadata", object.clone())).with(cut(at, &jcs::text(object))).keeps(at, kept)
    };
    let zero_width: Value =
        (0..256).map(|index| ("\u{200b}".repeat(index % 85 + 1) + &index.to_string(), json!(0))).collect();
    let rows = [
        kept("a comb of eight levels", comb),
        kept("lists of empty lists", lists_of(256, json!([]))),
        kept("zero-width names", first(&zero_width, 200)),
        kept("escapes", json!({"a": "\"\\".repeat(4_096), "b": "\n".repeat(8_000)})),
        kept("numbers of many digits", members(256, |index| json!(f64::from(u32::try_from(index).unwrap()) + 0.1))),
        cut_off("10,000 empty lists", &lists_of(10_000, json!([])), lists_of(256, json!([]))),
        cut_off("10,000 empty names", &lists_of(10_000, json!({"": ""})), lists_of(256, json!({"": ""}))),
        cut_off("5,000 lists of lists", &lists_of(5_000, json!([[[]]])), lists_of(256, json!([[[]]]))),
        cut_off("5,000 names", &members(5_000, |_| json!(null)), members(256, |_| json!(null))),
        cut_off("one list of 16,000", &json!({"": vec![Value::Null; 6_000]}), json!({"": vec![Value::Null; 256]})),
    ];
    assert_rows(10, &rows);
}
