//! Ingest: receipts, duplicates, conflicts, batches, encodings.

use std::time::Duration;

use bytes::Bytes;
use hyper::Method;
use serde_json::{Value, json};

use crate::harness::{Client, TestServer, event, gzip};

const ID: &str = "01932b5e-7c00-7abc-8def-0123456789ab";

async fn send_batch(client: &Client, headers: &[(&str, &str)], body: impl Into<Bytes>) -> Value {
    client.send(Method::POST, "/api/v1/events/batch", headers, body.into()).await.expect(200)
}

fn statuses(answer: &Value) -> Vec<&str> {
    answer["results"].as_array().unwrap().iter().map(|result| result["status"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn a_stored_event_is_found_as_it_was_sent() {
    let server = TestServer::start().await;
    let sent = event(&json!({
        "id": ID,
        "occurred_at": "2031-05-06T09:00:00+02:00",
        "targets": [{"type": "invoice", "id": "i-1"}],
        "metadata": {"env": "prod", "attempt": 2},
        "context": {"ip": "2001:DB8::1"},
    }));
    let receipt = server.admin.post("/api/v1/events", &sent).await.expect(201);
    // Three events of the first start precede it.
    assert_eq!((receipt["id"].as_str(), receipt["sequence"].as_str()), (Some(ID), Some("3")));
    assert_eq!(receipt["duplicate"], false);
    let found = server.admin.get(&format!("/api/v1/events/{ID}")).await.expect(200);
    assert_eq!(found["occurred_at"], "2031-05-06T07:00:00.000000Z");
    assert_eq!(found["received_at"], receipt["received_at"]);
    assert_eq!(found["sequence"], "3");
    assert_eq!(found["tenant_id"], "default");
    assert_eq!(found["category"], "auth");
    assert_eq!(found["outcome"], json!({"status": "success"}));
    assert_eq!(found["severity"], "info");
    assert_eq!(found["context"], json!({"ip": "2001:db8::1"}));
    assert_eq!(found["metadata"], json!({"env": "prod", "attempt": 2}));
    assert_eq!(found["skewed"], true);
    assert_eq!(found.get("withheld"), None);
}

#[tokio::test]
async fn sending_an_event_again_gives_the_first_receipt() {
    let server = TestServer::start().await;
    let sent = event(&json!({"id": ID}));
    let first = server.admin.post("/api/v1/events", &sent).await.expect(201);
    let _later = server.clock.advance(Duration::from_hours(1));
    let second = server.admin.post("/api/v1/events", &sent).await.expect(200);
    assert_eq!(second["duplicate"], true);
    for field in ["id", "sequence", "received_at"] {
        assert_eq!(second[field], first[field], "{field}");
    }
}

#[tokio::test]
async fn an_id_is_the_same_in_any_case() {
    let server = TestServer::start().await;
    let sent = |id: &str| event(&json!({"id": id}));
    let first = server.admin.post("/api/v1/events", &sent(&ID.to_uppercase())).await.expect(201);
    assert_eq!(first["id"], ID);
    assert_eq!(server.admin.post("/api/v1/events", &sent(ID)).await.expect(200)["duplicate"], true);
}

#[tokio::test]
async fn another_event_with_the_same_id_is_a_conflict() {
    let server = TestServer::start().await;
    server.admin.post("/api/v1/events", &event(&json!({"id": ID}))).await.expect(201);
    let other = event(&json!({"id": ID, "action": "user.logout"}));
    let problem = server.admin.post("/api/v1/events", &other).await.problem(409, "event_id_conflict");
    assert_eq!(problem["errors"][0]["pointer"], "/id");
    // Ids are unique only within a tenant.
    let acme = server.tenant("acme").await;
    acme.post("/api/v1/events", &other).await.expect(201);
}

#[tokio::test]
async fn a_batch_stores_the_good_and_names_each_of_the_others() {
    let server = TestServer::start().await;
    let batch = json!([
        event(&json!({"id": ID})),
        event(&json!({"actor": {"type": "user"}, "severity": "loud"})),
        event(&json!({"id": ID})),
        event(&json!({"id": ID, "action": "user.logout"})),
        "no event",
        event(&json!({"tenant_id": "acme"})),
        event(&json!({})),
    ]);
    let answer = server.admin.post("/api/v1/events/batch", &batch).await.expect(200);
    let expected = ["stored", "rejected", "duplicate", "rejected", "rejected", "rejected", "stored"];
    assert_eq!(statuses(&answer), expected);
    assert_eq!((&answer["stored"], &answer["duplicates"], &answer["rejected"]), (&json!(2), &json!(1), &json!(4)));
    let results = &answer["results"];
    let errors: Vec<_> = results[1]["errors"].as_array().unwrap().iter().map(|error| &error["pointer"]).collect();
    assert!(errors.contains(&&json!("/actor/id")) && errors.contains(&&json!("/severity")), "{errors:?}");
    assert_eq!(results[1]["code"], results[1]["errors"][0]["code"]);
    assert_eq!(results[2]["sequence"], results[0]["sequence"]);
    assert_eq!((&results[3]["code"], &results[3]["pointer"]), (&json!("event_id_conflict"), &json!("/id")));
    assert_eq!(results[4]["code"], "wrong_type");
    assert_eq!((&results[5]["code"], &results[5]["pointer"]), (&json!("tenant_mismatch"), &json!("/tenant_id")));
    assert_eq!((&results[0]["sequence"], &results[6]["sequence"]), (&json!("3"), &json!("4")));
}

#[tokio::test]
async fn every_format_and_encoding_means_the_same() {
    let server = TestServer::start().await;
    let events: Vec<Value> = (0..5).map(|index| event(&json!({"message": format!("event {index}")}))).collect();
    let array = serde_json::to_vec(&events).unwrap();
    let lines: Vec<u8> = events.iter().flat_map(|event| format!("{event}\r\n\n").into_bytes()).collect();
    let (json, ndjson) = (("content-type", "application/json"), ("content-type", "application/x-ndjson"));
    for (name, headers, body) in [
        ("array", vec![json], array.clone()),
        ("identity", vec![json, ("content-encoding", "identity")], array.clone()),
        ("array gzip", vec![json, ("content-encoding", "gzip")], gzip(&array)),
        ("array zstd", vec![json, ("content-encoding", "zstd")], zstd::encode_all(&array[..], 3).unwrap()),
        ("lines", vec![ndjson], lines.clone()),
        ("lines gzip", vec![ndjson, ("content-encoding", "gzip")], gzip(&lines)),
        ("lines zstd", vec![ndjson, ("content-encoding", "ZSTD")], zstd::encode_all(&lines[..], 3).unwrap()),
    ] {
        let answer = send_batch(&server.admin, &headers, body).await;
        assert_eq!(statuses(&answer), ["stored"; 5], "{name}");
    }
    let single = serde_json::to_vec(&events[0]).unwrap();
    let headers = [json, ("content-encoding", "gzip")];
    server.admin.send(Method::POST, "/api/v1/events", &headers, gzip(&single).into()).await.expect(201);
}

#[tokio::test]
async fn a_line_that_is_no_json_spoils_only_itself() {
    let server = TestServer::start().await;
    let lines = format!("{}\n{{\"action\":\n{}\n", event(&json!({})), event(&json!({})));
    let answer = send_batch(&server.admin, &[("content-type", "application/x-ndjson")], lines).await;
    assert_eq!(statuses(&answer), ["stored", "rejected", "stored"]);
    assert_eq!(answer["results"][1]["code"], "malformed_json");
}

#[tokio::test]
async fn a_batch_of_a_thousand_large_events_is_taken_and_one_more_is_not() {
    let server = TestServer::start().await;
    let large = event(&json!({"message": "m".repeat(4_000)}));
    let batch = |count: usize| serde_json::to_vec(&vec![&large; count]).unwrap();
    let headers = [("content-type", "application/json")];
    let answer = send_batch(&server.admin, &headers, batch(1_000)).await;
    assert_eq!(answer["stored"], 1_000);
    assert_eq!(answer["results"][999]["sequence"], "1002");
    let refused = server.admin.send(Method::POST, "/api/v1/events/batch", &headers, batch(1_001).into()).await;
    let problem = refused.problem(400, "invalid_batch");
    assert_eq!(problem["errors"][0]["code"], "too_many");
    assert_eq!(server.admin.get("/api/v1/events?limit=1&count=true").await.expect(200)["total"], 1_003);
}

#[tokio::test]
async fn a_small_body_that_unpacks_large_is_refused_at_the_limit() {
    let server = TestServer::start().await;
    let bomb = vec![b' '; 256 * 1_024 * 1_024];
    for (encoding, body) in [("gzip", gzip(&bomb)), ("zstd", zstd::encode_all(&bomb[..], 3).unwrap())] {
        assert!(body.len() < 1_024 * 1_024, "{encoding} packs it into {} bytes", body.len());
        for path in ["/api/v1/events", "/api/v1/events/batch"] {
            let headers = [("content-type", "application/json"), ("content-encoding", encoding)];
            server.admin.send(Method::POST, path, &headers, body.clone().into()).await.problem(413, "body_too_large");
        }
    }
}

#[tokio::test]
async fn racing_requests_with_one_id_store_one_event() {
    let server = TestServer::start().await;
    let sent = event(&json!({"id": ID}));
    let requests = (0..16).map(|_| server.admin.post("/api/v1/events", &sent));
    let answers = futures_util::future::join_all(requests).await;
    let stored = answers.iter().filter(|answer| answer.status == 201).count();
    let duplicates = answers.iter().filter(|answer| answer.status == 200).count();
    assert_eq!((stored, duplicates), (1, 15));
}
