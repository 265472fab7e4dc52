//! Queries and cursors.

use hyper::Method;

use crate::malformed::Case;

pub(super) fn cases() -> Vec<Case> {
    [paging(), filters(), cursors(), elsewhere()].into_iter().flatten().collect()
}

fn list(name: &'static str, query: &str, code: &'static str) -> Case {
    Case::new(name, Method::GET, format!("/api/v1/events?{query}"), 400, code)
}

fn paging() -> Vec<Case> {
    let case = |name, query, pointer| list(name, query, "invalid_parameter").error("invalid_value", pointer);
    vec![
        case("limit 0", "limit=0", "/limit"),
        case("limit 1001", "limit=1001", "/limit"),
        case("limit -1", "limit=-1", "/limit"),
        case("limit 1e2", "limit=1e2", "/limit"),
        case("no limit", "limit=", "/limit"),
        case("a huge limit", "limit=99999999999999999999999", "/limit"),
        case("an unknown order", "order=random", "/order"),
        case("order in capitals", "order=NEWEST", "/order"),
        case("an unknown count", "count=yes", "/count"),
        list("limit twice", "limit=1&limit=2", "invalid_parameter").error("repeated_parameter", "/limit"),
        list("a mistyped limit", "limt=5", "unknown_parameter").error("unknown_parameter", "/limt"),
        list("a mistyped cursor", "Cursor=x", "unknown_parameter").error("unknown_parameter", "/Cursor"),
    ]
}

fn filters() -> Vec<Case> {
    let case = |name, query, code, pointer| {
        list(name, query, if code == "unknown_parameter" { code } else { "invalid_parameter" }).error(code, pointer)
    };
    vec![
        case("an unknown field", "colour=red", "unknown_parameter", "/colour"),
        case("a mistyped field", "acton=user.login", "unknown_parameter", "/acton"),
        case("an offset", "offset=10", "unknown_parameter", "/offset"),
        case("a field with a slash", "a/b~c=1", "unknown_parameter", "/a~1b~0c"),
        case("an unknown field in the search", "q=user:red", "unknown_field", "/q"),
        case("an open quote", "q=%22open", "unterminated_quote", "/q"),
        list("no id", "id=7", "invalid_parameter"),
        list("no time", "since=whenever", "invalid_parameter"),
        list("no end of time", "until=2026-99-99", "invalid_parameter"),
        list("no address", "ip=10.0.0.300", "invalid_parameter"),
        list("no network", "ip=10.0.0.0/99", "invalid_parameter"),
        list("an unknown word", "outcome=meh", "invalid_parameter"),
        list("an unknown severity", "severity=>=loud", "invalid_parameter"),
        list("a prefix of a time", "occurred_at=2026*", "invalid_parameter"),
        list("a word for a number", "producer.sequence=many", "invalid_parameter"),
        list("a negative sequence", "sequence=-1", "invalid_parameter"),
        list("an operator without a term", "q=a+OR", "invalid_parameter").error("dangling_operator", "/q"),
        list("an open parenthesis", "q=(a", "invalid_parameter").error("unclosed_parenthesis", "/q"),
        list("a lonely minus", "q=-", "invalid_parameter"),
        list("no percent encoding", "action=%zz", "malformed_query").error("malformed_query", ""),
        list("no UTF-8", "action=%ff", "malformed_query"),
        list("half a percent encoding", "action=%2", "malformed_query"),
        Case::new(
            "many parameters",
            Method::GET,
            format!("/api/v1/events?{}", "action=a&".repeat(300)),
            400,
            "malformed_query",
        ),
        Case::new(
            "a long search",
            Method::GET,
            format!("/api/v1/events?q={}", "a".repeat(9_000)),
            400,
            "invalid_parameter",
        )
        .error("query_too_long", "/q"),
    ]
}

fn cursors() -> Vec<Case> {
    let case =
        |name, cursor: &str, code| list(name, &format!("cursor={cursor}"), "invalid_cursor").error(code, "/cursor");
    vec![
        case("an empty cursor", "", "malformed_cursor"),
        case("a word for a cursor", "next", "malformed_cursor"),
        case("no base64", "%21%21", "malformed_cursor"),
        case("a short cursor", "AQAA", "malformed_cursor"),
        case("a forged cursor", &format!("AQ{}", "A".repeat(86)), "wrong_cursor_signature"),
        case("a cursor of another version", &format!("Ag{}", "A".repeat(86)), "malformed_cursor"),
        case("a long cursor", &"A".repeat(4_000), "malformed_cursor"),
    ]
}

fn elsewhere() -> Vec<Case> {
    vec![
        Case::new("a parameter of a get", Method::GET, "/api/v1/events/x?fields=a", 400, "unknown_parameter")
            .error("unknown_parameter", "/fields"),
        Case::new("a parameter of a post", Method::POST, "/api/v1/events?sync=1", 400, "unknown_parameter"),
        Case::new("a parameter of a list", Method::GET, "/api/v1/api-keys?tenant_id=a", 400, "unknown_parameter"),
        Case::new("no event id", Method::GET, "/api/v1/events/x", 404, "event_not_found"),
        Case::new("no UTF-8 for an event id", Method::GET, "/api/v1/events/%ff", 404, "event_not_found"),
        Case::new(
            "an unknown event id",
            Method::GET,
            "/api/v1/events/01932b5e-7c00-7abc-8def-0123456789ab",
            404,
            "event_not_found",
        ),
    ]
}
