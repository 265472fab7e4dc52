//! Bodies: no JSON, JSON of the wrong shape, events and control requests that break rules.

use hyper::Method;
use serde_json::{Value, json};

use crate::{
    harness::{event, gzip},
    malformed::{Caller, Case},
};

pub(super) fn cases() -> Vec<Case> {
    [unreadable(), broken_events(), batches(), encodings(), keys(), tenants()].into_iter().flatten().collect()
}

fn unreadable() -> Vec<Case> {
    let case = |name, body: &[u8], code, error, pointer| {
        Case::new(name, Method::POST, "/api/v1/events", 400, code).body(body).error(error, pointer)
    };
    vec![
        case("empty body", b"", "malformed_json", "malformed_json", ""),
        case("white space", b" \n", "malformed_json", "malformed_json", ""),
        case("half an object", br#"{"action":"#, "malformed_json", "malformed_json", "/action"),
        case("no UTF-8", b"{\"action\":\"\xff\"}", "malformed_json", "malformed_json", "/action"),
        case("a second value", br"{}{}", "malformed_json", "malformed_json", ""),
        case("single quotes", br"{'action':1}", "malformed_json", "malformed_json", ""),
        case(
            "NaN",
            br#"{"producer":{"id":"p","sequence":NaN}}"#,
            "malformed_json",
            "malformed_json",
            "/producer/sequence",
        ),
        case("a trailing comma", br#"{"action":"a",}"#, "malformed_json", "malformed_json", ""),
        case("a bare word", b"hello", "malformed_json", "malformed_json", ""),
        case("a control character", b"{\"message\":\"\x01\"}", "malformed_json", "malformed_json", "/message"),
    ]
}

/// An event with one change, and the code and pointer of what is wrong with it.
fn broken_events() -> Vec<Case> {
    let case = |name, changes: Value, error, pointer| {
        Case::new(name, Method::POST, "/api/v1/events", 422, "invalid_event")
            .body(event(&changes).to_string())
            .error(error, pointer)
    };
    let text = |length: usize| "x".repeat(length);
    let numbered =
        |count: usize| (0..count).map(|number| (number.to_string(), json!(number))).collect::<serde_json::Map<_, _>>();
    let deep = (0..40).fold(json!(1), |inner, _| json!([inner]));
    let mut cases = vec![
        case("no action", json!({"action": null}), "missing_field", "/action"),
        case("no actor", json!({"actor": null}), "missing_field", "/actor"),
        case("no source", json!({"source": null}), "missing_field", "/source"),
        case("no actor id", json!({"actor": {"type": "user"}}), "missing_field", "/actor/id"),
        case("no service", json!({"source": {"component": "x"}}), "missing_field", "/source/service"),
        case("capitals in the action", json!({"action": "User.Login"}), "invalid_value", "/action"),
        case("an action of a number", json!({"action": 7}), "wrong_type", "/action"),
        case("an empty action", json!({"action": ""}), "invalid_value", "/action"),
        case("a long action", json!({"action": text(129)}), "too_long", "/action"),
        case("an unknown field", json!({"colour": "red"}), "unknown_field", "/colour"),
        case("an unknown inner field", json!({"source": {"service": "s", "x": 1}}), "unknown_field", "/source/x"),
        case("a server's field", json!({"sequence": "1"}), "unknown_field", "/sequence"),
        case("an id of another version", json!({"id": "01932b5e-7c00-4abc-8def-0123456789ab"}), "invalid_value", "/id"),
        case("an id in capitals", json!({"id": "01932B5E-7C00-7ABC-8DEF-0123456789AB"}), "invalid_value", "/id"),
        case("an id that is none", json!({"id": "7"}), "invalid_value", "/id"),
        case("no time", json!({"occurred_at": "yesterday"}), "invalid_timestamp", "/occurred_at"),
        case(
            "a time without offset",
            json!({"occurred_at": "2026-01-01T00:00:00"}),
            "invalid_timestamp",
            "/occurred_at",
        ),
        case(
            "a time before 1970",
            json!({"occurred_at": "1969-12-31T23:59:59Z"}),
            "timestamp_out_of_range",
            "/occurred_at",
        ),
        case(
            "a time far ahead",
            json!({"occurred_at": "2099-01-01T00:00:00Z"}),
            "timestamp_out_of_range",
            "/occurred_at",
        ),
        case("an unknown category", json!({"category": "destroy"}), "invalid_value", "/category"),
        case("an unknown status", json!({"outcome": {"status": "meh"}}), "invalid_value", "/outcome/status"),
        case("an outcome of text", json!({"outcome": "success"}), "wrong_type", "/outcome"),
        case("an unknown severity", json!({"severity": "loud"}), "invalid_value", "/severity"),
        case("an unknown actor type", json!({"actor": {"type": "cat", "id": "c"}}), "invalid_value", "/actor/type"),
        case("a long actor id", json!({"actor": {"type": "user", "id": text(257)}}), "too_long", "/actor/id"),
        case("targets of an object", json!({"targets": {"type": "t", "id": "i"}}), "wrong_type", "/targets"),
        case("a target without id", json!({"targets": [{"type": "t"}]}), "missing_field", "/targets/0/id"),
        case("many targets", json!({"targets": vec![json!({"type": "t", "id": "i"}); 33]}), "too_many", "/targets"),
        case(
            "many principals",
            json!({"on_behalf_of": vec![json!({"type": "user", "id": "i"}); 9]}),
            "too_many",
            "/on_behalf_of",
        ),
        case("an unknown change", json!({"changes": [{"path": "/a", "op": "swap"}]}), "invalid_value", "/changes/0/op"),
        case(
            "a change of no pointer",
            json!({"changes": [{"path": "a", "op": "add"}]}),
            "invalid_value",
            "/changes/0/path",
        ),
        case("no address", json!({"context": {"ip": "10.0.0.256"}}), "invalid_value", "/context/ip"),
        case("a network for an address", json!({"context": {"ip": "10.0.0.0/8"}}), "invalid_value", "/context/ip"),
        case("a reason without text", json!({"reason": {"ticket": "T"}}), "missing_field", "/reason/text"),
        case("a long message", json!({"message": text(4_097)}), "too_long", "/message"),
        case("metadata of a list", json!({"metadata": ["a"]}), "wrong_type", "/metadata"),
        case("metadata with structure", json!({"metadata": {"a": {"b": 1}}}), "wrong_type", "/metadata/a"),
        case("much metadata", json!({"metadata": numbered(65)}), "too_many", "/metadata"),
        case("a long metadata name", json!({"metadata": {text(65): 1}}), "too_long", ""),
        case(
            "a negative producer sequence",
            json!({"producer": {"id": "p", "sequence": -1}}),
            "invalid_value",
            "/producer/sequence",
        ),
        case(
            "a broken producer sequence",
            json!({"producer": {"id": "p", "sequence": 1.5}}),
            "invalid_value",
            "/producer/sequence",
        ),
        case("another tenant", json!({"tenant_id": "acme"}), "tenant_mismatch", "/tenant_id"),
        case("raw without format", json!({"raw": {"body": "b"}}), "missing_field", "/raw/format"),
        case("U+0000", json!({"message": "a\u{0}b"}), "nul_character", "/message"),
    ];
    // Whatever the parser calls these, they are named and stored nowhere.
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
            "",
        ),
    ] {
        cases.push(
            Case::new(name, Method::POST, "/api/v1/events", 400, "malformed_json").body(body).error(code, pointer),
        );
    }
    cases.push(
        Case::new("an event of 64 KiB and more", Method::POST, "/api/v1/events", 413, "body_too_large")
            .body(event(&json!({"raw": {"format": "x", "body": text(66_000)}})).to_string()),
    );
    cases
}

