//! Who may make and change which key: no key widens itself, makes one that is bound less strictly, or changes a
//! stronger one.

use std::time::Duration;

use hyper::Method;
use serde_json::{Value, json};

use crate::harness::{Answer, Client, TestServer, event};

const KEYS: &str = "/api/v1/api-keys";

fn path(client: &Client) -> String {
    format!("{KEYS}/{}", client.key_id())
}

async fn change(manager: &Client, key: &Client, body: &Value) -> Answer {
    manager.json(Method::PATCH, &path(key), body).await
}

/// A key made by `manager` with this body.
async fn key(server: &TestServer, manager: &Client, body: &Value) -> Client {
    let created = manager.post(KEYS, body).await.expect(201);
    server.nobody.with_key(created["key"].as_str().unwrap())
}

/// An admin's key with an expiry and networks.
async fn bound(server: &TestServer, manager: &Client) -> Client {
    let body = json!({"name": "bound", "role": "audit_admin", "expires_at": "2032-01-01T00:00:00Z",
        "allowed_networks": ["127.0.0.0/8", "10.0.0.0/8"]});
    key(server, manager, &body).await
}

#[tokio::test]
async fn nobody_widens_their_own_key() {
    let server = TestServer::start().await;
    let bound = bound(&server, &server.admin).await;
    for (body, pointer) in [
        (json!({"expires_at": null}), "/expires_at"),
        (json!({"expires_at": "2032-01-01T00:00:01Z"}), "/expires_at"),
        (json!({"allowed_networks": []}), "/allowed_networks"),
        (json!({"allowed_networks": ["0.0.0.0/0"]}), "/allowed_networks"),
        (json!({"allowed_networks": ["127.0.0.0/8", "192.0.2.0/24"]}), "/allowed_networks"),
        (json!({"allowed_networks": ["::1"]}), "/allowed_networks"),
    ] {
        let problem = change(&bound, &bound, &body).await.problem(403, "key_bounds_exceeded");
        assert_eq!(problem["errors"][0]["pointer"], pointer, "{body}");
    }
    // Every key may narrow bounds, and narrowed bounds stay.
    let narrowed = json!({"expires_at": "2031-12-31T00:00:00Z", "allowed_networks": ["127.0.0.1"], "name": "narrow"});
    let narrowed = change(&bound, &bound, &narrowed).await.expect(200);
    assert_eq!(narrowed["allowed_networks"], json!(["127.0.0.1/32"]));
    let back = json!({"allowed_networks": ["127.0.0.0/8"]});
    change(&bound, &bound, &back).await.problem(403, "key_bounds_exceeded");
    // A key without bounds may remove the bounds of others.
    change(&server.admin, &bound, &json!({"expires_at": null, "allowed_networks": []})).await.expect(200);
    // An operator's key follows the same rules.
    let body = json!({"name": "ops", "role": "system_admin", "expires_at": "2032-01-01T00:00:00Z"});
    let system = key(&server, &server.system, &body).await;
    change(&system, &system, &json!({"expires_at": null})).await.problem(403, "key_bounds_exceeded");
}

#[tokio::test]
async fn a_bound_key_makes_keys_that_are_bound_as_much() {
    let server = TestServer::start().await;
    let bound = bound(&server, &server.admin).await;
    let created = bound.post(KEYS, &json!({"name": "n", "role": "audit_admin"})).await.expect(201);
    assert_eq!(created["expires_at"], "2032-01-01T00:00:00.000000Z");
    assert_eq!(created["allowed_networks"], json!(["127.0.0.0/8", "10.0.0.0/8"]));
    for (member, value) in [
        ("expires_at", json!("2032-01-01T00:00:01Z")),
        ("allowed_networks", json!(["0.0.0.0/0"])),
        ("allowed_networks", json!(["10.1.0.0/16", "192.0.2.1"])),
    ] {
        let body = json!({"name": "n", "role": "audit_writer", member: value});
        let problem = bound.post(KEYS, &body).await.problem(403, "key_bounds_exceeded");
        assert_eq!(problem["errors"][0]["pointer"], format!("/{member}"));
    }
    let body = json!({"name": "n", "role": "audit_writer", "expires_at": "2031-12-01T00:00:00Z",
        "allowed_networks": ["10.1.0.0/16"]});
    let inside = bound.post(KEYS, &body).await.expect(201);
    assert_eq!(inside["allowed_networks"], json!(["10.1.0.0/16"]));
    // It cannot widen another key beyond its own bounds either.
    let other = key(&server, &server.admin, &body).await;
    for body in [json!({"expires_at": null}), json!({"allowed_networks": ["192.0.2.0/24"]})] {
        change(&bound, &other, &body).await.problem(403, "key_bounds_exceeded");
    }
    change(&bound, &other, &json!({"expires_at": "2032-01-01T00:00:00Z"})).await.expect(200);
    // An operator's key with bounds makes first keys of tenants with the bounds that the request names.
    let body = json!({"name": "ops", "role": "system_admin", "allowed_networks": ["127.0.0.0/8"]});
    let system = key(&server, &server.system, &body).await;
    system.post("/api/v1/tenants", &json!({"id": "acme", "name": "n"})).await.expect(201);
    let body = json!({"tenant_id": "acme", "name": "first", "role": "audit_admin"});
    assert_eq!(system.post(KEYS, &body).await.expect(201)["allowed_networks"], json!([]));
    let body = json!({"name": "second", "role": "system_admin"});
    assert_eq!(system.post(KEYS, &body).await.expect(201)["allowed_networks"], json!(["127.0.0.0/8"]));
}

