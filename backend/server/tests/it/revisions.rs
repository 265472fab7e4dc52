//! Records have revisions: answers carry them as entity tags, changes can name the one that they mean, and a change
//! that was decided on an old one is never made.

use std::time::Duration;

use auditlog_core::{
    id::{ApiKeyId, TenantId},
    policy::Scope,
    store::{
        ApiKeyChange, ApiKeyStore as _, ControlChange, ControlCommit, SavedSearchStore as _, Tenant, TenantChange,
        TenantStatus, TenantStore as _,
    },
    timestamp::Timestamp,
};
use hyper::Method;
use serde_json::{Value, json};

use crate::harness::{Answer, Client, TestServer};

const ACME: &str = "/api/v1/tenants/acme";

async fn change(client: &Client, path: &str, tag: &str, body: &Value) -> Answer {
    let headers = [("content-type", "application/json"), ("if-match", tag)];
    client.send(Method::PATCH, path, &headers, body.to_string().into()).await
}

async fn delete(client: &Client, path: &str, tag: &str) -> Answer {
    client.send(Method::DELETE, path, &[("if-match", tag)], "".into()).await
}

async fn acme(server: &TestServer) -> Tenant {
    server.store.oracle.get_tenant(TenantId::parse("acme").unwrap()).await.unwrap().unwrap()
}

/// A commit of another process.
fn elsewhere(change: impl Into<ControlChange>) -> ControlCommit {
    ControlCommit::new(vec![change.into()], Vec::new())
}

#[tokio::test]
async fn every_record_has_an_entity_tag_that_each_change_raises() {
    let server = TestServer::start().await;
    let acme = server.tenant("acme").await;
    let search = acme.post("/api/v1/saved-searches", &json!({"name": "a", "query": "outcome:denied"})).await;
    let key = acme.post("/api/v1/api-keys", &json!({"name": "a", "role": "audit_reader"})).await;
    for (client, created, path) in [
        (&acme, &search, format!("/api/v1/saved-searches/{}", search.expect(201)["id"].as_str().unwrap())),
        (&acme, &key, format!("/api/v1/api-keys/{}", key.expect(201)["id"].as_str().unwrap())),
        (&server.system, &server.system.get(ACME).await, ACME.to_owned()),
    ] {
        assert_eq!(created.header("etag"), "\"1\"", "{path}");
        assert_eq!(client.get(&path).await.header("etag"), "\"1\"", "{path}");
        let changed = client.json(Method::PATCH, &path, &json!({"name": "b"})).await;
        assert_eq!((changed.expect(200)["name"].clone(), changed.header("etag")), (json!("b"), "\"2\""), "{path}");
        assert_eq!(client.get(&path).await.header("etag"), "\"2\"", "{path}");
        let unchanged = client.json(Method::PATCH, &path, &json!({"name": "b"})).await;
        assert_eq!(unchanged.header("etag"), "\"2\"", "what changes nothing has the same tag: {path}");
    }
}

#[tokio::test]
async fn a_change_names_the_revision_that_it_is_meant_for() {
    let server = TestServer::start().await;
    let acme = server.tenant("acme").await;
    let created = acme.post("/api/v1/saved-searches", &json!({"name": "a", "query": "outcome:denied"})).await;
    let search = format!("/api/v1/saved-searches/{}", created.expect(201)["id"].as_str().unwrap());
    let key = server.key(&acme, "audit_reader").await;
    let key = format!("/api/v1/api-keys/{}", key.key_id());
    for (client, path) in [(&acme, search.as_str()), (&acme, &key), (&server.system, ACME)] {
        let before = client.get(path).await.value();
        for stale in ["\"2\"", "\"2\", \"3\"", "W/\"1\"", "\"of another server\""] {
            let refused = change(client, path, stale, &json!({"name": "c"})).await;
            let problem = refused.problem(412, "revision_mismatch");
            assert_eq!(problem["errors"][0]["pointer"], "/If-Match", "{path}");
            assert_eq!(client.get(path).await.value(), before, "{path}");
        }
        for malformed in ["1", "\"x", "*, \"1\""] {
            change(client, path, malformed, &json!({"name": "c"})).await.problem(400, "invalid_parameter");
        }
        change(client, path, "\"1\"", &json!({"name": "c"})).await.expect(200);
        change(client, path, "\"1\", \"2\"", &json!({"name": "d"})).await.expect(200);
        assert_eq!(change(client, path, "*", &json!({"name": "e"})).await.expect(200)["name"], "e");
    }
    delete(&acme, &search, "\"1\"").await.problem(412, "revision_mismatch");
    delete(&acme, &key, "\"1\"").await.problem(412, "revision_mismatch");
    assert_eq!(delete(&acme, &search, "\"4\"").await.status, 204);
    assert_eq!(delete(&acme, &key, "\"4\"").await.expect(200)["status"], "revoked");
}

