//! The tables: which value of which member breaks the structure of an event.

use auditlog_core::event::violation::code;
use serde_json::{Value, json};

/// One member of the event, and its violation.
pub(crate) type Row = (&'static str, Value, &'static str, &'static str);

pub(crate) fn nested(depth: usize) -> Value {
    (0..depth).fold(json!(0), |inner, _| json!([inner]))
}

pub(crate) fn required_rows() -> Vec<Row> {
    vec![
        ("action", Value::Null, "/action", code::MISSING_FIELD),
        ("action", json!([]), "/action", code::MISSING_FIELD),
        ("action", json!(""), "/action", code::MISSING_FIELD),
        ("action", json!(7), "/action", code::WRONG_TYPE),
        ("action", json!({"a": 1}), "/action", code::WRONG_TYPE),
        ("action", json!("  "), "/action", code::INVALID_VALUE),
        ("action", json!("\t\u{a0}\u{2003}\n"), "/action", code::INVALID_VALUE),
        ("actor", Value::Null, "/actor", code::MISSING_FIELD),
        ("actor", json!({}), "/actor", code::MISSING_FIELD),
        ("actor", json!(""), "/actor", code::MISSING_FIELD),
        ("actor", json!("alice"), "/actor", code::WRONG_TYPE),
        ("actor", json!([{"type": "user", "id": "a"}]), "/actor", code::WRONG_TYPE),
        ("actor", json!({"type": "user"}), "/actor/id", code::MISSING_FIELD),
        ("actor", json!({"type": "user", "id": null}), "/actor/id", code::MISSING_FIELD),
        ("actor", json!({"type": "agent", "name": "Alice"}), "/actor/id", code::MISSING_FIELD),
        ("actor", json!({"id": "alice"}), "/actor/type", code::MISSING_FIELD),
        ("actor", json!({"type": "", "id": "alice"}), "/actor/type", code::MISSING_FIELD),
        ("actor", json!({"type": "user", "id": 7}), "/actor/id", code::WRONG_TYPE),
        ("actor", json!({"type": "unknown", "id": 7}), "/actor/id", code::WRONG_TYPE),
        ("actor", json!({"type": "person", "id": "a"}), "/actor/type", code::INVALID_VALUE),
        ("actor", json!({"type": "User", "id": "a"}), "/actor/type", code::INVALID_VALUE),
        ("actor", json!({"type": "user", "id": "a", "role": "x"}), "/actor/role", code::UNKNOWN_FIELD),
        ("actor", json!({"type": "user", "id": "a", "name": 1}), "/actor/name", code::WRONG_TYPE),
        ("actor", json!({"type": "user", "id": "a", "email": true}), "/actor/email", code::WRONG_TYPE),
        ("actor", json!({"type": "user", "id": "a", "groups": "x"}), "/actor/groups", code::WRONG_TYPE),
        ("actor", json!({"type": "user", "id": "a", "groups": ["x", 1]}), "/actor/groups/1", code::WRONG_TYPE),
        ("actor", json!({"type": "user", "id": "a", "groups": ["", 1]}), "/actor/groups/1", code::WRONG_TYPE),
        ("actor", json!({"type": "user", "id": "a", "groups": [null]}), "/actor/groups/0", code::WRONG_TYPE),
        ("actor", json!({"type": "user", "id": "a", "attributes": ["x"]}), "/actor/attributes", code::WRONG_TYPE),
        ("actor", json!({"type": "user", "id": "a", "attributes": "x"}), "/actor/attributes", code::WRONG_TYPE),
        ("source", Value::Null, "/source", code::MISSING_FIELD),
        ("source", json!({"host": "h"}), "/source/service", code::MISSING_FIELD),
        ("source", json!({"service": ""}), "/source/service", code::MISSING_FIELD),
        ("source", json!({"service": 1}), "/source/service", code::WRONG_TYPE),
        ("source", json!({"service": "s", "host": ["h"]}), "/source/host", code::WRONG_TYPE),
        ("source", json!({"service": "s", "zone": "x"}), "/source/zone", code::UNKNOWN_FIELD),
        ("source", json!(["s"]), "/source", code::WRONG_TYPE),
    ]
}

pub(crate) fn plain_rows() -> Vec<Row> {
    vec![
        ("id", json!("01932b5e-7c00-4abc-8def-0123456789ab"), "/id", code::INVALID_VALUE),
        ("id", json!("01932b5e-7c00-7abc-cdef-0123456789ab"), "/id", code::INVALID_VALUE),
        ("id", json!("01932b5e7c007abc8def0123456789ab"), "/id", code::INVALID_VALUE),
        ("id", json!("42"), "/id", code::INVALID_VALUE),
        ("id", json!(42), "/id", code::WRONG_TYPE),
        ("external_id", json!(42), "/external_id", code::WRONG_TYPE),
        ("external_id", json!("a-1"), "/occurred_at", code::MISSING_FIELD),
        ("tenant_id", json!(1), "/tenant_id", code::WRONG_TYPE),
        ("occurred_at", json!("yesterday"), "/occurred_at", code::INVALID_TIMESTAMP),
        ("occurred_at", json!("2024-01-01"), "/occurred_at", code::INVALID_TIMESTAMP),
        ("occurred_at", json!("2024-01-01T00:00:00"), "/occurred_at", code::INVALID_TIMESTAMP),
        ("occurred_at", json!("2024-02-30T00:00:00Z"), "/occurred_at", code::INVALID_TIMESTAMP),
        ("occurred_at", json!("2024-01-01T00:00:00.Z"), "/occurred_at", code::INVALID_TIMESTAMP),
        ("occurred_at", json!(1_700_000_000), "/occurred_at", code::WRONG_TYPE),
        ("received_at", json!("2024-01-01T00:00:00Z"), "/received_at", code::UNKNOWN_FIELD),
        ("submitted_by", json!({"type": "server"}), "/submitted_by", code::UNKNOWN_FIELD),
        ("adjustments", json!([{"pointer": "", "code": "more"}]), "/adjustments", code::UNKNOWN_FIELD),
        ("sequence", json!("1"), "/sequence", code::UNKNOWN_FIELD),
        ("a/b~c", json!(1), "/a~1b~0c", code::UNKNOWN_FIELD),
        ("", json!(1), "/", code::UNKNOWN_FIELD),
        ("category", json!("login"), "/category", code::INVALID_VALUE),
        ("category", json!(false), "/category", code::WRONG_TYPE),
        ("severity", json!("warning"), "/severity", code::INVALID_VALUE),
        ("severity", json!(3), "/severity", code::WRONG_TYPE),
        ("outcome", json!("success"), "/outcome", code::WRONG_TYPE),
        ("outcome", json!({"status": "ok"}), "/outcome/status", code::INVALID_VALUE),
        ("outcome", json!({"code": 404}), "/outcome/code", code::WRONG_TYPE),
        ("outcome", json!({"detail": "x"}), "/outcome/detail", code::UNKNOWN_FIELD),
        ("message", json!(["x"]), "/message", code::WRONG_TYPE),
        ("reason", json!({"ticket": "T-1"}), "/reason/text", code::MISSING_FIELD),
        ("reason", json!("because"), "/reason", code::WRONG_TYPE),
        ("producer", json!({"id": "p"}), "/producer/sequence", code::MISSING_FIELD),
        ("producer", json!({"sequence": 1}), "/producer/id", code::MISSING_FIELD),
        ("producer", json!({"id": "", "sequence": 1}), "/producer/id", code::MISSING_FIELD),
        ("producer", json!({"id": "p", "sequence": -1}), "/producer/sequence", code::INVALID_VALUE),
        ("producer", json!({"id": "p", "sequence": 1.5}), "/producer/sequence", code::INVALID_VALUE),
        ("producer", json!({"id": "p", "sequence": "1"}), "/producer/sequence", code::WRONG_TYPE),
        (
            "producer",
            json!({"id": "p", "sequence": 9_007_199_254_740_993_u64}),
            "/producer/sequence",
            code::NUMBER_OUT_OF_RANGE,
        ),
        ("raw", json!({"body": "b"}), "/raw/format", code::MISSING_FIELD),
        ("raw", json!({"format": "", "body": "b"}), "/raw/format", code::MISSING_FIELD),
        ("raw", json!({"format": "f", "body": {"a": 1}}), "/raw/body", code::WRONG_TYPE),
        ("raw", json!({"format": "f", "body": "b", "size": 1}), "/raw/sha256", code::MISSING_FIELD),
        ("raw", json!({"format": "f", "sha256": "ab".repeat(32)}), "/raw/size", code::MISSING_FIELD),
        ("raw", json!({"format": "f", "truncated": true, "size": 1}), "/raw/sha256", code::MISSING_FIELD),
        ("raw", json!({"format": "f", "size": 1, "sha256": "AB".repeat(32)}), "/raw/sha256", code::INVALID_VALUE),
        ("raw", json!({"format": "f", "size": 1, "sha256": "ab".repeat(31)}), "/raw/sha256", code::INVALID_VALUE),
        ("raw", json!({"format": "f", "size": -1, "sha256": "ab".repeat(32)}), "/raw/size", code::INVALID_VALUE),
        (
            "raw",
            json!({"format": "f", "size": 1e300, "sha256": "ab".repeat(32)}),
            "/raw/size",
            code::NUMBER_OUT_OF_RANGE,
        ),
        (
            "raw",
            json!({"format": "f", "truncated": false, "size": 1, "sha256": "ab".repeat(32)}),
            "/raw/truncated",
            code::INVALID_VALUE,
        ),
        (
            "raw",
            json!({"format": "f", "truncated": "true", "size": 1, "sha256": "ab".repeat(32)}),
            "/raw/truncated",
            code::WRONG_TYPE,
        ),
    ]
}

pub(crate) fn nested_rows() -> Vec<Row> {
    let actor = json!({"type": "user", "id": "a"});
    let target = json!({"type": "file", "id": "f"});
    vec![
        ("on_behalf_of", actor.clone(), "/on_behalf_of", code::WRONG_TYPE),
        ("on_behalf_of", json!([actor, {"id": "b"}]), "/on_behalf_of/1/type", code::MISSING_FIELD),
        ("on_behalf_of", json!([actor, {}]), "/on_behalf_of/1/type", code::MISSING_FIELD),
        ("on_behalf_of", json!([actor, null]), "/on_behalf_of/1", code::WRONG_TYPE),
        ("targets", target.clone(), "/targets", code::WRONG_TYPE),
        ("targets", json!([target, {"type": "file"}]), "/targets/1/id", code::MISSING_FIELD),
        ("targets", json!([target, {}]), "/targets/1/id", code::MISSING_FIELD),
        ("targets", json!([target, ""]), "/targets/1", code::WRONG_TYPE),
        ("targets", json!([{"id": null, "name": null, "url": "u"}]), "/targets/0/id", code::MISSING_FIELD),
        ("targets", json!([{"id": "f", "attributes": [1]}]), "/targets/0/attributes", code::WRONG_TYPE),
        ("targets", json!([{"id": "f", "kind": "x"}]), "/targets/0/kind", code::UNKNOWN_FIELD),
        ("changes", json!([{"op": "add"}]), "/changes/0/path", code::MISSING_FIELD),
        ("changes", json!([{"path": "/a"}]), "/changes/0/op", code::MISSING_FIELD),
        ("changes", json!([{"path": "/a", "op": ""}]), "/changes/0/op", code::MISSING_FIELD),
        ("changes", json!([{"path": "a", "op": "add"}]), "/changes/0/path", code::INVALID_VALUE),
        ("changes", json!([{"path": "/a~2", "op": "add"}]), "/changes/0/path", code::INVALID_VALUE),
        ("changes", json!([{"path": "#/a", "op": "add"}]), "/changes/0/path", code::INVALID_VALUE),
        ("changes", json!([{"path": ["a"], "op": "add"}]), "/changes/0/path", code::WRONG_TYPE),
        ("changes", json!([{"path": "", "op": "move"}]), "/changes/0/op", code::INVALID_VALUE),
        ("changes", json!([{"path": "", "op": "add", "from": "/a"}]), "/changes/0/from", code::UNKNOWN_FIELD),
        ("context", json!({"ip": 16_909_060}), "/context/ip", code::WRONG_TYPE),
        ("context", json!({"ip": ["10.0.0.1"]}), "/context/ip", code::WRONG_TYPE),
        ("context", json!({"address": 1}), "/context/address", code::WRONG_TYPE),
        ("context", json!({"port": 1}), "/context/port", code::UNKNOWN_FIELD),
        ("context", json!({"location": "Berlin"}), "/context/location", code::WRONG_TYPE),
        ("context", json!({"location": {"zip": "1"}}), "/context/location/zip", code::UNKNOWN_FIELD),
        ("context", json!({"location": {"city": 1}}), "/context/location/city", code::WRONG_TYPE),
        ("metadata", json!("x"), "/metadata", code::WRONG_TYPE),
        ("metadata", json!([1]), "/metadata", code::WRONG_TYPE),
    ]
}

/// Lists of which the innermost is at level 129, and the pointer to it.
pub(crate) fn deep_rows() -> [(&'static str, Value, String); 3] {
    let zeros = |count: usize| "/0".repeat(count);
    [
        ("changes", json!([{"path": "", "op": "add", "old": nested(126)}]), format!("/changes/0/old{}", zeros(125))),
        ("metadata", json!({"a": nested(127)}), format!("/metadata/a{}", zeros(126))),
        (
            "targets",
            json!([{"id": "f", "attributes": {"a": nested(125)}}]),
            format!("/targets/0/attributes/a{}", zeros(124)),
        ),
    ]
}

/// Rows that serde cannot print: malformed as a text. `@` stands for the members of the smallest event.
pub(crate) const TEXT_ROWS: &[(&str, &str, &str)] = &[
    ("", "", code::MALFORMED_JSON),
    ("   ", "", code::MALFORMED_JSON),
    ("\u{feff}", "", code::MALFORMED_JSON),
    ("\u{feff}\u{feff}{@}", "", code::MALFORMED_JSON),
    (" \u{feff}{@}", "", code::MALFORMED_JSON),
    ("{@", "", code::MALFORMED_JSON),
    ("{@}}", "", code::MALFORMED_JSON),
    ("{@} {@}", "", code::MALFORMED_JSON),
    ("{@,}", "", code::MALFORMED_JSON),
    ("{,@}", "", code::MALFORMED_JSON),
    ("{@,\"message\":'x'}", "/message", code::MALFORMED_JSON),
    ("{@,\"message\":\"\\x\"}", "/message", code::MALFORMED_JSON),
    ("{@,\"message\":\"\\u12g4\"}", "/message", code::MALFORMED_JSON),
    ("{@,\"message\":\"a\tb\"}", "/message", code::MALFORMED_JSON),
    ("{@,\"message\":\"a\0b\"}", "/message", code::MALFORMED_JSON),
    ("{@,\"message\":nul}", "/message", code::MALFORMED_JSON),
    ("{@,\"metadata\":{\"a\":01}}", "/metadata", code::MALFORMED_JSON),
    ("{@,\"metadata\":{\"a\":1.}}", "/metadata/a", code::MALFORMED_JSON),
    ("{@,\"metadata\":{\"a\":1e}}", "/metadata/a", code::MALFORMED_JSON),
    ("{@,\"metadata\":{\"a\":NaN}}", "/metadata/a", code::MALFORMED_JSON),
    ("{@,\"metadata\":{\"a\":-Infinity}}", "/metadata/a", code::MALFORMED_JSON),
    ("{@,\"metadata\":{\"a\":True}}", "/metadata/a", code::MALFORMED_JSON),
    ("{@,\"targets\":[{\"type\":\"t\",\"id\":}]}", "/targets/0/id", code::MALFORMED_JSON),
    ("{@,\"changes\":[{\"path\":\"\",\"op\":\"add\",\"new\":[1,]}]}", "/changes/0/new/1", code::MALFORMED_JSON),
    ("{@,\"changes\":[{\"path\":\"\",\"op\":\"add\",\"new\":[1e99,]}]}", "/changes/0/new/1", code::MALFORMED_JSON),
    ("{@ /* why */}", "", code::MALFORMED_JSON),
    ("[]", "", code::WRONG_TYPE),
    ("null", "", code::WRONG_TYPE),
    ("\"{}\"", "", code::WRONG_TYPE),
    ("{@,\"action\":\"user.logout\"}", "/action", code::DUPLICATE_KEY),
    ("{@,\"message\":\"a\",\"mess\\u0061ge\":\"a\"}", "/message", code::DUPLICATE_KEY),
    ("{@,\"message\":null,\"message\":\"a\"}", "/message", code::DUPLICATE_KEY),
    ("{@,\"context\":{\"ip\":\"10.0.0.1\",\"ip\":\"10.0.0.1\"}}", "/context/ip", code::DUPLICATE_KEY),
    ("{@,\"metadata\":{\"a\":1},\"metadata\":{\"a\":1}}", "/metadata", code::DUPLICATE_KEY),
    ("{@,\"metadata\":{\"a\":1,\"a\":2},\"metadat\\u0061\":{}}", "/metadata", code::DUPLICATE_KEY),
    ("{@,\"targets\":[{\"id\":\"t\",\"attributes\":{},\"id\":\"t\"}]}", "/targets/0/id", code::DUPLICATE_KEY),
    (
        "{@,\"targets\":[{\"id\":\"t\",\"attributes\":{\"a\":1,\"a\":1},\"attributes\":{\"a\":1}}]}",
        "/targets/0/attributes",
        code::DUPLICATE_KEY,
    ),
    (
        "{@,\"changes\":[{\"path\":\"\",\"op\":\"add\",\"new\":{\"a\":1,\"a\":2},\"new\":1}]}",
        "/changes/0/new",
        code::DUPLICATE_KEY,
    ),
    (
        "{@,\"changes\":[{\"path\":\"\",\"op\":\"add\",\"new\":1e99,\"\\u006fp\":\"add\"}]}",
        "/changes/0/op",
        code::DUPLICATE_KEY,
    ),
    ("{@,\"\\u0000\":1}", "/\u{fffd}", code::UNKNOWN_FIELD),
    ("{@,\"message\\ud800\":\"x\"}", "/message\u{fffd}", code::UNKNOWN_FIELD),
    ("{@,\"severity\":\"low\\u0000\"}", "/severity", code::INVALID_VALUE),
    ("{@,\"id\":\"\\ud800\"}", "/id", code::INVALID_VALUE),
    ("{@,\"producer\":{\"id\":\"p\",\"sequence\":1e400}}", "/producer/sequence", code::NUMBER_OUT_OF_RANGE),
];
