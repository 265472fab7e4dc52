//! Tenants and keys: their lifecycle, the rules of granting permissions, and the audit events of each change.

use std::time::Duration;

use hyper::Method;
use serde_json::{Value, json};

use crate::harness::{Client, TestServer, event};

async fn actions(client: &Client) -> Vec<String> {
    let page = client.get("/api/v1/events?service=auditlog&order=oldest&limit=1000").await.expect(200);
    let events = page["events"].as_array().unwrap();
    events.iter().map(|event| event["action"].as_str().unwrap().to_owned()).collect()
}

fn key_path(client: &Client) -> String {
    format!("/api/v1/api-keys/{}", client.key_id())
}

#[tokio::test]
async fn every_change_is_told_in_the_log_of_the_tenant_it_concerns() {
    let server = TestServer::start().await;
    let acme = server.tenant("acme").await;
    let reader = server.key(&acme, "audit_reader").await;
    acme.json(Method::PATCH, &key_path(&reader), &json!({"name": "renamed"})).await.expect(200);
    acme.send(Method::DELETE, &key_path(&reader), &[("x-request-id", "req-7")], "".into()).await.expect(200);
    server.system.json(Method::PATCH, "/api/v1/tenants/acme", &json!({"name": "Acme Inc."})).await.expect(200);
    server.system.json(Method::PATCH, "/api/v1/tenants/acme", &json!({"status": "suspended"})).await.expect(200);
    server.system.json(Method::PATCH, "/api/v1/tenants/acme", &json!({"status": "active"})).await.expect(200);
    let expected = [
        "tenant.create",
        "api_key.create",
        "api_key.create",
        "api_key.update",
        "api_key.revoke",
        "tenant.update",
        "tenant.suspend",
        "tenant.resume",
    ];
    assert_eq!(actions(&acme).await, expected);

    let page = acme.get("/api/v1/events?action=api_key.revoke").await.expect(200);
    let revoked = &page["events"][0];
    assert_eq!(revoked["actor"], json!({"type": "api_key", "id": acme.key_id()}));
    assert_eq!(revoked["targets"][0], json!({"type": "api_key", "id": reader.key_id(), "name": "renamed"}));
    assert_eq!(revoked["context"], json!({"ip": "127.0.0.1", "request_id": "req-7", "auth_method": "api_key"}));
    let page = acme.get("/api/v1/events?action=api_key.update").await.expect(200);
    let change = json!({"path": "/name", "op": "replace", "old": "audit_reader", "new": "renamed"});
    assert_eq!(page["events"][0]["changes"], json!([change]));
    // None of these events is in another tenant's log, and no event contains a secret.
    assert_eq!(actions(&server.admin).await, ["tenant.create", "api_key.create", "api_key.create"]);
    let all = acme.get("/api/v1/events?limit=1000").await.expect(200).to_string();
    assert!(!all.contains(acme.key().split('_').nth(3).unwrap()));
}

#[tokio::test]
async fn what_changes_nothing_is_not_recorded() {
    let server = TestServer::start().await;
    let acme = server.tenant("acme").await;
    server.system.json(Method::PATCH, "/api/v1/tenants/acme", &json!({"name": "acme"})).await.expect(200);
    server.system.json(Method::PATCH, "/api/v1/tenants/acme", &json!({})).await.expect(200);
    acme.json(Method::PATCH, &key_path(&acme), &json!({"expires_at": null})).await.expect(200);
    let other = server.key(&acme, "audit_writer").await;
    for _ in 0..2 {
        acme.send(Method::DELETE, &key_path(&other), &[], "".into()).await.expect(200);
    }
    assert_eq!(actions(&acme).await, ["tenant.create", "api_key.create", "api_key.create", "api_key.revoke"]);
}

