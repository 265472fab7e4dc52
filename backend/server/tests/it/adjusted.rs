//! Events of which values are adjusted: they are stored, say what was adjusted, and are refused for strict producers.

use std::time::Duration;

use bytes::Bytes;
use hyper::Method;
use serde_json::{Map, Value, json};

use crate::harness::{Answer, Client, TestServer, event};

const JSON: (&str, &str) = ("content-type", "application/json");

fn text(length: usize) -> String {
    "x".repeat(length)
}

/// An event as text, so that it can hold what `Value` cannot: `members` are added as they are.
fn event_text(members: &str) -> String {
    let event = event(&json!({})).to_string();
    format!("{},{members}}}", event.strip_suffix('}').unwrap())
}

async fn send(client: &Client, query: &str, body: &str) -> Answer {
    let body = Bytes::from(body.to_owned());
    client.send(Method::POST, &format!("/api/v1/events{query}"), &[JSON], body).await
}

async fn stored(client: &Client, receipt: &Value) -> Value {
    client.get(&format!("/api/v1/events/{}", receipt["id"].as_str().unwrap())).await.expect(200)
}

/// Events of which one value is adjusted, with its pointer and what is done to it.
fn cases() -> Vec<(String, String, &'static str)> {
    let changed = |changes: Value, pointer: &str, code| (event(&changes).to_string(), pointer.to_owned(), code);
    let numbered = |count: usize| (0..count).map(|number| (number.to_string(), number.into())).collect::<Map<_, _>>();
    let nested = (0..8).fold(json!({"deep": true}), |inner, _| json!({"in": inner}));
    let target = json!({"type": "t", "id": "i"});
    let principal = json!({"type": "user", "id": "i"});
    vec![
        changed(json!({"action": text(257)}), "/action", "truncated"),
        changed(json!({"action": "user.\tlogin"}), "/action", "replaced"),
        changed(json!({"occurred_at": "1969-12-31T23:59:59Z"}), "/occurred_at", "clock"),
        changed(json!({"occurred_at": "2099-01-01T00:00:00Z"}), "/occurred_at", "clock"),
        changed(json!({"actor": {"type": "user", "id": text(1_025)}}), "/actor/id", "truncated"),
        changed(json!({"actor": {"type": "user", "id": ""}}), "/actor/id", "defaulted"),
        changed(json!({"targets": vec![target; 33]}), "/targets", "truncated"),
        changed(json!({"on_behalf_of": vec![principal; 9]}), "/on_behalf_of", "truncated"),
        changed(json!({"context": {"ip": "10.0.0.256"}}), "/context/ip", "parsed"),
        changed(json!({"context": {"ip": "10.0.0.1:443"}}), "/context/ip", "parsed"),
        changed(json!({"message": text(8_193)}), "/message", "truncated"),
        changed(json!({"message": "a\u{0}b"}), "/message", "replaced"),
        changed(json!({"metadata": numbered(257)}), "/metadata", "truncated"),
        changed(json!({"metadata": {"in": nested}}), "/metadata/in/in/in/in/in/in/in/in", "json_as_text"),
        changed(json!({"raw": {"format": "x", "body": text(131_073)}}), "/raw/body", "truncated"),
        (event_text(r#""message":"\ud800""#), "/message".to_owned(), "replaced"),
        (event_text(r#""metadata":{"n":9007199254740993}"#), "/metadata/n".to_owned(), "number_as_text"),
        (event_text(r#""metadata":{"n":1e400}"#), "/metadata/n".to_owned(), "number_as_text"),
        (event_text(r#""metadata":{"a":1,"a":2}"#), "/metadata/a~02".to_owned(), "replaced"),
    ]
}

#[tokio::test]
async fn content_beyond_its_limits_is_stored_and_the_answer_and_the_event_say_how() {
    let server = TestServer::start().await;
    for (body, pointer, code) in cases() {
        let receipt = send(&server.admin, "", &body).await.expect(201);
        let listed = receipt["adjustments"].as_array().unwrap_or_else(|| panic!("{pointer}: {receipt}"));
        let [adjustment] = &listed[..] else { panic!("{pointer}: {receipt}") };
        assert_eq!((&adjustment["pointer"], &adjustment["code"]), (&json!(pointer), &json!(code)), "{receipt}");
        assert_eq!(stored(&server.admin, &receipt).await["adjustments"], receipt["adjustments"], "{pointer}");
    }
    let plain = send(&server.admin, "", &event(&json!({})).to_string()).await.expect(201);
    assert_eq!((plain.get("adjustments"), stored(&server.admin, &plain).await.get("adjustments")), (None, None));
}

#[tokio::test]
async fn a_strict_producer_is_told_each_value_that_would_be_adjusted() {
    let server = TestServer::start().await;
    for (body, pointer, code) in cases() {
        let problem = send(&server.admin, "?strict=true", &body).await.problem(422, "invalid_event");
        let [error] = &problem["errors"].as_array().unwrap()[..] else { panic!("{pointer}: {problem}") };
        assert_eq!((&error["code"], &error["pointer"]), (&json!("would_be_adjusted"), &json!(pointer)), "{problem}");
        assert!(error["detail"].as_str().unwrap().starts_with(&format!("{code}: ")), "{problem}");
    }
    let several = event(&json!({
        "occurred_at": "2099-01-01T00:00:00Z", "context": {"ip": "10.0.0.1, 10.0.0.2"}, "message": text(10_000),
    }));
    let problem = send(&server.admin, "?strict=true", &several.to_string()).await.problem(422, "invalid_event");
    let pointers: Vec<_> = problem["errors"].as_array().unwrap().iter().map(|error| &error["pointer"]).collect();
    assert_eq!(pointers, ["/occurred_at", "/context/ip", "/message"]);
    assert_eq!(server.admin.get("/api/v1/events?count=true").await.expect(200)["total"], 3, "nothing was stored");
    let same = event(&json!({"context": {"ip": "2001:DB8::1"}, "targets": [], "message": ""}));
    send(&server.admin, "?strict=true", &same.to_string()).await.expect(201);
    send(&server.admin, "?strict=false", &several.to_string()).await.expect(201);
}

#[tokio::test]
async fn a_clock_that_is_a_day_and_an_hour_ahead_is_kept_beside_the_time_of_receipt() {
    let server = TestServer::start().await;
    // The server's clock stands at noon.
    let ahead = |hours: u32| event(&json!({"occurred_at": format!("2031-05-07T{:02}:00:00Z", 12 + hours - 24)}));
    let receipt = server.admin.post("/api/v1/events", &ahead(25)).await.expect(201);
    let found = stored(&server.admin, &receipt).await;
    assert_eq!((&found["occurred_at"], &found["skewed"]), (&found["received_at"], &json!(true)));
    let clock = json!([{"code": "clock", "original": "2031-05-07T13:00:00.000000Z", "pointer": "/occurred_at"}]);
    assert_eq!((&found["adjustments"], &receipt["adjustments"]), (&clock, &clock));
    let receipt = server.admin.post("/api/v1/events", &ahead(24)).await.expect(201);
    let found = stored(&server.admin, &receipt).await;
    assert_eq!((&found["occurred_at"], &found["skewed"]), (&json!("2031-05-07T12:00:00.000000Z"), &json!(true)));
    assert_eq!((found.get("adjustments"), receipt.get("adjustments")), (None, None));
}

#[tokio::test]
async fn an_event_of_another_system_is_stored_once_by_its_id_there() {
    let server = TestServer::start().await;
    let sent = |message: &str| {
        event(&json!({
            "external_id": "gh-1", "occurred_at": "2031-05-06T11:00:00.5Z", "message": message,
            "context": {"ip": "10.0.0.1:443"},
        }))
    };
    let first = server.admin.post("/api/v1/events", &sent("one")).await.expect(201);
    let _later = server.clock.advance(Duration::from_hours(1));
    let again = server.admin.post("/api/v1/events", &sent("one")).await.expect(200);
    assert_eq!(again["duplicate"], true);
    for field in ["id", "sequence", "received_at", "adjustments"] {
        assert_eq!(again[field], first[field], "{field}");
    }
    server.admin.post("/api/v1/events", &sent("two")).await.problem(409, "event_id_conflict");
    let elsewhere = event(&json!({
        "external_id": "gh-1", "occurred_at": "2031-05-06T11:00:00.5Z", "source": {"service": "other"},
    }));
    let other = server.admin.post("/api/v1/events", &elsewhere).await.expect(201);
    assert_ne!(other["id"], first["id"], "ids of two services are two");
    let found = stored(&server.admin, &first).await;
    assert_eq!((&found["external_id"], &found["message"]), (&json!("gh-1"), &json!("one")));
    let timeless = event(&json!({"external_id": "gh-2"}));
    let problem = server.admin.post("/api/v1/events", &timeless).await.problem(422, "invalid_event");
    assert_eq!(problem["errors"][0]["pointer"], "/occurred_at");
}

#[tokio::test]
async fn adjustments_of_withheld_groups_are_withheld() {
    let server = TestServer::start().await;
    let viewer = server.key(&server.admin, "audit_viewer").await;
    let sent = event(&json!({
        "actor": {"type": "user", "id": "a".repeat(2_000)},
        "context": {"ip": "secret", "address": "kept"},
        "source": {"service": "identity", "host": text(2_000)},
        "metadata": {"secret": "\u{0}"},
        "outcome": {"code": text(2_000), "reason": text(2_000)},
        "targets": [{"type": "t", "id": text(2_000)}],
    }));
    let receipt = server.admin.post("/api/v1/events", &sent).await.expect(201);
    let all = [
        "/actor/id",
        "/context/ip",
        "/metadata/secret",
        "/outcome/code",
        "/outcome/reason",
        "/source/host",
        "/targets/0/id",
    ];
    let pointers = |event: &Value| -> Vec<String> {
        let listed = event["adjustments"].as_array().unwrap().iter();
        listed.map(|adjustment| adjustment["pointer"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(pointers(&receipt), all);
    assert_eq!(pointers(&stored(&server.admin, &receipt).await), all);
    let listed = viewer.get("/api/v1/events?action=user.login").await.expect(200)["events"][0].clone();
    let ndjson = viewer.get("/api/v1/events/export?action=user.login").await;
    let exported = serde_json::from_slice(&ndjson.body).unwrap();
    for seen in [stored(&viewer, &receipt).await, listed, exported] {
        assert_eq!(pointers(&seen), ["/outcome/code", "/targets/0/id"]);
        assert!(!seen.to_string().contains("secret"), "{seen}");
        assert_eq!(seen["source"], json!({"service": "identity"}));
    }
}
