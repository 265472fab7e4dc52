//! Every way in which an event can be wrong, each with its stable code and its exact pointer.
//!
//! A row takes the smallest valid event and either replaces one of its members or adds one; rows that are wrong as a
//! text stand in a table of their own.

use auditlog_core::event::{ParseErrors, Violation, parse_event, violation::code};
use serde_json::{Map, Value, json};

use crate::fixtures::{SMALL_EVENT, received_at, tenant};

/// One member of the event, and what is wrong with it.
type Row = (&'static str, Value, &'static str, &'static str);

fn text_of(bytes: usize) -> Value {
    Value::from("x".repeat(bytes))
}

fn list_of(count: usize, item: &Value) -> Value {
    Value::from(vec![item.clone(); count])
}

fn names(count: usize) -> Value {
    (0..count).map(|index| (format!("name{index}"), Value::from(index))).collect::<Map<_, _>>().into()
}

fn nested(depth: usize) -> Value {
    (0..depth).fold(json!(0), |inner, _| json!([inner]))
}

/// The place of the list that is one too deep in [`nested`] lists under `old`: 29 levels below the fourth.
const LEVEL_33: &str = "/changes/0/old/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0";

fn required_rows() -> Vec<Row> {
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

fn plain_rows() -> Vec<Row> {
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

fn nested_rows() -> Vec<Row> {
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

/// Rows that serde cannot print: wrong as a text. `@` stands for the members of the smallest event.
const TEXT_ROWS: &[(&str, &str, &str)] = &[
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

fn violations_of(text: &str) -> Vec<Violation> {
    match parse_event(text.as_bytes()) {
        Ok(_) => panic!("taken: {text}"),
        Err(errors) => errors.into_violations(),
    }
}

fn assert_only(text: &str, pointer: &str, code: &str) {
    let violations = violations_of(text);
    let found: Vec<(&str, &str)> = violations.iter().map(|one| (one.pointer.as_str(), one.code)).collect();
    assert_eq!(found, [(pointer, code)], "{text}");
    assert!(code::ALL.contains(&code) && violations.iter().all(|one| !one.detail.is_empty()), "{violations:?}");
}

#[test]
fn each_broken_rule_has_its_code_and_pointer() {
    let small: Map<String, Value> = serde_json::from_str(SMALL_EVENT).unwrap();
    let rows = [required_rows(), plain_rows(), nested_rows()].concat();
    assert!(rows.len() >= 100, "{} rows", rows.len());
    for (member, value, pointer, code) in rows {
        let mut event = small.clone();
        event.insert(member.to_owned(), value);
        assert_only(&Value::Object(event).to_string(), pointer, code);
    }
}

#[test]
fn each_broken_text_has_its_code_and_pointer() {
    let members = SMALL_EVENT.trim_start_matches('{').strip_suffix('}').unwrap();
    for (text, pointer, code) in TEXT_ROWS {
        let text = text.replace('@', members);
        assert_only(&text, pointer, code);
        let is_malformed = matches!(parse_event(text.as_bytes()), Err(ParseErrors::Malformed { .. }));
        assert_eq!(is_malformed, *code == code::MALFORMED_JSON, "{text}");
    }
}

#[test]
fn bytes_that_are_not_utf_8_are_malformed_where_they_stand() {
    let error = parse_event(b"{\"message\":\"\xff\"}").unwrap_err();
    assert!(matches!(error, ParseErrors::Malformed { offset: 12, .. }), "{error:?}");
}

#[test]
fn everything_wrong_is_told_at_once() {
    let text =
        r#"{"action":"A","actor":{"id":7,"x":1},"source":{},"targets":[{"type":"t"}],"metadata":{"a":[],"b":1e99}}"#;
    let found: Vec<(String, &str)> = violations_of(text).into_iter().map(|one| (one.pointer, one.code)).collect();
    let expected = [
        ("/action", code::INVALID_VALUE),
        ("/actor/id", code::WRONG_TYPE),
        ("/actor/x", code::UNKNOWN_FIELD),
        ("/actor/type", code::MISSING_FIELD),
        ("/targets/0/id", code::MISSING_FIELD),
        ("/metadata/a", code::WRONG_TYPE),
        ("/metadata/b", code::NUMBER_OUT_OF_RANGE),
        ("/source", code::MISSING_FIELD),
    ];
    assert_eq!(found, expected.map(|(pointer, code)| (pointer.to_owned(), code)));
}

#[test]
fn at_most_32_violations_are_told() {
    let unknown: Map<String, Value> = (0..100).map(|index| (format!("field{index}"), Value::Null)).collect();
    assert_eq!(violations_of(&Value::Object(unknown).to_string()).len(), 32);
}

#[test]
fn what_just_fits_is_taken() {
    let small: Map<String, Value> = serde_json::from_str(SMALL_EVENT).unwrap();
    let actor = json!({"type": "user", "id": "i".repeat(256), "name": "n".repeat(1024), "groups": list_of(32, &json!("g")), "attributes": names(32)});
    for (member, value) in [
        ("action", text_of(128)),
        ("actor", actor.clone()),
        ("on_behalf_of", list_of(8, &actor)),
        ("targets", list_of(32, &json!({"type": "t", "id": "i", "url": "u".repeat(1500)}))),
        ("changes", list_of(64, &json!({"path": "/a", "op": "add"}))),
        ("changes", json!([{"path": format!("/{}", "p".repeat(1023)), "op": "add", "new": "x".repeat(4094)}])),
        ("changes", json!([{"path": "", "op": "add", "old": nested(29)}])),
        ("message", text_of(4096)),
        ("metadata", names(64)),
        ("metadata", json!({"k".repeat(64): "v".repeat(1024), "n": 9_007_199_254_740_992_u64})),
        ("occurred_at", json!("1970-01-01T00:00:00Z")),
        ("raw", json!({"format": "f", "body": "b".repeat(32 * 1024)})),
    ] {
        let mut event = small.clone();
        event.insert(member.to_owned(), value);
        let text = Value::Object(event).to_string();
        assert!(parse_event(text.as_bytes()).is_ok(), "{member} {:?}", parse_event(text.as_bytes()));
    }
}

#[test]
fn an_event_of_more_than_64_kib_is_not_looked_at() {
    let padded = |bytes: usize| format!("{SMALL_EVENT}{}", " ".repeat(bytes - SMALL_EVENT.len()));
    assert!(parse_event(padded(65_536).as_bytes()).is_ok());
    assert_only(&padded(65_537), "", code::EVENT_TOO_LARGE);
}

#[test]
fn rules_that_need_the_receipt_are_checked_when_it_is_completed() {
    use auditlog_core::{id::EventId, timestamp::Timestamp};
    let day_micros = 24 * 3_600 * 1_000_000;
    let complete = |change: fn(&mut auditlog_core::event::EventDraft)| {
        let mut draft = parse_event(SMALL_EVENT.as_bytes()).unwrap();
        change(&mut draft);
        let result = draft.complete(&tenant(), received_at(), EventId::from_parts(received_at(), [0; 10]));
        result.map(|_| ()).map_err(|violation| (violation.pointer, violation.code))
    };
    let refused = |pointer: &str, code| Err((pointer.to_owned(), code));
    assert_eq!(complete(|draft| draft.tenant_id = Some("acme".to_owned())), Ok(()));
    assert_eq!(
        complete(|draft| draft.tenant_id = Some("other".to_owned())),
        refused("/tenant_id", code::TENANT_MISMATCH)
    );
    let latest = received_at().as_micros() + day_micros;
    assert_eq!(latest, 1_731_668_401_000_000);
    assert_eq!(complete(|draft| draft.occurred_at = Some(Timestamp::from_micros(1_731_668_401_000_000))), Ok(()));
    assert_eq!(
        complete(|draft| draft.occurred_at = Some(Timestamp::from_micros(1_731_668_401_000_001))),
        refused("/occurred_at", code::TIMESTAMP_OUT_OF_RANGE)
    );
    assert_eq!(
        complete(|draft| draft.occurred_at = Some(Timestamp::from_micros(-1))),
        refused("/occurred_at", code::TIMESTAMP_OUT_OF_RANGE)
    );
}
