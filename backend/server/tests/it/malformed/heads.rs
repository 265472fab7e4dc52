//! Paths, methods and credentials.

use hyper::Method;

use crate::malformed::{Caller, Case};

pub(super) fn cases() -> Vec<Case> {
    [routes(), credentials()].into_iter().flatten().collect()
}

fn routes() -> Vec<Case> {
    vec![
        Case::new("no route", Method::GET, "/", 404, "not_found"),
        Case::new("no version", Method::GET, "/api/v2/events", 404, "not_found"),
        Case::new("a trailing slash", Method::GET, "/api/v1/events/", 404, "not_found"),
        Case::new("a deeper path", Method::GET, "/api/v1/events/a/b", 404, "not_found"),
        Case::new("an encoded traversal", Method::GET, "/docs/..%2f..%2fetc%2fpasswd", 404, "not_found"),
        Case::new("a put", Method::PUT, "/api/v1/events", 405, "method_not_allowed"),
        Case::new("a delete of all", Method::DELETE, "/api/v1/events", 405, "method_not_allowed"),
        Case::new("a get of the batch", Method::PATCH, "/api/v1/events/batch", 405, "method_not_allowed"),
        Case::new("a post to health", Method::POST, "/health/live", 405, "method_not_allowed"),
        Case::new(
            "a method of its own",
            Method::from_bytes(b"AUDIT").unwrap(),
            "/api/v1/events",
            405,
            "method_not_allowed",
        ),
    ]
}

fn credentials() -> Vec<Case> {
    let case = |name, value: &str| {
        Case::new(name, Method::GET, "/api/v1/events", 401, "invalid_credentials")
            .by(Caller::Nobody)
            .header("authorization", value)
            .error("invalid_credentials", "/Authorization")
    };
    let key = |environment: &str, id: &str, secret: &str, checksum: &str| {
        format!("Bearer alk_{environment}_{id}_{secret}_{checksum}")
    };
    let secret = "a".repeat(64);
    vec![
        Case::new("no credentials", Method::GET, "/api/v1/events", 401, "missing_credentials")
            .by(Caller::Nobody)
            .error("missing_credentials", "/Authorization"),
        case("empty credentials", ""),
        case("no scheme", "alk_live_x"),
        case("another scheme", "Basic YTpi"),
        case("a bearer of nothing", "Bearer "),
        case("a bearer of rubbish", "Bearer rubbish"),
        case("a short id", &key("live", "short", &secret, "00000000")),
        case("capitals in the id", &key("live", "ABCDEFGHIJKLMNOP", &secret, "00000000")),
        case("a short secret", &key("live", "0123456789abcdef", "aa", "00000000")),
        case("a secret of other digits", &key("live", "0123456789abcdef", &"g".repeat(64), "00000000")),
        case("a wrong checksum", &key("live", "0123456789abcdef", &secret, "00000000")),
        case("no checksum", &format!("Bearer alk_live_0123456789abcdef_{secret}")),
        case("a key of another product", "Bearer ghp_0123456789abcdef0123456789abcdef"),
        case("a key beyond ASCII", "Bearer alk_l\u{ef}ve"),
        case("a long key", &format!("Bearer {}", "a".repeat(8_000))),
        Case::new("two authorizations", Method::GET, "/api/v1/events", 401, "invalid_credentials")
            .header("authorization", "Bearer other"),
    ]
}
