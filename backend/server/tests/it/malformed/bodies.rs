//! Bodies: invalid JSON, JSON of the wrong shape, wrong encodings, invalid control requests.

use hyper::Method;
use serde_json::{Value, json};

use crate::{
    harness::{event, gzip},
    malformed::{Caller, Case},
};

pub(super) fn cases() -> Vec<Case> {
    [unreadable(), parameters(), batches(), encodings(), keys(), tenants()].into_iter().flatten().collect()
}

fn unreadable() -> Vec<Case> {
    let case = |name, body: &[u8], code, error, pointer| {
        Case::new(name, Method::POST, "/api/v1/events", 400, code).body(body).error(error, pointer)
    };
    vec![
        case("empty body", b"", "malformed_json", "malformed_json", ""),
        case("white space", b" \n", "malformed_json", "malformed_json", ""),
        case("half an object", br#"{"action":"#, "malformed_json", "malformed_json", "/action"),
        case("no UTF-8", b"{\"action\":\"\xff\"}", "malformed_json", "malformed_json", ""),
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

/// Query parameters of the requests that send events.
fn parameters() -> Vec<Case> {
    let case = |name, path: &str, code, error, pointer| {
        let body = if path.starts_with("batch") { json!([event(&json!({}))]) } else { event(&json!({})) };
        let path = format!("/api/v1/events{}", path.replace("batch", "/batch"));
        Case::new(name, Method::POST, path, 400, code).body(body.to_string()).error(error, pointer)
    };
    let (invalid, unknown) = ("invalid_parameter", "unknown_parameter");
    vec![
        case("strict in a word", "?strict=yes", invalid, "invalid_value", "/strict"),
        case("strict without a value", "?strict", invalid, "invalid_value", "/strict"),
        case("strict twice", "?strict=true&strict=true", invalid, "repeated_parameter", "/strict"),
        case("an atomic event", "?atomic=true", unknown, unknown, "/atomic"),
        case("a mistyped parameter of an event", "?stict=true", unknown, unknown, "/stict"),
        case("atomic as a number", "batch?atomic=1", invalid, "invalid_value", "/atomic"),
        case("atomic in capitals", "batch?atomic=TRUE", invalid, "invalid_value", "/atomic"),
        case("atomic twice", "batch?atomic=false&atomic=true", invalid, "repeated_parameter", "/atomic"),
        case("a mistyped parameter of a batch", "batch?strict=true&atomc=true", unknown, unknown, "/atomc"),
    ]
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
