//! The interfaces for operators and tools: request ids, probes, metrics, verification.

use auditlog_core::store::{AppendError, QueryError};
use hyper::Method;
use serde_json::{Value, json};

use crate::harness::{Queries, TestServer, event};

#[tokio::test]
async fn every_answer_carries_a_request_id() {
    let server = TestServer::start().await;
    let given = server.admin.send(Method::GET, "/api/v1/events", &[("x-request-id", "abc-1")], "".into()).await;
    assert_eq!(given.header("x-request-id"), "abc-1");
    let odd = server.admin.send(Method::GET, "/nowhere", &[("x-request-id", "a b<c>")], "".into()).await;
    let made = odd.header("x-request-id").to_owned();
    assert_eq!(made.len(), 32);
    assert_eq!(odd.problem(404, "not_found")["request_id"], made);
    assert_ne!(server.nobody.get("/health/live").await.header("x-request-id"), made);
}

#[tokio::test]
async fn a_405_lists_the_methods_there_are() {
    let server = TestServer::start().await;
    let answer = server.admin.send(Method::PUT, "/api/v1/events", &[], "".into()).await;
    answer.problem(405, "method_not_allowed");
    let allowed: Vec<&str> = answer.header("allow").split(',').map(str::trim).collect();
    assert!(allowed.contains(&"GET") && allowed.contains(&"POST"), "{allowed:?}");
}

#[tokio::test]
async fn probes_tell_life_from_readiness() {
    let server = TestServer::start().await;
    server.nobody.get("/health/live").await.expect(200);
    server.nobody.get("/health/ready").await.expect(200);
    server.store.fail_appends(Some(AppendError::Stopped("disk /dev/sda7 is gone".into())));
    server.nobody.get("/health/live").await.expect(200);
    let problem = server.nobody.get("/health/ready").await.problem(503, "store_unavailable");
    assert!(!problem.to_string().contains("sda7"), "what is wrong inside is for the log: {problem}");
}

#[tokio::test]
async fn metrics_count_what_happened_and_name_nobody() {
    let server = TestServer::start().await;
    let acme = server.tenant("acme-corporation").await;
    acme.post("/api/v1/events/batch", &json!([event(&json!({})), event(&json!({})), {}])).await.expect(200);
    acme.get("/api/v1/events?count=true").await.expect(200);
    acme.get("/api/v1/events/x").await.problem(404, "event_not_found");
    server.store.set_queries(Queries::Failing(QueryError::DeadlineExceeded));
    acme.get("/api/v1/events").await.problem(503, "query_timeout");
    let answer = server.nobody.get("/metrics").await;
    assert!(answer.header("content-type").starts_with("application/openmetrics-text"));
    let text = String::from_utf8(answer.body.to_vec()).unwrap();
    for line in [
        r#"auditlog_http_requests_total{method="POST",route="/api/v1/events/batch",status="200"} 1"#,
        r#"auditlog_http_requests_total{method="GET",route="/api/v1/events/{id}",status="404"} 1"#,
        r#"auditlog_http_request_duration_seconds_count{method="GET",route="/api/v1/events"} 2"#,
        "auditlog_http_requests_in_flight 1",
        r#"auditlog_events_total{outcome="stored"} 2"#,
        r#"auditlog_events_total{outcome="rejected"} 1"#,
        r#"auditlog_queries_total{kind="list",outcome="answered"} 1"#,
        r#"auditlog_queries_total{kind="count",outcome="answered"} 1"#,
        r#"auditlog_queries_total{kind="list",outcome="timeout"} 1"#,
        "auditlog_store_tail_bytes 17.0",
        "# EOF",
    ] {
        assert!(text.lines().any(|found| found.eq_ignore_ascii_case(line)), "{line} is missing in\n{text}");
    }
    assert!(text.contains("auditlog_store_commits_total"), "{text}");
    assert!(!text.contains("acme") && !text.contains("alk_"), "{text}");
}

#[tokio::test]
async fn routes_that_do_not_exist_share_one_label() {
    let server = TestServer::start().await;
    for path in ["/a", "/b", "/c?d"] {
        server.nobody.get(path).await.problem(404, "not_found");
    }
    let text = String::from_utf8(server.nobody.get("/metrics").await.body.to_vec()).unwrap();
    assert!(text.contains(r#"route="none",status="404"} 3"#), "{text}");
}

#[tokio::test]
async fn verification_reports_the_log_of_the_caller_or_every_log() {
    let server = TestServer::start().await;
    let acme = server.tenant("acme").await;
    acme.post("/api/v1/events", &event(&json!({}))).await.expect(201);
    let report = acme.json(Method::POST, "/api/v1/log/verify", &Value::Null).await.expect(200);
    assert_eq!(report["intact"], true);
    assert_eq!(report["logs"].as_array().unwrap().len(), 1);
    let log = &report["logs"][0];
    assert_eq!((&log["tenant_id"], &log["size"], &log["findings"]), (&json!("acme"), &json!("3"), &json!([])));
    assert_eq!(log["root_hash"].as_str().unwrap().len(), 44);
    assert_eq!(log["intact"], json!({"count": "3", "ranges": [{"first": "0", "last": "2"}]}));
    assert_eq!((&log["damaged"]["count"], &log["unreadable"]["count"]), (&json!("0"), &json!("0")));
    assert_eq!(report["findings"], json!([]));
    let report = server.system.json(Method::POST, "/api/v1/log/verify", &Value::Null).await.expect(200);
    let tenants: Vec<_> = report["logs"].as_array().unwrap().iter().map(|log| log["tenant_id"].clone()).collect();
    assert_eq!(tenants, [json!("acme"), json!("default")]);
}

#[tokio::test]
async fn reindexing_says_what_it_came_to() {
    let server = TestServer::start().await;
    let report = server.system.json(Method::POST, "/api/v1/log/reindex", &Value::Null).await.expect(200);
    assert_eq!(report, json!({"rebuilt": 0, "unchanged": 0}), "the store of these tests keeps no index");
    server.store.set_queries(Queries::Failing(QueryError::Corrupted("segments/secret.parquet".into())));
    let answer = server.system.json(Method::POST, "/api/v1/log/reindex", &Value::Null).await;
    assert!(!answer.problem(500, "data_damaged").to_string().contains("secret"));
}

#[tokio::test]
async fn answers_are_not_kept_by_caches() {
    let server = TestServer::start().await;
    for path in ["/api/v1/events", "/api/v1/api-keys", "/nowhere"] {
        let answer = server.admin.get(path).await;
        assert_eq!(answer.header("cache-control"), "no-store", "{path}");
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
    }
}