fn batches() -> Vec<Case> {
    let case = |name, body: &str, code| Case::new(name, Method::POST, "/api/v1/events/batch", 400, code).body(body);
    vec![
        case("a batch of an object", "{}", "invalid_batch").error("wrong_type", ""),
        case("a batch of text", "\"events\"", "invalid_batch").error("wrong_type", ""),
        case("an empty batch body", "", "malformed_json").error("malformed_json", ""),
        case("half a batch", "[{}", "malformed_json"),
        case("a batch with rubbish behind it", "[] []", "malformed_json"),
        Case::new("a batch of 8 MiB and more", Method::POST, "/api/v1/events/batch", 413, "body_too_large")
            .body(vec![b' '; 8 * 1_024 * 1_024 + 1]),
        Case::new("a batch of lines as JSON", Method::POST, "/api/v1/events/batch", 400, "invalid_batch")
            .body(format!("{0}\n{0}", event(&json!({})))),
    ]
}

fn encodings() -> Vec<Case> {
    let case = |name, status, code| Case::new(name, Method::POST, "/api/v1/events", status, code);
    let whole = gzip(event(&json!({})).to_string().as_bytes());
    vec![
        case("gzip that is none", 400, "malformed_compression").header("content-encoding", "gzip").body("{}"),
        case("gzip cut off", 400, "malformed_compression")
            .header("content-encoding", "gzip")
            .body(&whole[..whole.len() - 4]),
        case("zstd that is none", 400, "malformed_compression").header("content-encoding", "zstd").body("{}"),
        case("gzip called zstd", 400, "malformed_compression").header("content-encoding", "zstd").body(whole.clone()),
        case("brotli", 415, "unsupported_encoding")
            .header("content-encoding", "br")
            .body("{}")
            .error("unsupported_encoding", "/Content-Encoding"),
        case("two encodings", 415, "unsupported_encoding").header("content-encoding", "gzip, zstd").body(whole),
        case("no content type", 415, "unsupported_media_type")
            .header("content-type", "")
            .body("{}")
            .error("unsupported_media_type", "/Content-Type"),
        case("plain text", 415, "unsupported_media_type").header("content-type", "text/plain").body("{}"),
        case("lines for one event", 415, "unsupported_media_type")
            .header("content-type", "application/x-ndjson")
            .body("{}"),
        case("another charset", 415, "unsupported_media_type")
            .header("content-type", "application/json; charset=utf-16")
            .body("{}"),
        Case::new("a form", Method::POST, "/api/v1/events/batch", 415, "unsupported_media_type")
            .header("content-type", "application/x-www-form-urlencoded")
            .body("a=1"),
    ]
}