#[tokio::test]
async fn a_rename_does_not_undo_a_suspension_that_came_first() {
    let server = TestServer::start().await;
    let _acme = server.tenant("acme").await;
    let suspended = Tenant { status: TenantStatus::Suspended, ..acme(&server).await };
    server.store.race(vec![elsewhere(TenantChange::Update(suspended))]);
    // The rename was decided while the tenant was active; it is decided again.
    let renamed = server.system.json(Method::PATCH, ACME, &json!({"name": "New"})).await.expect(200);
    assert_eq!((&renamed["name"], &renamed["status"]), (&json!("New"), &json!("suspended")));
    assert_eq!(acme(&server).await.status, TenantStatus::Suspended);

    // A client that named the revision is asked instead.
    let resumed = Tenant { status: TenantStatus::Active, ..acme(&server).await };
    server.store.race(vec![elsewhere(TenantChange::Update(resumed))]);
    let refused = change(&server.system, ACME, "\"3\"", &json!({"name": "Newer"})).await;
    refused.problem(412, "revision_mismatch");
    let acme = acme(&server).await;
    assert_eq!((acme.name.as_str(), acme.status), ("New", TenantStatus::Active));
}

#[tokio::test]
async fn a_change_that_is_always_late_is_refused_and_not_recorded() {
    let server = TestServer::start().await;
    let client = server.tenant("acme").await;
    let before = client.get("/api/v1/events?limit=1&count=true").await.expect(200)["total"].clone();
    let (first, mut commits) = (acme(&server).await, Vec::new());
    let mut revision = first.revision;
    for _ in 0..100 {
        commits.push(elsewhere(TenantChange::Update(Tenant { revision, name: "other".to_owned(), ..first.clone() })));
        revision = revision.next();
    }
    commits.reverse();
    server.store.race(commits);
    let refused = server.system.json(Method::PATCH, ACME, &json!({"name": "New"})).await;
    refused.problem(409, "revision_conflict");
    assert_eq!(refused.header("retry-after"), "1");
    server.store.race(Vec::new());
    let page = client.get("/api/v1/events?limit=1&count=true").await.expect(200);
    assert_eq!(page["total"], before);
    assert_eq!(acme(&server).await.name, "other");
}

#[tokio::test]
async fn a_key_that_is_revoked_while_its_change_is_decided_changes_nothing() {
    let server = TestServer::start().await;
    let acme = server.tenant("acme").await;
    let other = server.key(&acme, "audit_admin").await;
    let revoke = ApiKeyChange::Revoke {
        id: ApiKeyId::parse(other.key_id()).unwrap(),
        scope: Scope::Tenant(TenantId::parse("acme").unwrap()),
        revoked_at: Timestamp::from_micros(0),
        expected: None,
    };
    server.store.race(vec![elsewhere(revoke)]);
    let body = json!({"name": "back door", "role": "audit_admin"});
    other.post("/api/v1/api-keys", &body).await.problem(401, "key_revoked");
    let keys = acme.get("/api/v1/api-keys").await.expect(200);
    assert!(!keys.to_string().contains("back door"));
}

