//! Events that each violate one rule.

use hyper::Method;
use serde_json::{Map, Value, json};

use crate::{harness::event, malformed::Case};

pub(super) fn cases() -> Vec<Case> {
    [members(), parties(), details(), whole()].into_iter().flatten().collect()
}

/// An event with one change, and the code and pointer of its error.
fn case(name: &'static str, changes: &Value, error: &'static str, pointer: &str) -> Case {
    Case::new(name, Method::POST, "/api/v1/events", 422, "invalid_event")
        .body(event(changes).to_string())
        .error(error, pointer)
}

fn text(length: usize) -> String {
    "x".repeat(length)
}

fn numbered(count: usize) -> Map<String, Value> {
    (0..count).map(|number| (number.to_string(), json!(number))).collect()
}

fn members() -> Vec<Case> {
    vec![
        case("no action", &json!({"action": null}), "missing_field", "/action"),
        case("no actor", &json!({"actor": null}), "missing_field", "/actor"),
        case("no source", &json!({"source": null}), "missing_field", "/source"),
        case("no actor id", &json!({"actor": {"type": "user"}}), "missing_field", "/actor/id"),
        case("no service", &json!({"source": {"component": "x"}}), "missing_field", "/source/service"),
        case("capitals in the action", &json!({"action": "User.Login"}), "invalid_value", "/action"),
        case("an action of a number", &json!({"action": 7}), "wrong_type", "/action"),
        case("an empty action", &json!({"action": ""}), "invalid_value", "/action"),
        case("a long action", &json!({"action": text(129)}), "too_long", "/action"),
        case("an unknown field", &json!({"colour": "red"}), "unknown_field", "/colour"),
        case("an unknown inner field", &json!({"source": {"service": "s", "x": 1}}), "unknown_field", "/source/x"),
        case("a server's field", &json!({"sequence": "1"}), "unknown_field", "/sequence"),
        case(
            "an id of another version",
            &json!({"id": "01932b5e-7c00-4abc-8def-0123456789ab"}),
            "invalid_value",
            "/id",
        ),
        case("an id in capitals", &json!({"id": "01932B5E-7C00-7ABC-8DEF-0123456789AB"}), "invalid_value", "/id"),
        case("an id that is none", &json!({"id": "7"}), "invalid_value", "/id"),
        case("no time", &json!({"occurred_at": "yesterday"}), "invalid_timestamp", "/occurred_at"),
        case(
            "a time without offset",
            &json!({"occurred_at": "2026-01-01T00:00:00"}),
            "invalid_timestamp",
            "/occurred_at",
        ),
        case(
            "a time before 1970",
            &json!({"occurred_at": "1969-12-31T23:59:59Z"}),
            "timestamp_out_of_range",
            "/occurred_at",
        ),
        case(
            "a time far ahead",
            &json!({"occurred_at": "2099-01-01T00:00:00Z"}),
            "timestamp_out_of_range",
            "/occurred_at",
        ),
    ]
}

fn parties() -> Vec<Case> {
    vec![
        case("an unknown category", &json!({"category": "destroy"}), "invalid_value", "/category"),
        case("an unknown status", &json!({"outcome": {"status": "meh"}}), "invalid_value", "/outcome/status"),
        case("an outcome of text", &json!({"outcome": "success"}), "wrong_type", "/outcome"),
        case("an unknown severity", &json!({"severity": "loud"}), "invalid_value", "/severity"),
        case("an unknown actor type", &json!({"actor": {"type": "cat", "id": "c"}}), "invalid_value", "/actor/type"),
        case("a long actor id", &json!({"actor": {"type": "user", "id": text(257)}}), "too_long", "/actor/id"),
        case("targets of an object", &json!({"targets": {"type": "t", "id": "i"}}), "wrong_type", "/targets"),
        case("a target without id", &json!({"targets": [{"type": "t"}]}), "missing_field", "/targets/0/id"),
        case("many targets", &json!({"targets": vec![json!({"type": "t", "id": "i"}); 33]}), "too_many", "/targets"),
        case(
            "many principals",
            &json!({"on_behalf_of": vec![json!({"type": "user", "id": "i"}); 9]}),
            "too_many",
            "/on_behalf_of",
        ),
    ]
}

