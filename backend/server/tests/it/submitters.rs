//! The credential that sent an event is stored with it and searchable, and only the server can report as the audit log.

use hyper::Method;
use serde_json::{Value, json};

use crate::harness::{Client, TestServer, event};

const ID: &str = "01932b5e-7c00-7abc-8def-0123456789ab";

/// What a writer could send to cover its tracks: the server's own event of a revoked key.
fn forged(service: &str) -> Value {
    json!({
        "action": "api_key.revoke",
        "actor": {"type": "system", "id": "operator"},
        "targets": [{"type": "api_key", "id": "0123456789abcdef", "name": "first"}],
        "source": {"service": service, "version": env!("CARGO_PKG_VERSION")},
    })
}

async fn send_batch(client: &Client, content_type: &str, body: String) -> Value {
    let headers = [("content-type", content_type)];
    client.send(Method::POST, "/api/v1/events/batch", &headers, body.into()).await.expect(200)
}

async fn count(client: &Client, query: &str) -> Value {
    client.get(&format!("/api/v1/events?limit=1&count=true&{query}")).await.expect(200)["total"].clone()
}

#[tokio::test]
async fn nobody_but_the_server_reports_events_of_the_audit_log() {
    let server = TestServer::start().await;
    let acme = server.tenant("acme").await;
    let writer = server.key(&acme, "audit_writer").await;
    let before = count(&acme, "").await;
    let refused = ["reserved_service", "/source/service"].map(Value::from);
    for service in ["auditlog", "AuditLog", "AUDITLOG"] {
        let problem = writer.post("/api/v1/events", &forged(service)).await.problem(422, "invalid_event");
        let error = &problem["errors"][0];
        assert_eq!([&error["code"], &error["pointer"]], refused.each_ref(), "{service}");
        assert!(error["detail"].as_str().unwrap().contains("reporting service"), "{error}");

        let (forged, own) = (forged(service), event(&json!({"message": service})));
        let array = send_batch(&writer, "application/json", json!([own, forged]).to_string()).await;
        let lines = send_batch(&writer, "application/x-ndjson", format!("{own}\n{forged}\n")).await;
        for answer in [array, lines] {
            assert_eq!((&answer["stored"], &answer["rejected"]), (&json!(1), &json!(1)), "{service}");
            let result = &answer["results"][1];
            assert_eq!([&result["code"], &result["pointer"]], refused.each_ref(), "{service}");
        }
    }
    assert_eq!(count(&acme, "").await.as_u64().unwrap(), before.as_u64().unwrap() + 6, "only the writer's own events");
    assert_eq!(count(&acme, "action=api_key.revoke").await, 0);
    // A service whose name merely contains the word is allowed.
    writer.post("/api/v1/events", &forged("auditlog-shipper")).await.expect(201);
}

#[tokio::test]
async fn events_say_which_credential_sent_them() {
    let server = TestServer::start().await;
    let acme = server.tenant("acme").await;
    let writers = [server.key(&acme, "audit_writer").await, server.key(&acme, "audit_writer").await];
    for writer in &writers {
        writer.post("/api/v1/events", &event(&json!({}))).await.expect(201);
        writer.post("/api/v1/events/batch", &json!([event(&json!({})), event(&json!({}))])).await.expect(200);
        let own = acme.get(&format!("/api/v1/events?submitted_by={}", writer.key_id())).await.expect(200);
        let expected = json!({"type": "api_key", "id": writer.key_id()});
        let submitters: Vec<&Value> =
            own["events"].as_array().unwrap().iter().map(|event| &event["submitted_by"]).collect();
        assert_eq!(submitters, [&expected; 3]);
    }
    // `submitted_by` distinguishes the events of the server itself from those of a key.
    let own = acme.get("/api/v1/events?submitted_by.type=server").await.expect(200);
    let events = own["events"].as_array().unwrap();
    assert!(events.iter().any(|event| event["action"] == "api_key.create"), "{own}");
    for event in events {
        assert_eq!(
            (&event["source"]["service"], &event["submitted_by"]),
            (&json!("auditlog"), &json!({"type": "server"}))
        );
    }
    assert_eq!(count(&acme, "submitted_by.type=api_key").await, 6);
    assert_eq!(count(&acme, "q=-submitted_by:*").await, events.len());

    let facets = acme.get("/api/v1/events/facets?field=submitted_by.id&field=submitted_by.type").await.expect(200);
    let text = facets.to_string();
    assert!(writers.iter().all(|writer| text.contains(writer.key_id())) && text.contains("\"server\""), "{text}");
    let csv = acme.get("/api/v1/events/export?format=csv&columns=submitted_by.type,submitted_by.id").await;
    let csv = String::from_utf8(csv.body.to_vec()).unwrap();
    assert_eq!(csv.matches(&format!("api_key,{}\r\n", writers[0].key_id())).count(), 3, "{csv}");
    assert_eq!(csv.matches("server,\r\n").count(), events.len(), "{csv}");
}

#[tokio::test]
async fn who_sent_an_event_is_the_servers_to_say() {
    let server = TestServer::start().await;
    let claimed = event(&json!({"submitted_by": {"type": "server"}}));
    let problem = server.admin.post("/api/v1/events", &claimed).await.problem(422, "invalid_event");
    assert_eq!(problem["errors"][0]["code"], "unknown_field");
    assert_eq!(problem["errors"][0]["pointer"], "/submitted_by");
}

#[tokio::test]
async fn an_event_sent_again_with_another_key_is_a_duplicate() {
    let server = TestServer::start().await;
    let acme = server.tenant("acme").await;
    let writers = [server.key(&acme, "audit_writer").await, server.key(&acme, "audit_writer").await];
    let sent = event(&json!({"id": ID}));
    writers[0].post("/api/v1/events", &sent).await.expect(201);
    assert_eq!(writers[1].post("/api/v1/events", &sent).await.expect(200)["duplicate"], true);
    let found = acme.get(&format!("/api/v1/events/{ID}")).await.expect(200);
    assert_eq!(found["submitted_by"]["id"], writers[0].key_id());
}
