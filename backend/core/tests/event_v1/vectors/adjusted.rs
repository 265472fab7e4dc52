//! Events with values that are adjusted, for each code but `truncated`.

use serde_json::{Value, json};

use super::{
    adjustments::{clock, cut, defaulted, json_as_text, listed, more, number_as_text, parsed, parsed_beside, replaced},
    sent::{event, event_of, text_of},
    stored::{RECEIVED_AT, Stored, stored},
};

/// An id that is derived from an external id and a time before 1970, computed from the specification in another
/// language; and one of an external id with a character that is replaced.
const DERIVED_ID_BEFORE_1970: &str = "00000000-0000-7ef0-9b06-8f84a9ab176a";
const DERIVED_ID_REPLACED: &str = "018cc251-f400-797b-b1f2-c27c73387fab";

pub(super) fn all() -> Vec<Stored> {
    let parts = [clocks(), defaults(), replacements(), equal_names(), addresses(), numbers(), deep(), many(), order()];
    parts.into_iter().flatten().collect()
}

fn clocks() -> Vec<Stored> {
    let mut rows: Vec<Stored> = [
        ("24 hours and a microsecond ahead", "2024-11-15T11:00:01.000001Z", "2024-11-15T11:00:01.000001Z"),
        ("before 1970", "1970-01-01T00:00:00+00:01", "1969-12-31T23:59:00.000000Z"),
        ("the first year", "0001-01-01T00:00:00Z", "0001-01-01T00:00:00.000000Z"),
        ("the last time", "9999-12-31T23:59:59.9999999Z", "9999-12-31T23:59:59.999999Z"),
    ]
    .into_iter()
    .map(|(name, sent, original)| {
        stored(format!("clock: {name}"), event_of("occurred_at", &json!(sent))).adjusted(clock(original))
    })
    .collect();
    let external = [
        ("external_id", "\"a-1\""),
        ("occurred_at", "\"1969-12-31T23:59:59.999Z\""),
        ("source", r#"{"service":"github"}"#),
    ];
    rows.push(
        stored("clock: an external id", event(&external))
            .with("id", DERIVED_ID_BEFORE_1970)
            .with("external_id", "a-1")
            .with("occurred_at", RECEIVED_AT)
            .with("source", json!({"service": "github"}))
            .adjusted(clock("1969-12-31T23:59:59.999000Z")),
    );
    rows
}

fn defaults() -> Vec<Stored> {
    let actor = json!({"type": "user", "id": "unknown"});
    vec![
        stored("defaulted: actor.id", event(&[("actor", r#"{"type":"user","id":""}"#)]))
            .with("actor", actor.clone())
            .adjusted(defaulted("/actor/id")),
        stored("defaulted: on_behalf_of", event(&[("on_behalf_of", r#"[{"type":"user","id":""}]"#)]))
            .with("on_behalf_of", json!([actor]))
            .adjusted(defaulted("/on_behalf_of/0/id")),
        stored("defaulted: the id of a target", event(&[("targets", r#"[{"id":"","name":""}]"#)]))
            .with("targets", json!([{"id": "unknown"}]))
            .adjusted(defaulted("/targets/0/id")),
        stored("defaulted: the name of a target", event(&[("targets", r#"[{"type":"t","name":""}]"#)]))
            .with("targets", json!([{"type": "t", "name": "unknown"}]))
            .adjusted(defaulted("/targets/0/name")),
        stored("defaulted: reason.text", event(&[("reason", r#"{"text":"","ticket":"T-1"}"#)]))
            .with("reason", json!({"text": "unknown", "ticket": "T-1"}))
            .adjusted(defaulted("/reason/text")),
    ]
}

fn replacements() -> Vec<Stored> {
    let message = |name: &str, literal: &str, kept: &str| {
        let row = stored(format!("replaced: {name}"), event(&[("message", literal)]));
        row.with("message", kept).adjusted(replaced("/message"))
    };
    let external = [
        ("external_id", "\"\\udfff\""),
        ("occurred_at", "\"2024-01-01T00:00:00Z\""),
        ("source", r#"{"service":"github"}"#),
    ];
    vec![
        message("U+0000", r#""a\u0000b""#, "a\u{fffd}b"),
        message("a high half", r#""\ud83dx""#, "\u{fffd}x"),
        message("halves in the wrong order", r#""\ude00\ud83d""#, "\u{fffd}\u{fffd}"),
        message("half of a pair before a pair", r#""\ud83d\ud83d\ude00""#, "\u{fffd}\u{1f600}"),
        stored("replaced: control characters of an action", event(&[("action", r#""user\tlogin\u007f\u0085x""#)]))
            .with("action", "user\u{fffd}login\u{fffd}\u{fffd}x")
            .adjusted(replaced("/action")),
        stored("replaced: an action of U+0000", event(&[("action", r#""\u0000""#)]))
            .with("action", "\u{fffd}")
            .with("category", "other")
            .adjusted(replaced("/action")),
        stored("replaced: a group", event(&[("actor", r#"{"type":"user","id":"alice","groups":["","\u0000"]}"#)]))
            .with("actor", json!({"type": "user", "id": "alice", "groups": ["\u{fffd}"]}))
            .adjusted(replaced("/actor/groups/0")),
        stored("replaced: the path of a change", event(&[("changes", r#"[{"path":"/a\u0000","op":"add"}]"#)]))
            .with("changes", json!([{"path": "/a\u{fffd}", "op": "add"}]))
            .adjusted(replaced("/changes/0/path")),
        stored("replaced: a value of a change", event(&[("changes", r#"[{"path":"","op":"add","new":["\ud800"]}]"#)]))
            .with("changes", json!([{"path": "", "op": "add", "new": ["\u{fffd}"]}]))
            .adjusted(replaced("/changes/0/new/0")),
        stored("replaced: an external id", event(&external))
            .with("id", DERIVED_ID_REPLACED)
            .with("external_id", "\u{fffd}")
            .with("occurred_at", "2024-01-01T00:00:00.000000Z")
            .with("source", json!({"service": "github"}))
            .adjusted(replaced("/external_id")),
        stored("replaced: a service", event(&[("source", r#"{"service":"auditlog\u0000"}"#)]))
            .with("source", json!({"service": "auditlog\u{fffd}"}))
            .adjusted(replaced("/source/service")),
    ]
}

fn equal_names() -> Vec<Stored> {
    let metadata = |name: &str, literal: &str, kept: Value, pointers: &[&str]| {
        let row = stored(format!("replaced: {name}"), event(&[("metadata", literal)])).with("metadata", kept);
        row.adjusted_all(pointers.iter().map(|pointer| replaced(pointer)))
    };
    vec![
        metadata("a name", r#"{"\u0000":1}"#, json!({"\u{fffd}": 1}), &["/metadata/\u{fffd}"]),
        metadata(
            "a name that was sent too",
            "{\"\\u0000\":2,\"\u{fffd}\":1}",
            json!({"\u{fffd}": 1, "\u{fffd}~2": 2}),
            &["/metadata/\u{fffd}~02"],
        ),
    ]
}

fn addresses() -> Vec<Stored> {
    let within = [
        ("203.0.113.7:51234", "203.0.113.7"),
        ("[2001:DB8::1]:443", "2001:db8::1"),
        ("[2001:db8::1]", "2001:db8::1"),
        ("fe80::1%eth0", "fe80::1"),
        ("[fe80::1%25eth0]:8080", "fe80::1"),
        ("[::ffff:192.0.2.1]:80", "192.0.2.1"),
        (" 203.0.113.7\n", "203.0.113.7"),
        ("203.0.113.7, 10.0.0.1", "203.0.113.7"),
        ("unknown, client.example.org, 203.0.113.7", "203.0.113.7"),
        ("010.0.0.1, 1.2.3.4:99999, 203.0.113.7", "203.0.113.7"),
        ("\"[2001:db8::1]:443\", 10.0.0.1", "2001:db8::1"),
        (",,203.0.113.7", "203.0.113.7"),
    ];
    let absent = ["unknown", "-", ",", "1.2.3", "010.0.0.1", "1.2.3.4/24", "fe80::1%", "[10.0.0.1", "localhost:80"];
    let beside = |text: &str| event_of("context", &json!({"ip": text, "address": "edge-3"}));
    let long = vec!["203.0.113.7"; 30].join(", ");
    let mut rows: Vec<Stored> = Vec::new();
    for (text, ip) in within {
        rows.push(
            stored(format!("parsed: {text:?}"), event_of("context", &json!({"ip": text})))
                .with("context", json!({"ip": ip, "address": text}))
                .adjusted(parsed()),
        );
    }
    for text in absent {
        rows.push(
            stored(format!("parsed: no address in {text:?}"), event_of("context", &json!({"ip": text})))
                .with("context", json!({"address": text}))
                .adjusted(parsed()),
        );
    }
    rows.extend([
        stored("parsed: beside a text", beside("203.0.113.7:80"))
            .with("context", json!({"ip": "203.0.113.7", "address": "edge-3"}))
            .adjusted(parsed_beside("203.0.113.7:80")),
        stored("parsed: no address beside a text", beside("AWS Internal"))
            .with("context", json!({"address": "edge-3"}))
            .adjusted(parsed_beside("AWS Internal")),
        stored("parsed: a long text beside a text", beside(&long))
            .with("context", json!({"ip": "203.0.113.7", "address": "edge-3"}))
            .adjusted(parsed_beside(&long[..256])),
        stored("parsed: an entry of more than 256 bytes", event_of("context", &json!({"ip": text_of(300)})))
            .with("context", json!({"address": text_of(300)}))
            .adjusted(parsed()),
        stored("parsed: a text that is cut", event_of("context", &json!({"ip": format!("::1,{}", text_of(2_000))})))
            .with("context", json!({"ip": "::1", "address": format!("::1,{}", text_of(1_020))}))
            .adjusted(cut("/context/address", &format!("::1,{}", text_of(2_000))))
            .adjusted(parsed()),
    ]);
    rows
}

fn numbers() -> Vec<Stored> {
    let mut rows: Vec<Stored> = [
        "9007199254740993",
        "-9007199254740993",
        "9007199254740992.5",
        "1e16",
        "1E+20",
        "18446744073709551616",
        "123456789012345678901234567890.5",
        "-1e400",
    ]
    .into_iter()
    .map(|literal| {
        let row =
            stored(format!("number_as_text: {literal}"), event(&[("metadata", &format!("{{\"n\": {literal} }}"))]));
        row.with("metadata", json!({"n": literal})).adjusted(number_as_text("/metadata/n"))
    })
    .collect();
    rows.extend([
        stored("number_as_text: attributes", event(&[("targets", r#"[{"id":"t","attributes":{"a/b":[1,1e400]}}]"#)]))
            .with("targets", json!([{"id": "t", "attributes": {"a/b": [1, "1e400"]}}]))
            .adjusted(number_as_text("/targets/0/attributes/a~1b/1")),
        stored("number_as_text: a change", event(&[("changes", r#"[{"path":"","op":"add","old":1e400,"new":1}]"#)]))
            .with("changes", json!([{"path": "", "op": "add", "old": "1e400", "new": 1}]))
            .adjusted(number_as_text("/changes/0/old")),
    ]);
    rows
}

fn deep() -> Vec<Stored> {
    let nested = |inner: &str| format!(r#"{{"a":{{"b":{{"c":{{"d":{{"e":{{"f":{{"g":{{"h":{inner}}}}}}}}}}}}}}}}}"#);
    let kept = |text: &str| json!({"a": {"b": {"c": {"d": {"e": {"f": {"g": {"h": text}}}}}}}});
    let at = "/metadata/a/b/c/d/e/f/g/h";
    let metadata = |name: &str, literal: &str, text: &str| {
        stored(format!("json_as_text: {name}"), event(&[("metadata", &nested(literal))])).with("metadata", kept(text))
    };
    vec![
        metadata("an object", r#"{"j":"x", "i":[1.0]}"#, r#"{"i":[1],"j":"x"}"#).adjusted(json_as_text(at)),
        metadata("an empty list", "[ ]", "[]").adjusted(json_as_text(at)),
        stored("levels: the eighth", event(&[("metadata", &nested("1"))]))
            .with("metadata", json!({"a": {"b": {"c": {"d": {"e": {"f": {"g": {"h": 1}}}}}}}})),
        metadata("a number inside", "[1e400]", r#"["1e400"]"#).adjusted(json_as_text(at)).adjusted(number_as_text(at)),
    ]
}

/// More adjustments than an event lists.
fn many() -> Vec<Stored> {
    let numbers = |count: usize| {
        let members: Vec<String> = (0..count).map(|index| format!("\"n{index:03}\":1e400")).collect();
        format!("{{{}}}", members.join(","))
    };
    let kept = |count: usize| super::sent::members(count, |_| json!("1e400"));
    let adjusted = |count: usize| (0..count).map(|index| number_as_text(&format!("/metadata/n{index:03}")));
    let (late, late_time) = ("2030-01-01T00:00:00.000000Z", ("occurred_at", "\"2030-01-01T00:00:00Z\""));
    // Names of 250 bytes above a value: with its own name its pointer has more than 1 KiB.
    let names = ["a", "b", "c", "d"].map(|name| name.repeat(250));
    let around =
        |inner: &str| names.iter().rev().fold(inner.to_owned(), |inner, name| format!("{{\"{name}\":{inner}}}"));
    let long = |inner: &str| serde_json::from_str::<Value>(&around(inner)).expect("JSON");
    let deep = |count: usize| format!("/metadata/{}/n{count:02}", names[..3].join("/"));
    let below = |value: &str| {
        let members: Vec<String> = (0..64).map(|index| format!("\"n{index:02}\":{value}")).collect();
        let inner = format!("{{{}}}", members.join(","));
        names[..3].iter().rev().fold(inner, |inner, name| format!("{{\"{name}\":{inner}}}"))
    };
    let all: Vec<Value> = (0..64).map(|index| number_as_text(&deep(index))).collect();
    vec![
        stored("more: 64 adjustments", event(&[("metadata", &numbers(64))]))
            .with("metadata", kept(64))
            .adjusted_all(adjusted(64)),
        stored("more: 65 adjustments", event(&[("metadata", &numbers(65))]))
            .with("metadata", kept(65))
            .adjusted_all(adjusted(63))
            .adjusted(more(2)),
        stored("more: 64 adjustments and a clock", event(&[("metadata", &numbers(64)), late_time]))
            .with("metadata", kept(64))
            .adjusted_all(adjusted(62))
            .adjusted(clock(late))
            .adjusted(more(2)),
        stored("more: 16 KiB of adjustments", event(&[("metadata", &below("1e400"))]))
            .with("metadata", serde_json::from_str::<Value>(&below("\"1e400\"")).expect("JSON"))
            .adjusted_all(listed(&all)),
        stored("a pointer of more than 1 KiB", event(&[("metadata", &around(r#"{"the last name":1e400}"#))]))
            .with("metadata", long(r#"{"the last name":"1e400"}"#))
            .adjusted(number_as_text(&format!("/metadata/{}", names.join("/")))),
    ]
}

/// Adjustments of several fields stand in the order of their pointers, and then of their codes.
fn order() -> Vec<Stored> {
    let members = [
        ("targets", r#"[{"id":"","attributes":{"z":1e400,"a\u0000":1e400}}]"#),
        ("context", r#"{"ip":"?"}"#),
        ("occurred_at", "\"1969-01-01T00:00:00Z\""),
        ("outcome", r#"{"reason":"\u0000","code":"\u0000"}"#),
        ("actor", r#"{"type":"user","id":""}"#),
    ];
    vec![
        stored("the order of adjustments", event(&members))
            .with("targets", json!([{"id": "unknown", "attributes": {"z": "1e400", "a\u{fffd}": "1e400"}}]))
            .with("context", json!({"address": "?"}))
            .with("outcome", json!({"status": "success", "reason": "\u{fffd}", "code": "\u{fffd}"}))
            .with("actor", json!({"type": "user", "id": "unknown"}))
            .adjusted(defaulted("/actor/id"))
            .adjusted(parsed())
            .adjusted(clock("1969-01-01T00:00:00.000000Z"))
            .adjusted(replaced("/outcome/code"))
            .adjusted(replaced("/outcome/reason"))
            .adjusted(number_as_text("/targets/0/attributes/a\u{fffd}"))
            .adjusted(replaced("/targets/0/attributes/a\u{fffd}"))
            .adjusted(number_as_text("/targets/0/attributes/z"))
            .adjusted(defaulted("/targets/0/id")),
    ]
}