fn details() -> Vec<Case> {
    vec![
        case(
            "an unknown change",
            &json!({"changes": [{"path": "/a", "op": "swap"}]}),
            "invalid_value",
            "/changes/0/op",
        ),
        case(
            "a change of no pointer",
            &json!({"changes": [{"path": "a", "op": "add"}]}),
            "invalid_value",
            "/changes/0/path",
        ),
        case("no address", &json!({"context": {"ip": "10.0.0.256"}}), "invalid_value", "/context/ip"),
        case("a network for an address", &json!({"context": {"ip": "10.0.0.0/8"}}), "invalid_value", "/context/ip"),
        case("a reason without text", &json!({"reason": {"ticket": "T"}}), "missing_field", "/reason/text"),
        case("a long message", &json!({"message": text(4_097)}), "too_long", "/message"),
        case("metadata of a list", &json!({"metadata": ["a"]}), "wrong_type", "/metadata"),
        case("metadata with structure", &json!({"metadata": {"a": {"b": 1}}}), "wrong_type", "/metadata/a"),
        case("much metadata", &json!({"metadata": numbered(65)}), "too_many", "/metadata"),
        case(
            "a long metadata name",
            &json!({"metadata": {text(65): 1}}),
            "too_long",
            &format!("/metadata/{}", text(65)),
        ),
        case(
            "a negative producer sequence",
            &json!({"producer": {"id": "p", "sequence": -1}}),
            "invalid_value",
            "/producer/sequence",
        ),
        case(
            "a broken producer sequence",
            &json!({"producer": {"id": "p", "sequence": 1.5}}),
            "invalid_value",
            "/producer/sequence",
        ),
        case("another tenant", &json!({"tenant_id": "acme"}), "tenant_mismatch", "/tenant_id"),
        case("raw without format", &json!({"raw": {"body": "b"}}), "missing_field", "/raw/format"),
        case("U+0000", &json!({"message": "a\u{0}b"}), "nul_character", "/message"),
    ]
}

/// Events that are invalid as a whole, or not even JSON.
fn whole() -> Vec<Case> {
    // The event, its list of changes and the change are the first three levels of 32.
    let deepest = format!("/changes/0/new{}", "/0".repeat(29));
    let deep = (0..40).fold(json!(1), |inner, _| json!([inner]));
    let mut cases = Vec::new();
    // Whatever code the parser reports for these, they are rejected and not stored.
    for (name, body) in [
        ("a list", "[]".to_owned()),
        ("a number", "7".to_owned()),
        ("null", "null".to_owned()),
        ("nothing in it", "{}".to_owned()),
    ] {
        cases.push(Case::new(name, Method::POST, "/api/v1/events", 422, "invalid_event").body(body));
    }
    for (name, body, code, pointer) in [
        ("a repeated name", r#"{"action":"a","action":"b"}"#.to_owned(), "duplicate_key", "/action"),
        ("a lone surrogate", r#"{"message":"\ud800"}"#.to_owned(), "lone_surrogate", "/message"),
        ("a huge number", r#"{"metadata":{"n":1e400}}"#.to_owned(), "number_out_of_range", "/metadata/n"),
        (
            "an unsafe integer",
            r#"{"metadata":{"n":9007199254740993}}"#.to_owned(),
            "number_out_of_range",
            "/metadata/n",
        ),
        (
            "deep nesting",
            event(&json!({"changes": [{"path": "/a", "op": "add", "new": deep}]})).to_string(),
            "too_deep",
            deepest.as_str(),
        ),
    ] {
        cases.push(
            Case::new(name, Method::POST, "/api/v1/events", 422, "invalid_event").body(body).error(code, pointer),
        );
    }
    cases.push(
        Case::new("an event of 64 KiB and more", Method::POST, "/api/v1/events", 413, "body_too_large")
            .body(event(&json!({"raw": {"format": "x", "body": text(66_000)}})).to_string()),
    );
    cases
}
