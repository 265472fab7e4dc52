//! The statistics of a tenant's log.

use std::time::Duration;

use serde_json::{Value, json};

use crate::harness::{TestServer, event};

#[tokio::test]
async fn events_are_counted_by_when_they_came_and_late_ones_widen_the_times() {
    let server = TestServer::start().await;
    let acme = server.tenant("acme").await;
    let before = acme.get("/api/v1/stats").await.expect(200);
    let own = before["events"].as_u64().unwrap();
    for _ in 0..3 {
        acme.post("/api/v1/events", &event(&json!({}))).await.expect(201);
    }
    let _ = server.clock.advance(Duration::from_mins(10));
    let late = event(&json!({"occurred_at": "2030-01-01T00:00:00Z"}));
    acme.post("/api/v1/events", &late).await.expect(201);

    let stats = acme.get("/api/v1/stats").await.expect(200);
    assert_eq!((&stats["events"], &stats["unsettled"]), (&json!(own + 4), &json!(own + 4)));
    let windows: Vec<(u64, u64)> = stats["ingest"]
        .as_array()
        .unwrap()
        .iter()
        .map(|window| (window["seconds"].as_u64().unwrap(), window["events"].as_u64().unwrap()))
        .collect();
    assert_eq!(windows, [(60, 1), (3_600, own + 4), (86_400, own + 4)]);
    assert_eq!(stats["ingest"][0]["events_per_second"], 1.0 / 60.0);
    assert_eq!(stats["occurred_at"]["first"], "2030-01-01T00:00:00.000000Z");
    assert_eq!(stats["occurred_at"]["last"], before["occurred_at"]["last"], "{stats}");
    assert_eq!(stats["received_at"]["first"], before["received_at"]["first"]);
    assert!(stats["received_at"]["last"].as_str() > before["received_at"]["last"].as_str(), "{stats}");
}

#[tokio::test]
async fn an_empty_log_and_a_reader_without_personal_data_are_answered_too() {
    let server = TestServer::start().await;
    let viewer = server.key(&server.admin, "audit_viewer").await;
    let (whole, seen) = (server.admin.get("/api/v1/stats").await, viewer.get("/api/v1/stats").await);
    assert_eq!(whole.expect(200), seen.expect(200));
    let empty: Value = server.tenant("empty").await.get("/api/v1/stats").await.expect(200);
    assert!(empty["events"].as_u64() < whole.value()["events"].as_u64(), "another tenant's events are not counted");
    viewer.get("/api/v1/stats?x=1").await.problem(400, "unknown_parameter");
}
