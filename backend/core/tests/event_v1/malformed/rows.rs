//! The tables: which value of which member breaks which rule.

use auditlog_core::event::violation::code;
use serde_json::{Map, Value, json};

/// One member of the event, and its violation.
pub(super) type Row = (&'static str, Value, &'static str, &'static str);

pub(super) fn text_of(bytes: usize) -> Value {
    Value::from("x".repeat(bytes))
}

pub(super) fn list_of(count: usize, item: &Value) -> Value {
    Value::from(vec![item.clone(); count])
}

pub(super) fn names(count: usize) -> Value {
    (0..count).map(|index| (format!("name{index}"), Value::from(index))).collect::<Map<_, _>>().into()
}

pub(super) fn nested(depth: usize) -> Value {
    (0..depth).fold(json!(0), |inner, _| json!([inner]))
}

/// The pointer to the list that is one level too deep in [`nested`] lists under `old`: 29 levels below the fourth.
const LEVEL_33: &str = "/changes/0/old/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0";

pub(super) fn required_rows() -> Vec<Row> {
    vec![
        ("action", Value::Null, "/action", code::MISSING_FIELD),
        ("action", json!([]), "/action", code::MISSING_FIELD),
        ("action", json!(7), "/action", code::WRONG_TYPE),
        ("action", json!({"a": 1}), "/action", code::WRONG_TYPE),
        ("action", json!(""), "/action", code::INVALID_VALUE),
        ("action", json!("User.Login"), "/action", code::INVALID_VALUE),
        ("action", json!("user login"), "/action", code::INVALID_VALUE),
        ("action", json!("user.lögin"), "/action", code::INVALID_VALUE),
        ("action", text_of(129), "/action", code::TOO_LONG),
        ("actor", Value::Null, "/actor", code::MISSING_FIELD),
        ("actor", json!({}), "/actor", code::MISSING_FIELD),
        ("actor", json!("alice"), "/actor", code::WRONG_TYPE),
        ("actor", json!({"type": "user"}), "/actor/id", code::MISSING_FIELD),
        ("actor", json!({"id": "alice"}), "/actor/type", code::MISSING_FIELD),
        ("actor", json!({"type": "user", "id": ""}), "/actor/id", code::INVALID_VALUE),
        ("actor", json!({"type": "user", "id": 7}), "/actor/id", code::WRONG_TYPE),
        ("actor", json!({"type": "user", "id": "x".repeat(257)}), "/actor/id", code::TOO_LONG),
        ("actor", json!({"type": "person", "id": "a"}), "/actor/type", code::INVALID_VALUE),
        ("actor", json!({"type": "User", "id": "a"}), "/actor/type", code::INVALID_VALUE),
        ("actor", json!({"type": "user", "id": "a", "role": "x"}), "/actor/role", code::UNKNOWN_FIELD),
        ("actor", json!({"type": "user", "id": "a", "name": 1}), "/actor/name", code::WRONG_TYPE),
        ("actor", json!({"type": "user", "id": "a", "name": "x".repeat(1025)}), "/actor/name", code::TOO_LONG),
        ("actor", json!({"type": "user", "id": "a", "email": true}), "/actor/email", code::WRONG_TYPE),
        ("actor", json!({"type": "user", "id": "a", "groups": "x"}), "/actor/groups", code::WRONG_TYPE),
        ("actor", json!({"type": "user", "id": "a", "groups": ["x", 1]}), "/actor/groups/1", code::WRONG_TYPE),
        ("actor", json!({"type": "user", "id": "a", "groups": [null]}), "/actor/groups/0", code::WRONG_TYPE),
        (
            "actor",
            json!({"type": "user", "id": "a", "groups": list_of(33, &json!("g"))}),
            "/actor/groups",
            code::TOO_MANY,
        ),
        (
            "actor",
            json!({"type": "user", "id": "a", "attributes": {"a~b/c": []}}),
            "/actor/attributes/a~0b~1c",
            code::WRONG_TYPE,
        ),
        ("actor", json!({"type": "user", "id": "a", "attributes": names(33)}), "/actor/attributes", code::TOO_MANY),
        ("source", Value::Null, "/source", code::MISSING_FIELD),
        ("source", json!({"host": "h"}), "/source/service", code::MISSING_FIELD),
        ("source", json!({"service": ""}), "/source/service", code::INVALID_VALUE),
        ("source", json!({"service": "x".repeat(257)}), "/source/service", code::TOO_LONG),
        ("source", json!({"service": "s", "region": "x".repeat(1025)}), "/source/region", code::TOO_LONG),
        ("source", json!({"service": "s", "zone": "x"}), "/source/zone", code::UNKNOWN_FIELD),
        ("source", json!(["s"]), "/source", code::WRONG_TYPE),
    ]
}

pub(super) fn plain_rows() -> Vec<Row> {
    vec![
        ("id", json!("01932B5E-7C00-7ABC-8DEF-0123456789AB"), "/id", code::INVALID_VALUE),
        ("id", json!("01932b5e-7c00-4abc-8def-0123456789ab"), "/id", code::INVALID_VALUE),
        ("id", json!("42"), "/id", code::INVALID_VALUE),
        ("id", json!(42), "/id", code::WRONG_TYPE),
        ("tenant_id", json!(1), "/tenant_id", code::WRONG_TYPE),
        ("tenant_id", text_of(129), "/tenant_id", code::TOO_LONG),
        ("occurred_at", json!("yesterday"), "/occurred_at", code::INVALID_TIMESTAMP),
        ("occurred_at", json!("2024-01-01"), "/occurred_at", code::INVALID_TIMESTAMP),
        ("occurred_at", json!("2024-01-01T00:00:00"), "/occurred_at", code::INVALID_TIMESTAMP),
        ("occurred_at", json!("2024-02-30T00:00:00Z"), "/occurred_at", code::INVALID_TIMESTAMP),
        ("occurred_at", json!("2024-01-01T00:00:00.Z"), "/occurred_at", code::INVALID_TIMESTAMP),
        ("occurred_at", json!(1_700_000_000), "/occurred_at", code::WRONG_TYPE),
        ("occurred_at", json!("1969-12-31T23:59:59.999999Z"), "/occurred_at", code::TIMESTAMP_OUT_OF_RANGE),
        ("received_at", json!("2024-01-01T00:00:00Z"), "/received_at", code::UNKNOWN_FIELD),
        ("submitted_by", json!({"type": "server"}), "/submitted_by", code::UNKNOWN_FIELD),
        ("sequence", json!("1"), "/sequence", code::UNKNOWN_FIELD),
        ("a/b~c", json!(1), "/a~1b~0c", code::UNKNOWN_FIELD),
        ("", json!(1), "/", code::UNKNOWN_FIELD),
        ("category", json!("login"), "/category", code::INVALID_VALUE),
        ("category", json!(false), "/category", code::WRONG_TYPE),
        ("severity", json!("warning"), "/severity", code::INVALID_VALUE),
        ("outcome", json!("success"), "/outcome", code::WRONG_TYPE),
        ("outcome", json!({"status": "ok"}), "/outcome/status", code::INVALID_VALUE),
        ("outcome", json!({"code": 404}), "/outcome/code", code::WRONG_TYPE),
        ("outcome", json!({"reason": "x".repeat(1025)}), "/outcome/reason", code::TOO_LONG),
        ("outcome", json!({"detail": "x"}), "/outcome/detail", code::UNKNOWN_FIELD),
        ("message", json!(["x"]), "/message", code::WRONG_TYPE),
        ("message", text_of(4097), "/message", code::TOO_LONG),
        ("message", json!("ä".repeat(2049)), "/message", code::TOO_LONG),
        ("reason", json!({"ticket": "T-1"}), "/reason/text", code::MISSING_FIELD),
        ("reason", json!({"text": "x".repeat(1025)}), "/reason/text", code::TOO_LONG),
        ("reason", json!("because"), "/reason", code::WRONG_TYPE),
        ("producer", json!({"id": "p"}), "/producer/sequence", code::MISSING_FIELD),
        ("producer", json!({"sequence": 1}), "/producer/id", code::MISSING_FIELD),
        ("producer", json!({"id": "p", "sequence": -1}), "/producer/sequence", code::INVALID_VALUE),
        ("producer", json!({"id": "p", "sequence": 1.5}), "/producer/sequence", code::INVALID_VALUE),
        ("producer", json!({"id": "p", "sequence": "1"}), "/producer/sequence", code::WRONG_TYPE),
        (
            "producer",
            json!({"id": "p", "sequence": 9_007_199_254_740_993_u64}),
            "/producer/sequence",
            code::NUMBER_OUT_OF_RANGE,
        ),
        ("raw", json!({"format": "f"}), "/raw/body", code::MISSING_FIELD),
        ("raw", json!({"body": "b"}), "/raw/format", code::MISSING_FIELD),
        ("raw", json!({"format": "f", "body": {"a": 1}}), "/raw/body", code::WRONG_TYPE),
        ("raw", json!({"format": "f", "body": "b", "size": 1}), "/raw/size", code::INVALID_VALUE),
        ("raw", json!({"format": "f", "truncated": true, "size": 1}), "/raw/sha256", code::MISSING_FIELD),
        (
            "raw",
            json!({"format": "f", "truncated": true, "size": 1, "sha256": "AB".repeat(32)}),
            "/raw/sha256",
            code::INVALID_VALUE,
        ),
        (
            "raw",
            json!({"format": "f", "truncated": false, "size": 1, "sha256": "ab".repeat(32)}),
            "/raw/truncated",
            code::INVALID_VALUE,
        ),
    ]
}

pub(super) fn nested_rows() -> Vec<Row> {
    let actor = json!({"type": "user", "id": "a"});
    let target = json!({"type": "file", "id": "f"});
    let change = json!({"path": "/a", "op": "add"});
    vec![
        ("on_behalf_of", actor.clone(), "/on_behalf_of", code::WRONG_TYPE),
        ("on_behalf_of", json!([actor, {"id": "b"}]), "/on_behalf_of/1/type", code::MISSING_FIELD),
        ("on_behalf_of", json!([actor, null]), "/on_behalf_of/1", code::WRONG_TYPE),
        ("on_behalf_of", list_of(9, &actor), "/on_behalf_of", code::TOO_MANY),
        ("targets", list_of(33, &target), "/targets", code::TOO_MANY),
        ("targets", json!([target, {"type": "file"}]), "/targets/1/id", code::MISSING_FIELD),
        ("targets", json!([{"type": "", "id": "f"}]), "/targets/0/type", code::INVALID_VALUE),
        ("targets", json!([{"type": "t", "id": "f", "url": "x".repeat(2049)}]), "/targets/0/url", code::TOO_LONG),
        (
            "targets",
            json!([{"type": "t", "id": "f", "attributes": {"k": "x".repeat(1025)}}]),
            "/targets/0/attributes/k",
            code::TOO_LONG,
        ),
        ("changes", list_of(65, &change), "/changes", code::TOO_MANY),
        ("changes", json!([{"op": "add"}]), "/changes/0/path", code::MISSING_FIELD),
        ("changes", json!([{"path": "/a"}]), "/changes/0/op", code::MISSING_FIELD),
        ("changes", json!([{"path": "a", "op": "add"}]), "/changes/0/path", code::INVALID_VALUE),
        ("changes", json!([{"path": "/a~2", "op": "add"}]), "/changes/0/path", code::INVALID_VALUE),
        (
            "changes",
            json!([{"path": format!("/{}", "x".repeat(1024)), "op": "add"}]),
            "/changes/0/path",
            code::TOO_LONG,
        ),
        ("changes", json!([{"path": "", "op": "move"}]), "/changes/0/op", code::INVALID_VALUE),
        ("changes", json!([{"path": "", "op": "add", "new": "x".repeat(4095)}]), "/changes/0/new", code::TOO_LONG),
        ("changes", json!([{"path": "", "op": "add", "old": nested(30)}]), LEVEL_33, code::TOO_DEEP),
        (
            "changes",
            json!([{"path": "", "op": "add", "old": {"a": [1e300]}}]),
            "/changes/0/old/a/0",
            code::NUMBER_OUT_OF_RANGE,
        ),
        ("context", json!({"ip": "1.2.3"}), "/context/ip", code::INVALID_VALUE),
        ("context", json!({"ip": "1.2.3.4:80"}), "/context/ip", code::INVALID_VALUE),
        ("context", json!({"ip": "010.0.0.1"}), "/context/ip", code::INVALID_VALUE),
        ("context", json!({"ip": "fe80::1%eth0"}), "/context/ip", code::INVALID_VALUE),
        ("context", json!({"ip": 16_909_060}), "/context/ip", code::WRONG_TYPE),
        ("context", json!({"request_id": "x".repeat(257)}), "/context/request_id", code::TOO_LONG),
        ("context", json!({"user_agent": "x".repeat(2049)}), "/context/user_agent", code::TOO_LONG),
        ("context", json!({"port": 1}), "/context/port", code::UNKNOWN_FIELD),
        ("context", json!({"location": "Berlin"}), "/context/location", code::WRONG_TYPE),
        ("context", json!({"location": {"zip": "1"}}), "/context/location/zip", code::UNKNOWN_FIELD),
        ("context", json!({"location": {"city": 1}}), "/context/location/city", code::WRONG_TYPE),
        ("metadata", json!("x"), "/metadata", code::WRONG_TYPE),
        ("metadata", json!({"a": {}}), "/metadata/a", code::WRONG_TYPE),
        ("metadata", json!({"a": [1]}), "/metadata/a", code::WRONG_TYPE),
        ("metadata", json!({"a": 1e20}), "/metadata/a", code::NUMBER_OUT_OF_RANGE),
        ("metadata", json!({"a": "x".repeat(1025)}), "/metadata/a", code::TOO_LONG),
        ("metadata", names(65), "/metadata", code::TOO_MANY),
        (
            "metadata",
            json!({"k".repeat(65): 1}),
            concat!("/metadata/", "kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk"),
            code::TOO_LONG,
        ),
    ]
}

/// Rows that serde cannot print: malformed as a text. `@` stands for the members of the smallest event.
pub(super) const TEXT_ROWS: &[(&str, &str, &str)] = &[
    ("", "", code::MALFORMED_JSON),
    ("   ", "", code::MALFORMED_JSON),
    ("\u{feff}{@}", "", code::MALFORMED_JSON),
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
    ("{@,\"metadata\":{\"a\":NaN}}", "/metadata/a", code::MALFORMED_JSON),
    ("{@,\"metadata\":{\"a\":True}}", "/metadata/a", code::MALFORMED_JSON),
    ("{@,\"targets\":[{\"type\":\"t\",\"id\":}]}", "/targets/0/id", code::MALFORMED_JSON),
    ("{@,\"changes\":[{\"path\":\"\",\"op\":\"add\",\"new\":[1,]}]}", "/changes/0/new/1", code::MALFORMED_JSON),
    ("{@ /* why */}", "", code::MALFORMED_JSON),
    ("[]", "", code::WRONG_TYPE),
    ("null", "", code::WRONG_TYPE),
    ("\"{}\"", "", code::WRONG_TYPE),
    ("{@,\"action\":\"user.logout\"}", "/action", code::DUPLICATE_KEY),
    ("{@,\"message\":\"a\",\"mess\\u0061ge\":\"a\"}", "/message", code::DUPLICATE_KEY),
    ("{@,\"message\":null,\"message\":\"a\"}", "/message", code::DUPLICATE_KEY),
    ("{@,\"metadata\":{\"b\":1,\"a\":1,\"b\":1}}", "/metadata/b", code::DUPLICATE_KEY),
    (
        "{@,\"changes\":[{\"path\":\"\",\"op\":\"add\",\"new\":{\"k\":{\"a\":1,\"a\":2}}}]}",
        "/changes/0/new/k/a",
        code::DUPLICATE_KEY,
    ),
    ("{@,\"message\":\"\\u0000\"}", "/message", code::NUL_CHARACTER),
    ("{@,\"metadata\":{\"a\":\"x\\u0000\"}}", "/metadata/a", code::NUL_CHARACTER),
    ("{@,\"metadata\":{\"\\u0000\":1}}", "/metadata", code::NUL_CHARACTER),
    ("{@,\"\\u0000\":1}", "", code::NUL_CHARACTER),
    ("{@,\"message\":\"\\ud800\"}", "/message", code::LONE_SURROGATE),
    ("{@,\"message\":\"\\udc00\\ud800\"}", "/message", code::LONE_SURROGATE),
    ("{@,\"message\":\"\\ud800\\ud800\\udc00\"}", "/message", code::LONE_SURROGATE),
    ("{@,\"message\":\"\\ud800x\"}", "/message", code::LONE_SURROGATE),
    ("{@,\"metadata\":{\"a\":1e400}}", "/metadata/a", code::NUMBER_OUT_OF_RANGE),
    ("{@,\"metadata\":{\"a\":9007199254740993}}", "/metadata/a", code::NUMBER_OUT_OF_RANGE),
    ("{@,\"metadata\":{\"a\":-9.007199254740993e15}}", "/metadata/a", code::NUMBER_OUT_OF_RANGE),
];
