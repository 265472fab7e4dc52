//! Tenants do not see each other: endpoint × {own, other, none, revoked, expired, suspended}.

use std::time::Duration;

use hyper::Method;
use serde_json::{Value, json};

use crate::harness::{Answer, Client, TestServer, event};

const ID: &str = "01932b5e-7c00-7abc-8def-0123456789ab";

/// The key of the caller.
struct Callers {
    own: Client,
    other: Client,
    none: Client,
    revoked: Client,
    expired: Client,
    suspended: Client,
}

async fn callers(server: &TestServer) -> Callers {
    let own = server.tenant("own").await;
    let other = server.tenant("other").await;
    let suspended = server.tenant("suspended").await;
    let revoked = server.key(&own, "audit_admin").await;
    let body = json!({"name": "n", "role": "audit_admin", "expires_at": "2031-05-06T23:00:00Z"});
    let created = own.post("/api/v1/api-keys", &body).await.expect(201);
    let expired = server.nobody.with_key(created["key"].as_str().unwrap());
    let path = format!("/api/v1/api-keys/{}", revoked.key_id());
    own.send(Method::DELETE, &path, &[], "".into()).await.expect(200);
    server.system.json(Method::PATCH, "/api/v1/tenants/suspended", &json!({"status": "suspended"})).await.expect(200);
    let _ = server.clock.advance(Duration::from_hours(48));
    Callers { own, other, none: server.nobody.clone(), revoked, expired, suspended }
}

/// Each operation of a tenant, on resources of tenant `own`.
fn operations(key_id: &str) -> Vec<(Method, String, Value)> {
    let event = event(&json!({"id": ID}));
    vec![
        (Method::POST, "/api/v1/events".into(), event.clone()),
        (Method::POST, "/api/v1/events/batch".into(), json!([event])),
        (Method::GET, "/api/v1/events".into(), Value::Null),
        (Method::GET, format!("/api/v1/events/{ID}"), Value::Null),
        (Method::GET, "/api/v1/api-keys".into(), Value::Null),
        (Method::POST, "/api/v1/api-keys".into(), json!({"name": "n", "role": "audit_writer"})),
        (Method::GET, format!("/api/v1/api-keys/{key_id}"), Value::Null),
        (Method::PATCH, format!("/api/v1/api-keys/{key_id}"), json!({"name": "taken"})),
        (Method::DELETE, format!("/api/v1/api-keys/{key_id}"), Value::Null),
        (Method::GET, "/api/v1/saved-searches".into(), Value::Null),
        (Method::POST, "/api/v1/saved-searches".into(), json!({"name": "n", "query": "a"})),
        (Method::GET, format!("/api/v1/saved-searches/{ID}"), Value::Null),
        (Method::PATCH, format!("/api/v1/saved-searches/{ID}"), json!({"name": "taken"})),
        (Method::DELETE, format!("/api/v1/saved-searches/{ID}"), Value::Null),
        (Method::GET, "/api/v1/exports".into(), Value::Null),
        (Method::POST, "/api/v1/exports".into(), json!({})),
        (Method::GET, format!("/api/v1/exports/{ID}"), Value::Null),
        (Method::GET, format!("/api/v1/exports/{ID}/file"), Value::Null),
        (Method::POST, format!("/api/v1/exports/{ID}/cancel"), Value::Null),
        (Method::DELETE, format!("/api/v1/exports/{ID}"), Value::Null),
        (Method::POST, "/api/v1/log/verify".into(), Value::Null),
    ]
}

async fn call(client: &Client, (method, path, body): &(Method, String, Value)) -> Answer {
    client.json(method.clone(), path, body).await
}

#[tokio::test]
async fn refused_credentials_are_refused_everywhere() {
    let server = TestServer::start().await;
    let callers = callers(&server).await;
    for operation in operations(callers.own.key_id()) {
        call(&callers.none, &operation).await.problem(401, "missing_credentials");
        call(&callers.revoked, &operation).await.problem(401, "key_revoked");
        call(&callers.expired, &operation).await.problem(401, "key_expired");
        call(&callers.suspended, &operation).await.problem(403, "tenant_suspended");
        call(&server.system, &operation).await; // has rows of its own in the authorization table
    }
}

