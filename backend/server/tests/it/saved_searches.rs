//! Saved searches: private or shared, changed by those who may, and recorded in the log.

use std::time::Duration;

use hyper::Method;
use serde_json::{Value, json};

use crate::harness::{Client, TestServer};

const PATH: &str = "/api/v1/saved-searches";

async fn save(client: &Client, name: &str, visibility: &str) -> String {
    let body = json!({"name": name, "query": "outcome:denied since:7d", "visibility": visibility});
    let saved = client.post(PATH, &body).await.expect(201);
    format!("{PATH}/{}", saved["id"].as_str().unwrap())
}

async fn names(client: &Client) -> Vec<String> {
    let list = client.get(PATH).await.expect(200);
    let searches = list["saved_searches"].as_array().unwrap();
    searches.iter().map(|search| search["name"].as_str().unwrap().to_owned()).collect()
}

async fn delete(client: &Client, path: &str) -> crate::harness::Answer {
    client.send(Method::DELETE, path, &[], "".into()).await
}

#[tokio::test]
async fn a_search_is_saved_changed_and_deleted() {
    let server = TestServer::start().await;
    let acme = server.tenant("acme").await;
    let body =
        json!({"name": "  denied ", "query": "outcome:denied \"pay roll\" since:7d", "description": "line\nline"});
    let saved = acme.post(PATH, &body).await.expect(201);
    let path = format!("{PATH}/{}", saved["id"].as_str().unwrap());
    let expected = json!({
        "id": saved["id"],
        "name": "denied",
        "query": "outcome:denied \"pay roll\" since:7d",
        "description": "line\nline",
        "visibility": "private",
        "owner": {"type": "api_key", "id": acme.key_id()},
        "created_at": saved["created_at"],
        "updated_at": saved["created_at"],
    });
    assert_eq!(saved, expected);
    assert_eq!(acme.get(&path).await.expect(200), expected);
    assert_eq!(acme.get(PATH).await.expect(200), json!({"saved_searches": [expected], "next_cursor": null}));

    let _ = server.clock.advance(Duration::from_secs(5));
    let change = json!({"name": "refused", "query": "outcome:failure", "description": null, "visibility": "shared"});
    let changed = acme.json(Method::PATCH, &path, &change).await.expect(200);
    assert_eq!(changed["name"], "refused");
    assert_eq!((&changed["query"], &changed["visibility"]), (&json!("outcome:failure"), &json!("shared")));
    assert_eq!((changed.get("description"), &changed["created_at"]), (None, &saved["created_at"]));
    assert_ne!(changed["updated_at"], saved["updated_at"]);
    assert_eq!(acme.json(Method::PATCH, &path, &json!({})).await.expect(200), changed);
    assert_eq!(acme.get(&path).await.expect(200), changed);

    let deleted = delete(&acme, &path).await;
    assert_eq!((deleted.status.as_u16(), deleted.body.len()), (204, 0));
    for answer in [acme.get(&path).await, delete(&acme, &path).await] {
        answer.problem(404, "saved_search_not_found");
    }
}

#[tokio::test]
async fn what_is_private_is_there_for_its_key_alone() {
    let server = TestServer::start().await;
    let admin = server.tenant("acme").await;
    let reader = server.key(&admin, "audit_reader").await;
    let viewer = server.key(&admin, "audit_viewer").await;
    let private = save(&reader, "mine", "private").await;
    let shared = save(&reader, "ours", "shared").await;
    assert_eq!(names(&reader).await, ["mine", "ours"]);
    for other in [&viewer, &admin] {
        assert_eq!(names(other).await, ["ours"]);
        // Another key's private one is answered exactly like one that does not exist, whatever else the key may do.
        let nobodys = format!("{PATH}/01932b5e-7c00-7abc-8def-0123456789ab");
        for method in [Method::GET, Method::PATCH, Method::DELETE] {
            let mut seen =
                other.json(method.clone(), &private, &json!({})).await.problem(404, "saved_search_not_found");
            let mut expected = other.json(method, &nobodys, &json!({})).await.problem(404, "saved_search_not_found");
            (seen["request_id"], expected["request_id"]) = (Value::Null, Value::Null);
            assert_eq!(seen, expected);
        }
        // The name is free for other keys, so that it reveals nothing either.
        save(other, "mine", "private").await;
    }
    let elsewhere = server.tenant("globex").await;
    assert_eq!(names(&elsewhere).await, Vec::<String>::new());
    for path in [&private, &shared] {
        elsewhere.get(path).await.problem(404, "saved_search_not_found");
        elsewhere.json(Method::PATCH, path, &json!({"name": "taken"})).await.problem(404, "saved_search_not_found");
        delete(&elsewhere, path).await.problem(404, "saved_search_not_found");
    }
}