fn keys() -> Vec<Case> {
    let case = |name, body: Value, error, pointer| {
        Case::new(name, Method::POST, "/api/v1/api-keys", 422, "invalid_request")
            .body(body.to_string())
            .error(error, pointer)
    };
    vec![
        case("a key without name", json!({"role": "audit_writer"}), "missing_field", "/name"),
        case("a key with an empty name", json!({"name": " ", "role": "audit_writer"}), "invalid_value", "/name"),
        case(
            "a key with a long name",
            json!({"name": "n".repeat(257), "role": "audit_writer"}),
            "invalid_value",
            "/name",
        ),
        case("a key named by a number", json!({"name": 7, "role": "audit_writer"}), "invalid_value", "/name"),
        case("a key without rights", json!({"name": "n"}), "missing_field", "/role"),
        case("a key with no permission", json!({"name": "n", "permissions": []}), "invalid_value", "/permissions"),
        case("an unknown role", json!({"name": "n", "role": "god"}), "invalid_value", "/role"),
        case("an unknown permission", json!({"name": "n", "permissions": ["all"]}), "invalid_value", "/permissions"),
        case(
            "role and permissions",
            json!({"name": "n", "role": "audit_writer", "permissions": ["events.read"]}),
            "invalid_value",
            "/permissions",
        ),
        case(
            "a role outside a tenant",
            json!({"name": "n", "role": "system_admin"}),
            "permission_out_of_scope",
            "/permissions",
        ),
        case(
            "a key that is expired",
            json!({"name": "n", "role": "audit_writer", "expires_at": "2001-01-01T00:00:00Z"}),
            "invalid_value",
            "/expires_at",
        ),
        case(
            "a key with no time",
            json!({"name": "n", "role": "audit_writer", "expires_at": "soon"}),
            "invalid_value",
            "/expires_at",
        ),
        case(
            "a key with no network",
            json!({"name": "n", "role": "audit_writer", "allowed_networks": ["home"]}),
            "invalid_value",
            "/allowed_networks",
        ),
        case(
            "a key with a field too many",
            json!({"name": "n", "role": "audit_writer", "a/b": 1}),
            "unknown_field",
            "/a~1b",
        ),
        case(
            "a key for another tenant",
            json!({"tenant_id": "acme", "name": "n", "role": "audit_writer"}),
            "tenant_mismatch",
            "/tenant_id",
        ),
        case(
            "a key for no tenant",
            json!({"tenant_id": "-", "name": "n", "role": "audit_writer"}),
            "invalid_value",
            "/tenant_id",
        ),
        case("a list for a key", json!([]), "wrong_type", ""),
        Case::new("no JSON for a key", Method::POST, "/api/v1/api-keys", 400, "malformed_json")
            .body("{")
            .error("malformed_json", ""),
        Case::new("a key as text", Method::POST, "/api/v1/api-keys", 415, "unsupported_media_type")
            .header("content-type", "text/plain")
            .body("{}"),
        Case::new("a large key", Method::POST, "/api/v1/api-keys", 413, "body_too_large").body(vec![b' '; 70_000]),
        Case::new("an unknown key", Method::GET, "/api/v1/api-keys/0123456789abcdef", 404, "api_key_not_found"),
        Case::new("no key id", Method::DELETE, "/api/v1/api-keys/x", 404, "api_key_not_found"),
        Case::new(
            "a change of an unknown key",
            Method::PATCH,
            "/api/v1/api-keys/0123456789abcdef",
            404,
            "api_key_not_found",
        )
        .body("{}"),
    ]
}