#[tokio::test]
async fn another_tenants_things_are_not_there() {
    let server = TestServer::start().await;
    let callers = callers(&server).await;
    callers.own.post("/api/v1/events", &event(&json!({"id": ID, "message": "own-secret"}))).await.expect(201);
    let victim = server.key(&callers.own, "audit_writer").await;
    let key_path = format!("/api/v1/api-keys/{}", victim.key_id());

    // A resource of another tenant is answered exactly like one that does not exist.
    let nobody_event = "/api/v1/events/01932b5e-7c00-7abc-8def-999999999999";
    let nobody_key = "/api/v1/api-keys/zzzzzzzzzzzzzzzz";
    for (theirs, nobodys, code) in [
        ((Method::GET, format!("/api/v1/events/{ID}"), Value::Null), nobody_event, "event_not_found"),
        ((Method::GET, key_path.clone(), Value::Null), nobody_key, "api_key_not_found"),
        ((Method::PATCH, key_path.clone(), json!({"name": "taken"})), nobody_key, "api_key_not_found"),
        ((Method::DELETE, key_path.clone(), Value::Null), nobody_key, "api_key_not_found"),
    ] {
        let mut seen = call(&callers.other, &theirs).await.problem(404, code);
        let nobodys = (theirs.0.clone(), nobodys.to_owned(), theirs.2.clone());
        let mut expected = call(&callers.other, &nobodys).await.problem(404, code);
        seen["request_id"] = Value::Null;
        expected["request_id"] = Value::Null;
        assert_eq!(seen, expected);
        // The system key has no access to resources of a tenant either.
        let refused = call(&server.system, &theirs).await;
        assert!([403, 404].contains(&refused.status.as_u16()), "{}", refused.status);
    }
    victim.post("/api/v1/events", &event(&json!({}))).await.expect(201);
    assert_eq!(callers.own.get(&key_path).await.expect(200)["name"], "audit_writer");

    for path in ["/api/v1/events?limit=1000&count=true", "/api/v1/events?q=own-secret", "/api/v1/api-keys"] {
        let seen = callers.other.get(path).await.expect(200).to_string();
        assert!(
            !seen.contains("own-secret") && !seen.contains("\"own\"") && !seen.contains(callers.own.key_id()),
            "{seen}"
        );
    }
    let report = callers.other.json(Method::POST, "/api/v1/log/verify", &Value::Null).await.expect(200);
    let tenants: Vec<_> = report["logs"].as_array().unwrap().iter().map(|log| log["tenant_id"].clone()).collect();
    assert_eq!(tenants, [json!("other")]);
}

#[tokio::test]
async fn a_body_that_names_another_tenant_is_refused() {
    let server = TestServer::start().await;
    let callers = callers(&server).await;
    let claim = event(&json!({"tenant_id": "own"}));
    let problem = callers.other.post("/api/v1/events", &claim).await.problem(422, "invalid_event");
    assert_eq!(problem["errors"][0]["code"], "tenant_mismatch");
    assert_eq!(problem["errors"][0]["pointer"], "/tenant_id");
    callers.own.post("/api/v1/events", &claim).await.expect(201);
    let claim = json!({"tenant_id": "own", "name": "n", "role": "audit_writer"});
    let problem = callers.other.post("/api/v1/api-keys", &claim).await.problem(422, "invalid_request");
    assert_eq!(problem["errors"][0]["code"], "tenant_mismatch");
}

#[tokio::test]
async fn a_resumed_tenant_is_as_before() {
    let server = TestServer::start().await;
    let callers = callers(&server).await;
    server.system.json(Method::PATCH, "/api/v1/tenants/suspended", &json!({"status": "active"})).await.expect(200);
    let page = callers.suspended.get("/api/v1/events?action=tenant.*&order=oldest").await.expect(200);
    let actions: Vec<_> = page["events"].as_array().unwrap().iter().map(|event| event["action"].clone()).collect();
    assert_eq!(actions, [json!("tenant.create"), json!("tenant.suspend"), json!("tenant.resume")]);
}