#[tokio::test]
async fn a_change_that_cannot_be_recorded_is_not_made() {
    let server = TestServer::start().await;
    let acme = server.tenant("acme").await;
    let failure = auditlog_core::store::AppendError::Stopped("the disk is gone".into());
    server.store.fail_appends(Some(failure));
    let body = json!({"name": "n", "role": "audit_writer"});
    acme.post("/api/v1/api-keys", &body).await.problem(503, "store_unavailable");
    acme.send(Method::DELETE, &key_path(&acme), &[], "".into()).await.problem(503, "store_unavailable");
    server.store.fail_appends(None);
    assert_eq!(actions(&acme).await, ["tenant.create", "api_key.create"]);
    assert_eq!(acme.get("/api/v1/api-keys").await.expect(200)["api_keys"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_key_is_shown_once_and_then_only_its_record() {
    let server = TestServer::start().await;
    let body = json!({"name": "ci", "permissions": ["events.write"], "allowed_networks": ["10.1.2.3/8", "::1"],
        "expires_at": "2040-01-01T00:00:00Z"});
    let created = server.admin.post("/api/v1/api-keys", &body).await.expect(201);
    assert!(created["key"].as_str().unwrap().starts_with("alk_live_"), "{created}");
    assert_eq!(created["allowed_networks"], json!(["10.0.0.0/8", "::1/128"]));
    assert_eq!(created["status"], "active");
    assert_eq!(created["tenant_id"], "default");
    let mut record = created.clone();
    record.as_object_mut().unwrap().remove("key");
    let path = format!("/api/v1/api-keys/{}", created["id"].as_str().unwrap());
    assert_eq!(server.admin.get(&path).await.expect(200), record);
    let listed = server.admin.get("/api/v1/api-keys").await.expect(200);
    assert!(listed["api_keys"].as_array().unwrap().contains(&record), "{listed}");
}

#[tokio::test]
async fn nobody_hands_out_what_they_do_not_hold() {
    let server = TestServer::start().await;
    let body = json!({"name": "keeper", "permissions": ["api_keys.manage", "events.write"]});
    let created = server.admin.post("/api/v1/api-keys", &body).await.expect(201);
    let keeper = server.nobody.with_key(created["key"].as_str().unwrap());
    for role in ["audit_viewer", "audit_reader", "audit_admin"] {
        let body = json!({"name": "n", "role": role});
        keeper.post("/api/v1/api-keys", &body).await.problem(403, "permission_not_held");
    }
    server.key(&keeper, "audit_writer").await;
    let body = json!({"name": "n", "role": "system_admin"});
    server.admin.post("/api/v1/api-keys", &body).await.problem(422, "invalid_request");
    server
        .system
        .post("/api/v1/api-keys", &json!({"name": "n", "role": "audit_viewer"}))
        .await
        .problem(422, "invalid_request");
    server.system.post("/api/v1/api-keys", &body).await.expect(201);
}

#[tokio::test]
async fn the_system_key_creates_first_keys_only() {
    let server = TestServer::start().await;
    let acme = server.tenant("acme").await;
    let body = json!({"tenant_id": "acme", "name": "n", "role": "audit_admin"});
    server.system.post("/api/v1/api-keys", &body).await.problem(409, "tenant_has_keys");
    acme.send(Method::DELETE, &key_path(&acme), &[], "".into()).await.expect(200);
    acme.get("/api/v1/events").await.problem(401, "key_revoked");
    server.system.post("/api/v1/api-keys", &body).await.expect(201);
    let nowhere = json!({"tenant_id": "nowhere", "name": "n", "role": "audit_admin"});
    server.system.post("/api/v1/api-keys", &nowhere).await.problem(404, "tenant_not_found");
}

#[tokio::test]
async fn racing_first_keys_are_one() {
    let server = TestServer::start().await;
    server.system.post("/api/v1/tenants", &json!({"id": "acme", "name": "n"})).await.expect(201);
    let body = json!({"tenant_id": "acme", "name": "n", "role": "audit_admin"});
    let answers = futures_util::future::join_all((0..8).map(|_| server.system.post("/api/v1/api-keys", &body))).await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 201).count(), 1);
}

#[tokio::test]
async fn a_tenant_is_created_once_and_listed() {
    let server = TestServer::start().await;
    let created = server.system.post("/api/v1/tenants", &json!({"id": "acme", "name": " Acme "})).await.expect(201);
    assert_eq!((&created["name"], &created["status"]), (&json!("Acme"), &json!("active")));
    let again = json!({"id": "acme", "name": "Other"});
    server.system.post("/api/v1/tenants", &again).await.problem(409, "tenant_exists");
    assert_eq!(server.system.get("/api/v1/tenants/acme").await.expect(200), created);
    let listed = server.system.get("/api/v1/tenants").await.expect(200);
    let ids: Vec<&Value> = listed["tenants"].as_array().unwrap().iter().map(|tenant| &tenant["id"]).collect();
    assert_eq!(ids, [&json!("acme"), &json!("default")]);
}

#[tokio::test]
async fn keys_end_by_time_and_networks_bind_them() {
    let server = TestServer::start().await;
    let expires_at = "2031-05-07T00:00:00Z";
    let body = json!({"name": "n", "role": "audit_writer", "expires_at": expires_at});
    let created = server.admin.post("/api/v1/api-keys", &body).await.expect(201);
    let brief = server.nobody.with_key(created["key"].as_str().unwrap());
    brief.post("/api/v1/events", &event(&json!({}))).await.expect(201);
    let _ = server.clock.advance(Duration::from_hours(48));
    brief.post("/api/v1/events", &event(&json!({}))).await.problem(401, "key_expired");
    assert_eq!(server.admin.get(&key_path(&brief)).await.expect(200)["status"], "expired");
    // An expiry can be removed again, and networks added and removed.
    server.admin.json(Method::PATCH, &key_path(&brief), &json!({"expires_at": null})).await.expect(200);
    brief.post("/api/v1/events", &event(&json!({}))).await.expect(201);
    for (networks, allowed) in [
        (json!(["10.0.0.0/8"]), false),
        (json!(["127.0.0.0/8"]), true),
        (json!(["10.0.0.0/8", "127.0.0.1"]), true),
        (json!(["::/0"]), false),
        (json!([]), true),
    ] {
        let body = json!({"allowed_networks": networks});
        server.admin.json(Method::PATCH, &key_path(&brief), &body).await.expect(200);
        let answer = brief.post("/api/v1/events", &event(&json!({}))).await;
        if allowed {
            answer.expect(201);
        } else {
            answer.problem(403, "address_not_allowed");
        }
    }
}