#[tokio::test]
async fn nobody_touches_a_key_that_may_do_more() {
    let server = TestServer::start().await;
    let body = json!({"name": "keeper", "permissions": ["api_keys.manage", "events.write"]});
    let keeper = key(&server, &server.admin, &body).await;
    let reader = server.key(&server.admin, "audit_viewer").await;
    for stronger in [&server.admin, &reader] {
        for body in [
            json!({"name": "n"}),
            json!({"expires_at": "2032-01-01T00:00:00Z"}),
            json!({"allowed_networks": ["10.0.0.0/8"]}),
        ] {
            change(&keeper, stronger, &body).await.problem(403, "stronger_key");
        }
        keeper.send(Method::DELETE, &path(stronger), &[], "".into()).await.problem(403, "stronger_key");
        stronger.get("/api/v1/events").await.expect(200);
    }
    let writer = server.key(&keeper, "audit_writer").await;
    change(&keeper, &writer, &json!({"name": "renamed"})).await.expect(200);
    keeper.send(Method::DELETE, &path(&writer), &[], "".into()).await.expect(200);
    // A key of another tenant is reported as not found.
    let stranger = server.tenant("stranger").await;
    change(&keeper, &stranger, &json!({"name": "n"})).await.problem(404, "api_key_not_found");
    // A key may revoke keys with the same permissions, including itself.
    let second = server.key(&server.admin, "audit_admin").await;
    second.send(Method::DELETE, &path(&keeper), &[], "".into()).await.expect(200);
    second.send(Method::DELETE, &path(&second), &[], "".into()).await.expect(200);
    second.get("/api/v1/events").await.problem(401, "key_revoked");
}

#[tokio::test]
async fn a_scope_has_a_bounded_number_of_keys() {
    let server = TestServer::start_with(|settings| settings.api_keys_max = 3.try_into().unwrap()).await;
    let acme = server.tenant("acme").await;
    let body = json!({"name": "n", "role": "audit_writer"});
    let brief = json!({"name": "brief", "role": "audit_writer", "expires_at": "2031-05-06T13:00:00Z"});
    let mut keys = vec![key(&server, &acme, &body).await, key(&server, &acme, &brief).await];
    acme.post(KEYS, &body).await.problem(409, "too_many_api_keys");
    // Another scope has its own limit.
    server.system.post(KEYS, &json!({"name": "n", "role": "system_admin"})).await.expect(201);
    server.key(&server.admin, "audit_writer").await;
    // Ended keys do not count, and are kept for a while.
    let _ = server.clock.advance(Duration::from_hours(2));
    let first = keys.remove(0);
    acme.send(Method::DELETE, &path(&first), &[], "".into()).await.expect(200);
    for _ in 0..5 {
        let _ = server.clock.advance(Duration::from_secs(1));
        let key = key(&server, &acme, &body).await;
        acme.send(Method::DELETE, &path(&key), &[], "".into()).await.expect(200);
        keys.push(key);
    }
    let _ = server.clock.advance(Duration::from_secs(1));
    key(&server, &acme, &body).await;
    let listed = acme.get(KEYS).await.expect(200);
    let statuses: Vec<_> = listed["api_keys"].as_array().unwrap().iter().map(|key| key["status"].clone()).collect();
    assert_eq!(statuses, ["active", "revoked", "revoked", "revoked", "active"]);
    // The keys that ended first are removed, and the log records their properties.
    first.post("/api/v1/events", &event(&json!({}))).await.problem(401, "invalid_credentials");
    keys.last().unwrap().post("/api/v1/events", &event(&json!({}))).await.problem(401, "key_revoked");
    acme.get(&path(&first)).await.problem(404, "api_key_not_found");
    let told = acme.get("/api/v1/events?action=api_key.forget&order=oldest").await.expect(200);
    let told = told["events"].as_array().unwrap();
    assert_eq!(told.len(), 4);
    assert_eq!(told[0]["targets"][0]["name"], "brief");
    assert_eq!(told[1]["targets"][0]["id"], first.key_id());
}

#[tokio::test]
async fn an_expired_key_becomes_live_again_only_where_there_is_room() {
    let server = TestServer::start_with(|settings| settings.api_keys_max = 2.try_into().unwrap()).await;
    let acme = server.tenant("acme").await;
    let brief = json!({"name": "brief", "role": "audit_writer", "expires_at": "2031-05-06T13:00:00Z"});
    let expired = key(&server, &acme, &brief).await;
    let _ = server.clock.advance(Duration::from_hours(2));
    let second = server.key(&acme, "audit_writer").await;
    for expires_at in [json!(null), json!("2032-01-01T00:00:00Z")] {
        let body = json!({"expires_at": expires_at});
        change(&acme, &expired, &body).await.problem(409, "too_many_api_keys");
    }
    // Other changes of the expired key and of live keys need no room.
    change(&acme, &expired, &json!({"name": "renamed"})).await.expect(200);
    change(&acme, &second, &json!({"expires_at": "2032-01-01T00:00:00Z"})).await.expect(200);
    acme.send(Method::DELETE, &path(&second), &[], "".into()).await.expect(200);
    change(&acme, &second, &json!({"expires_at": null})).await.expect(200);
    let renewed = change(&acme, &expired, &json!({"expires_at": "2032-01-01T00:00:00Z"})).await.expect(200);
    assert_eq!(renewed["status"], "active");
    acme.post(KEYS, &json!({"name": "n", "role": "audit_writer"})).await.problem(409, "too_many_api_keys");
}