fn tenants() -> Vec<Case> {
    let case = |name, body: Value, error, pointer| {
        Case::new(name, Method::POST, "/api/v1/tenants", 422, "invalid_request")
            .by(Caller::System)
            .body(body.to_string())
            .error(error, pointer)
    };
    vec![
        case("a tenant without id", json!({"name": "n"}), "missing_field", "/id"),
        case("a tenant without name", json!({"id": "a"}), "missing_field", "/name"),
        case("a tenant in capitals", json!({"id": "ACME", "name": "n"}), "invalid_value", "/id"),
        case("a tenant with a long id", json!({"id": "a".repeat(129), "name": "n"}), "invalid_value", "/id"),
        case("a tenant with a line break", json!({"id": "a", "name": "a\nb"}), "invalid_value", "/name"),
        case(
            "a tenant with a field too many",
            json!({"id": "a", "name": "n", "plan": "gold"}),
            "unknown_field",
            "/plan",
        ),
        Case::new("an unknown status of a tenant", Method::PATCH, "/api/v1/tenants/default", 422, "invalid_request")
            .by(Caller::System)
            .body(r#"{"status":"gone"}"#)
            .error("invalid_value", "/status"),
        Case::new("an unknown tenant", Method::GET, "/api/v1/tenants/nowhere", 404, "tenant_not_found")
            .by(Caller::System),
        Case::new("no tenant id", Method::GET, "/api/v1/tenants/-", 404, "tenant_not_found").by(Caller::System),
        Case::new("a tenant again", Method::POST, "/api/v1/tenants", 409, "tenant_exists")
            .by(Caller::System)
            .body(r#"{"id":"default","name":"n"}"#),
    ]
}
