//! Events that each violate one rule.

use hyper::Method;
use serde_json::{Value, json};

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

fn members() -> Vec<Case> {
    vec![
        case("no action", &json!({"action": null}), "missing_field", "/action"),
        case("no actor", &json!({"actor": null}), "missing_field", "/actor"),
        case("no source", &json!({"source": null}), "missing_field", "/source"),
        case("no actor id", &json!({"actor": {"type": "user"}}), "missing_field", "/actor/id"),
        case("no service", &json!({"source": {"component": "x"}}), "missing_field", "/source/service"),
        case("an action of a number", &json!({"action": 7}), "wrong_type", "/action"),
        case("an empty action", &json!({"action": ""}), "missing_field", "/action"),
        case("an action of white space", &json!({"action": " \t"}), "invalid_value", "/action"),
        case("an unknown field", &json!({"colour": "red"}), "unknown_field", "/colour"),
        case("an unknown inner field", &json!({"source": {"service": "s", "x": 1}}), "unknown_field", "/source/x"),
        case("a server's field", &json!({"sequence": "1"}), "unknown_field", "/sequence"),
        case("adjustments of the producer", &json!({"adjustments": [{}]}), "unknown_field", "/adjustments"),
        case("an id elsewhere without a time", &json!({"external_id": "x"}), "missing_field", "/occurred_at"),
        case(
            "an id of another version",
            &json!({"id": "01932b5e-7c00-4abc-8def-0123456789ab"}),
            "invalid_value",
            "/id",
        ),
        case("an id that is none", &json!({"id": "7"}), "invalid_value", "/id"),
        case("no time", &json!({"occurred_at": "yesterday"}), "invalid_timestamp", "/occurred_at"),
        case(
            "a time without offset",
            &json!({"occurred_at": "2026-01-01T00:00:00"}),
            "invalid_timestamp",
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
        case("targets of an object", &json!({"targets": {"type": "t", "id": "i"}}), "wrong_type", "/targets"),
        case("a target without id", &json!({"targets": [{"type": "t"}]}), "missing_field", "/targets/0/id"),
        case(
            "a principal without id",
            &json!({"on_behalf_of": [{"type": "user"}]}),
            "missing_field",
            "/on_behalf_of/0/id",
        ),
        case("a principal of nothing", &json!({"on_behalf_of": [null]}), "wrong_type", "/on_behalf_of/0"),
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
        case("an address of numbers", &json!({"context": {"ip": [10, 0, 0, 1]}}), "wrong_type", "/context/ip"),
        case("a reason without text", &json!({"reason": {"ticket": "T"}}), "missing_field", "/reason/text"),
        case("metadata of a list", &json!({"metadata": ["a"]}), "wrong_type", "/metadata"),
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
        case("half a cut of raw", &json!({"raw": {"format": "x", "size": 7}}), "missing_field", "/raw/sha256"),
    ]
}

/// Events that are invalid as a whole, or not even JSON.
fn whole() -> Vec<Case> {
    // The event, its list of changes and the change are the first three levels of 128.
    let deepest = format!("/changes/0/new{}", "/0".repeat(125));
    let deep = (0..130).fold(json!(1), |inner, _| json!([inner]));
    let plain = event(&json!({})).to_string();
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
        (
            "repeated metadata",
            format!("{},\"metadata\":{{\"a\":1}},\"metadata\":{{\"a\":1}}}}", plain.strip_suffix('}').unwrap()),
            "duplicate_key",
            "/metadata",
        ),
        (
            "an unsafe integer",
            event(&json!({"producer": {"id": "p", "sequence": 9_007_199_254_740_993_u64}})).to_string(),
            "number_out_of_range",
            "/producer/sequence",
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
        Case::new("an event of 1 MiB and more", Method::POST, "/api/v1/events", 413, "body_too_large")
            .body(event(&json!({"raw": {"format": "x", "body": "x".repeat(1 << 20)}})).to_string()),
    );
    cases
}