#[tokio::test]
async fn what_is_shared_is_changed_by_its_key_and_by_whoever_manages_keys() {
    let server = TestServer::start().await;
    let admin = server.tenant("acme").await;
    let reader = server.key(&admin, "audit_reader").await;
    let viewer = server.key(&admin, "audit_viewer").await;
    let path = save(&reader, "ours", "shared").await;
    assert_eq!(viewer.get(&path).await.expect(200)["name"], "ours");
    let problem = viewer.json(Method::PATCH, &path, &json!({"name": "n"})).await.problem(403, "permission_denied");
    assert!(problem["detail"].as_str().unwrap().contains("api_keys.manage"), "{problem}");
    delete(&viewer, &path).await.problem(403, "permission_denied");

    let changed = admin.json(Method::PATCH, &path, &json!({"query": "outcome:failure"})).await.expect(200);
    assert_eq!(changed["owner"]["id"], reader.key_id(), "it stays whose it is");
    assert_eq!(
        reader.json(Method::PATCH, &path, &json!({"name": "still ours"})).await.expect(200)["name"],
        "still ours"
    );
    let problem = admin.json(Method::PATCH, &path, &json!({"visibility": "private"})).await;
    let problem = problem.problem(403, "permission_denied");
    assert_eq!(problem["errors"][0]["pointer"], "/visibility");
    assert_eq!(names(&admin).await, ["still ours"], "nobody loses sight of it");
    assert_eq!(delete(&admin, &path).await.status, 204);
    reader.get(&path).await.problem(404, "saved_search_not_found");
}

#[tokio::test]
async fn mistakes_are_named_with_their_place() {
    let server = TestServer::start().await;
    let acme = server.tenant("acme").await;
    let good = json!({"name": "n", "query": "actor:alice"});
    for (member, value, code) in [
        ("name", json!(""), "invalid_value"),
        ("name", json!("x".repeat(257)), "invalid_value"),
        ("name", Value::Null, "missing_field"),
        ("query", json!("  "), "invalid_value"),
        ("query", json!("a\u{0}b"), "invalid_value"),
        ("query", json!(7), "invalid_value"),
        ("query", Value::Null, "missing_field"),
        ("query", json!("x".repeat(8 * 1024 + 1)), "query_too_long"),
        ("description", json!("x".repeat(1_025)), "invalid_value"),
        ("visibility", json!("public"), "invalid_value"),
        ("owner", json!("me"), "unknown_field"),
    ] {
        let mut body = good.clone();
        body[member] = value;
        let problem = acme.post(PATH, &body).await.problem(422, "invalid_request");
        let error = &problem["errors"][0];
        assert_eq!((&error["pointer"], &error["code"]), (&json!(format!("/{member}")), &json!(code)), "{body}");
    }
    let path = save(&acme, "kept", "private").await;
    let query = json!({"name": "n", "query": "actor:alice user:red"});
    for answer in [acme.post(PATH, &query).await, acme.json(Method::PATCH, &path, &query).await] {
        let problem = answer.problem(422, "invalid_request");
        let error = &problem["errors"][0];
        assert_eq!((&error["in"], &error["pointer"]), (&json!("body"), &json!("/query")));
        assert_eq!((&error["code"], &error["position"]), (&json!("unknown_field"), &json!({"start": 12, "end": 16})));
    }
    assert_eq!(names(&acme).await, ["kept"]);
    acme.get("/api/v1/saved-searches?name=kept").await.problem(400, "unknown_parameter");
}

