//! What an answer without events suggests.

use serde_json::{Value, json};

use crate::harness::{TestServer, event};

fn kinds(page: &Value) -> Vec<(String, Value)> {
    let suggestions = page["suggestions"].as_array().unwrap_or_else(|| panic!("{page}"));
    let of = |one: &Value| (one["kind"].as_str().unwrap().to_owned(), one["parameters"].clone());
    suggestions.iter().map(of).collect()
}

fn q(query: &str) -> Value {
    json!([{"name": "q", "value": query}])
}

#[tokio::test]
async fn an_empty_answer_suggests_queries_that_find_something() {
    let server = TestServer::start().await;
    let acme = server.tenant("acme").await;
    let sent = event(&json!({
        "action": "iam.role_assume",
        "actor": {"type": "user", "id": "Alice-17", "email": "alice@acme.example"},
        "occurred_at": "2024-05-06T07:08:09Z",
    }));
    acme.post("/api/v1/events", &sent).await.expect(201);
    let look = async |query: &str| acme.get(&format!("/api/v1/events?suggest=true&{query}")).await.expect(200);

    let page = look("q=actor:alice-17%20since:1d").await;
    assert_eq!(kinds(&page), [("any_time".to_owned(), q("actor:alice-17"))]);
    assert_eq!(page["suggestions"][0]["newest_at"], "2024-05-06T07:08:09.000000Z");
    let page = look("actor.id=alice-17&since=1d").await;
    assert_eq!(kinds(&page), [("any_time".to_owned(), json!([{"name": "actor.id", "value": "alice-17"}]))]);
    assert_eq!(kinds(&look("q=actor:=alice-17").await), [("any_case".to_owned(), q("actor:alice-17"))]);
    assert_eq!(kinds(&look("q=ole_assum").await), [("part_of_value".to_owned(), q("action:*ole_assum*"))]);
    let expected = ["actor:*lice*", "actor.email:*lice*"].map(|query| ("part_of_value".to_owned(), q(query)));
    assert_eq!(kinds(&look("q=lice").await), expected);
    assert_eq!(kinds(&look("q=nobody-at-all").await), []);

    // Other answers have no suggestions.
    for query in ["q=actor:=alice-17", "suggest=false&q=actor:=alice-17", "suggest=true&q=actor:alice-17"] {
        let page = acme.get(&format!("/api/v1/events?{query}")).await.expect(200);
        assert_eq!(page.get("suggestions"), None, "{query}");
    }
    acme.get("/api/v1/events?suggest=please").await.problem(400, "invalid_parameter");
}

#[tokio::test]
async fn nothing_is_suggested_that_the_reader_may_not_see() {
    let server = TestServer::start().await;
    let viewer = server.key(&server.admin, "audit_viewer").await;
    let sent = event(&json!({"action": "doc.read", "actor": {"type": "user", "id": "doc.reader"}}));
    server.admin.post("/api/v1/events", &sent).await.expect(201);
    let found = |query: &str| ("part_of_value".to_owned(), q(query));
    let page = viewer.get("/api/v1/events?suggest=true&q=oc.read").await.expect(200);
    assert_eq!(kinds(&page), [found("action:*oc.read*")]);
    let page = server.admin.get("/api/v1/events?suggest=true&q=oc.read").await.expect(200);
    assert_eq!(kinds(&page), [found("action:*oc.read*"), found("actor:*oc.read*")]);
    // Another tenant's events suggest nothing.
    let other = server.tenant("other").await;
    assert_eq!(kinds(&other.get("/api/v1/events?suggest=true&q=oc.read").await.expect(200)), []);
}