#[tokio::test]
async fn the_maximum_of_keys_holds_for_two_processes_together() {
    let server = TestServer::start_with(|settings| settings.api_keys_max = 2.try_into().unwrap()).await;
    let acme = server.tenant("acme").await;
    let scope = Scope::Tenant(TenantId::parse("acme").unwrap());
    let mut twin = server.store.oracle.list_api_keys(scope, None, 1).await.unwrap().remove(0);
    twin.id = ApiKeyId::from_random([9; 16]);
    server.store.race(vec![elsewhere(ApiKeyChange::Create(twin))]);
    let body = json!({"name": "third", "role": "audit_reader"});
    acme.post("/api/v1/api-keys", &body).await.problem(409, "too_many_api_keys");
}

#[tokio::test]
async fn the_maximum_of_keys_holds_for_an_expired_key_that_becomes_live_again() {
    let server = TestServer::start_with(|settings| settings.api_keys_max = 2.try_into().unwrap()).await;
    let acme = server.tenant("acme").await;
    let body = json!({"name": "brief", "role": "audit_reader", "expires_at": "2031-05-06T13:00:00Z"});
    let expired = acme.post("/api/v1/api-keys", &body).await.expect(201);
    let _ = server.clock.advance(Duration::from_hours(2));
    let scope = Scope::Tenant(TenantId::parse("acme").unwrap());
    let mut twin = server.store.oracle.list_api_keys(scope, None, 1).await.unwrap().remove(0);
    twin.id = ApiKeyId::from_random([9; 16]);
    server.store.race(vec![elsewhere(ApiKeyChange::Create(twin))]);
    let path = format!("/api/v1/api-keys/{}", expired["id"].as_str().unwrap());
    let renewed = acme.json(Method::PATCH, &path, &json!({"expires_at": null})).await;
    renewed.problem(409, "too_many_api_keys");
}

#[tokio::test]
async fn a_suspension_that_comes_first_ends_the_changes_of_the_tenants_keys() {
    let server = TestServer::start().await;
    let client = server.tenant("acme").await;
    let suspended = Tenant { status: TenantStatus::Suspended, ..acme(&server).await };
    server.store.race(vec![elsewhere(TenantChange::Update(suspended))]);
    let body = json!({"name": "late", "query": "outcome:denied"});
    client.post("/api/v1/saved-searches", &body).await.problem(403, "tenant_suspended");
    let tenant_id = TenantId::parse("acme").unwrap();
    assert_eq!(server.store.oracle.list_saved_searches(tenant_id).await, Ok(Vec::new()));
}

#[tokio::test]
async fn renaming_a_key_again_and_again_does_not_prevent_its_holder_from_revoking_another() {
    let server = TestServer::start().await;
    let acme = server.tenant("acme").await;
    let hostile = server.key(&acme, "audit_admin").await;
    let id = ApiKeyId::parse(acme.key_id()).unwrap();
    let mut key = server.store.oracle.get_api_key(id).await.unwrap().unwrap();
    let mut renames = Vec::new();
    for _ in 0..100 {
        renames.push(elsewhere(ApiKeyChange::Update(key.clone())));
        key.revision = key.revision.next();
    }
    renames.reverse();
    server.store.race(renames);
    let path = format!("/api/v1/api-keys/{}", hostile.key_id());
    let revoked = acme.send(Method::DELETE, &path, &[], "".into()).await;
    assert_eq!(revoked.expect(200)["status"], "revoked");
}

#[tokio::test]
async fn a_rename_that_repeats_the_suspension_is_not_made_by_a_key_that_was_narrowed() {
    let server = TestServer::start().await;
    let _acme = server.tenant("acme").await;
    server.system.json(Method::PATCH, ACME, &json!({"status": "suspended"})).await.expect(200);
    let id = ApiKeyId::parse(server.system.key_id()).unwrap();
    let mut narrowed = server.store.oracle.get_api_key(id).await.unwrap().unwrap();
    narrowed.allowed_networks = vec!["10.0.0.0/8".parse().unwrap()];
    server.store.race(vec![elsewhere(ApiKeyChange::Update(narrowed))]);
    let body = json!({"name": "New", "status": "suspended"});
    let refused = server.system.json(Method::PATCH, ACME, &body).await;
    refused.problem(403, "address_not_allowed");
    assert_eq!(acme(&server).await.name, "acme");
}