#[tokio::test]
async fn a_name_is_given_once_and_the_room_is_bounded() {
    let server = TestServer::start().await;
    let acme = server.tenant("acme").await;
    save(&acme, "first", "shared").await;
    let second = save(&acme, "second", "private").await;
    let problem = acme.post(PATH, &json!({"name": "first", "query": "a"})).await.problem(409, "saved_search_exists");
    assert_eq!(problem["errors"][0]["pointer"], "/name");
    acme.json(Method::PATCH, &second, &json!({"name": "first"})).await.problem(409, "saved_search_exists");
    for number in 2..250 {
        save(&acme, &format!("more {number}"), "private").await;
    }
    let refused = acme.post(PATH, &json!({"name": "one too many", "query": "a"})).await;
    let problem = refused.problem(409, "too_many_saved_searches");
    assert!(problem["detail"].as_str().unwrap().contains("250"), "{problem}");
    assert_eq!(delete(&acme, &second).await.status, 204);
    save(&acme, "fits now", "private").await;
}

#[tokio::test]
async fn every_change_is_told_in_the_log() {
    let server = TestServer::start().await;
    let acme = server.tenant("acme").await;
    let path = save(&acme, "denied", "private").await;
    let long = format!("actor:{}", "x".repeat(4_000));
    acme.json(Method::PATCH, &path, &json!({"query": long, "visibility": "shared"})).await.expect(200);
    acme.json(Method::PATCH, &path, &json!({"visibility": "shared"})).await.expect(200);
    assert_eq!(delete(&acme, &path).await.status, 204);
    delete(&acme, &path).await.problem(404, "saved_search_not_found");

    let page = acme.get("/api/v1/events?action=saved_search.*&order=oldest").await.expect(200);
    let events = page["events"].as_array().unwrap();
    let actions: Vec<_> = events.iter().map(|event| event["action"].as_str().unwrap()).collect();
    assert_eq!(actions, ["saved_search.create", "saved_search.update", "saved_search.delete"]);
    let id = path.rsplit('/').next().unwrap();
    for event in events {
        assert_eq!(event["actor"], json!({"type": "api_key", "id": acme.key_id()}));
        assert_eq!(event["targets"], json!([{"type": "saved_search", "id": id, "name": "denied"}]));
    }
    let metadata = json!({"owner": acme.key_id(), "visibility": "private", "query": "outcome:denied since:7d"});
    assert_eq!(events[0]["metadata"], metadata);
    let recorded = &long[..1_000];
    let changes = json!([
        {"path": "/query", "op": "replace", "old": "outcome:denied since:7d", "new": recorded},
        {"path": "/visibility", "op": "replace", "old": "private", "new": "shared"},
    ]);
    assert_eq!(events[1]["changes"], changes);
}

#[tokio::test]
async fn private_searches_go_with_their_key() {
    let server = TestServer::start().await;
    let acme = server.tenant("acme").await;
    let reader = server.key(&acme, "audit_reader").await;
    for name in ["a", "b"] {
        save(&reader, name, "private").await;
    }
    save(&reader, "c", "shared").await;
    save(&acme, "d", "private").await;
    delete(&acme, &format!("/api/v1/api-keys/{}", reader.key_id())).await.expect(200);
    assert_eq!(names(&acme).await, ["c", "d"]);
    let tenant_id = auditlog_core::id::TenantId::parse("acme").unwrap();
    assert_eq!(
        server.services.control.list_saved_searches(tenant_id).await.unwrap().len(),
        2,
        "nothing is left behind"
    );
    let page = acme.get("/api/v1/events?action=saved_search.delete").await.expect(200);
    assert_eq!(page["events"].as_array().unwrap().len(), 2);
}
