//! Whatever bytes arrive, the answer is never a 5xx.

use std::fmt::Write;

use hyper::Method;
use proptest::{prelude::*, test_runner::TestRunner};
use tokio::runtime::Runtime;

use crate::harness::{Answer, TestServer, event};

const CASES: u32 = 300;

/// Sends the generated requests and checks every answer.
fn never_fails<T: std::fmt::Debug>(strategy: impl Strategy<Value = T>, send: &impl AsyncFn(&TestServer, T) -> Answer) {
    let runtime = Runtime::new().unwrap();
    let server = runtime.block_on(TestServer::start());
    let mut runner = TestRunner::new(ProptestConfig { cases: CASES, failure_persistence: None, ..Default::default() });
    runner
        .run(&strategy, |input| {
            let shown = format!("{input:?}");
            let answer = runtime.block_on(send(&server, input));
            prop_assert!(!answer.status.is_server_error(), "{}: {shown}", answer.status);
            if answer.status.is_client_error() {
                let problem = answer.value();
                prop_assert!(problem["code"].is_string() && problem["request_id"].is_string(), "{problem}");
            }
            Ok(())
        })
        .unwrap();
}

/// Bytes that are allowed in a request's target.
fn encoded(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "%{byte:02X}").unwrap();
        text
    })
}

#[test]
fn any_bytes_as_a_value_of_any_parameter() {
    let names = prop::sample::select(vec![
        "q",
        "action",
        "actor",
        "ip",
        "since",
        "until",
        "id",
        "sequence",
        "severity",
        "metadata.k",
        "metadata.",
        "limit",
        "order",
        "count",
        "cursor",
        "nothing",
        "occurred_at",
        "producer.sequence",
        "outcome",
    ]);
    let values = prop_oneof![
        prop::collection::vec(any::<u8>(), 0..40),
        "[a-z0-9:*!=<>.,/\"() -]{0,30}".prop_map(String::into_bytes),
        "\\PC{0,20}".prop_map(String::into_bytes),
    ];
    let pairs = prop::collection::vec((names, values), 1..4);
    never_fails(pairs, &async |server, pairs| {
        let query: Vec<_> = pairs.iter().map(|(name, value)| format!("{name}={}", encoded(value))).collect();
        server.admin.get(&format!("/api/v1/events?{}", query.join("&"))).await
    });
}

#[test]
fn any_visible_text_as_a_query_string() {
    never_fails("[!-\"$-~]{0,60}", &async |server, query: String| {
        server.admin.get(&format!("/api/v1/events?{query}")).await
    });
}

#[test]
fn any_bytes_as_a_body_of_any_encoding() {
    let encodings = prop::sample::select(vec!["identity", "gzip", "zstd"]);
    let targets = prop::sample::select(vec![
        ("/api/v1/events", "application/json"),
        ("/api/v1/events/batch", "application/json"),
        ("/api/v1/events/batch", "application/x-ndjson"),
        ("/api/v1/api-keys", "application/json"),
    ]);
    let bodies = prop::collection::vec(any::<u8>(), 0..200);
    never_fails((targets, encodings, bodies), &async |server, ((path, content_type), encoding, body)| {
        let headers = [("content-type", content_type), ("content-encoding", encoding)];
        server.admin.send(Method::POST, path, &headers, body.into()).await
    });
}

#[test]
fn an_event_with_any_bytes_in_any_place() {
    let text = event(&serde_json::json!({"message": "m", "metadata": {"k": 1}, "changes": [{"path": "/a", "op": "add", "new": {"b": [1]}}]}))
        .to_string()
        .into_bytes();
    let places = (0..text.len(), prop::collection::vec(any::<u8>(), 0..4), 0..4_usize);
    never_fails(places, &async |server, (at, inserted, removed)| {
        let mut body = text.clone();
        let end = (at + removed).min(body.len());
        body.splice(at..end, inserted);
        let headers = [("content-type", "application/json")];
        server.admin.send(Method::POST, "/api/v1/events", &headers, body.into()).await
    });
}

#[test]
fn any_json_as_a_key_or_a_tenant() {
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(serde_json::Value::from),
        any::<i64>().prop_map(serde_json::Value::from),
        "\\PC{0,12}".prop_map(serde_json::Value::from),
        prop::sample::select(vec!["audit_writer", "events.read", "10.0.0.0/8", "2040-01-01T00:00:00Z", "acme"])
            .prop_map(serde_json::Value::from),
    ];
    let value = prop_oneof![leaf.clone(), prop::collection::vec(leaf, 0..3).prop_map(serde_json::Value::from)];
    let names =
        prop::sample::select(vec!["id", "name", "role", "permissions", "expires_at", "allowed_networks", "tenant_id"]);
    let object = prop::collection::btree_map(names, value, 0..6);
    let path = prop::sample::select(vec!["/api/v1/api-keys", "/api/v1/tenants"]);
    never_fails((path, object), &async |server, (path, object)| {
        let body = serde_json::to_value(object).unwrap();
        server.system.post(path, &body).await
    });
}
