//! The table of who may call which operation, checked against the OpenAPI document: a route without a row fails here.

use std::collections::BTreeMap;

use hyper::Method;
use serde_json::{Value, json};

use crate::harness::{Client, TestServer};

/// The callers that an operation is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Needs {
    Nothing,
    Write,
    Read,
    Keys,
    System,
    /// A tenant's reader or the system key.
    ReadOrSystem,
}

const TABLE: &[(&str, &str, Needs)] = &[
    ("get", "/health/live", Needs::Nothing),
    ("get", "/health/ready", Needs::Nothing),
    ("get", "/metrics", Needs::Nothing),
    ("get", "/api/v1/events", Needs::Read),
    ("post", "/api/v1/events", Needs::Write),
    ("post", "/api/v1/events/batch", Needs::Write),
    ("get", "/api/v1/events/aggregate", Needs::Read),
    ("get", "/api/v1/events/export", Needs::Read),
    ("get", "/api/v1/events/facets", Needs::Read),
    ("get", "/api/v1/events/tail", Needs::Read),
    ("get", "/api/v1/events/{id}", Needs::Read),
    ("get", "/api/v1/api-keys", Needs::Keys),
    ("post", "/api/v1/api-keys", Needs::Keys),
    ("get", "/api/v1/api-keys/{id}", Needs::Keys),
    ("patch", "/api/v1/api-keys/{id}", Needs::Keys),
    ("delete", "/api/v1/api-keys/{id}", Needs::Keys),
    ("get", "/api/v1/tenants", Needs::System),
    ("post", "/api/v1/tenants", Needs::System),
    ("get", "/api/v1/tenants/{id}", Needs::System),
    ("patch", "/api/v1/tenants/{id}", Needs::System),
    ("get", "/api/v1/saved-searches", Needs::Read),
    ("post", "/api/v1/saved-searches", Needs::Read),
    ("get", "/api/v1/saved-searches/{id}", Needs::Read),
    ("patch", "/api/v1/saved-searches/{id}", Needs::Read),
    ("delete", "/api/v1/saved-searches/{id}", Needs::Read),
    ("get", "/api/v1/exports", Needs::Read),
    ("post", "/api/v1/exports", Needs::Read),
    ("get", "/api/v1/exports/{id}", Needs::Read),
    ("delete", "/api/v1/exports/{id}", Needs::Read),
    ("post", "/api/v1/exports/{id}/cancel", Needs::Read),
    ("get", "/api/v1/exports/{id}/file", Needs::Read),
    ("get", "/api/v1/stats", Needs::Read),
    ("post", "/api/v1/log/verify", Needs::ReadOrSystem),
    ("post", "/api/v1/log/reindex", Needs::System),
];

impl Needs {
    fn allows(self, caller: &str) -> bool {
        match self {
            Self::Nothing => true,
            Self::Write => matches!(caller, "audit_writer" | "audit_admin"),
            Self::Read => matches!(caller, "audit_viewer" | "audit_reader" | "audit_admin"),
            Self::Keys => matches!(caller, "audit_admin" | "system"),
            Self::System => caller == "system",
            Self::ReadOrSystem => matches!(caller, "audit_viewer" | "audit_reader" | "audit_admin" | "system"),
        }
    }
}

fn operations() -> BTreeMap<(String, String), Value> {
    let document: Value = serde_json::from_str(&auditlog_server::api::openapi_json().unwrap()).unwrap();
    let mut operations = BTreeMap::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            if ["get", "put", "post", "patch", "delete", "head", "options", "trace"].contains(&method.as_str()) {
                operations.insert((method.clone(), path.clone()), operation.clone());
            }
        }
    }
    operations
}

async fn call(client: &Client, method: &str, path: &str) -> crate::harness::Answer {
    // An open tail never ends; this one is refused after the authorization check.
    let path = path.replace("{id}", "unknown").replace("/tail", "/tail?after=unknown");
    let method = Method::from_bytes(method.to_uppercase().as_bytes()).unwrap();
    client.send(method, &path, &[("content-type", "application/json")], "{}".into()).await
}

#[test]
fn every_operation_has_a_row_and_every_row_an_operation() {
    let documented: Vec<_> = operations().into_keys().collect();
    let mut rows: Vec<_> = TABLE.iter().map(|(method, path, _)| ((*method).to_owned(), (*path).to_owned())).collect();
    rows.sort();
    assert_eq!(documented, rows);
}

#[test]
fn the_document_says_which_operations_are_open() {
    let operations = operations();
    for (method, path, needs) in TABLE {
        let operation = &operations[&((*method).to_owned(), (*path).to_owned())];
        // An operation without a requirement of its own inherits that of the document: a key.
        let is_open = operation.get("security") == Some(&json!([{}]));
        assert_eq!(is_open, *needs == Needs::Nothing, "{method} {path}: {}", operation["security"]);
    }
}

#[tokio::test]
async fn nothing_is_done_without_or_with_wrong_credentials() {
    let server = TestServer::start().await;
    let key = server.admin.key();
    let (rest, checksum) = key.rsplit_once('_').unwrap();
    let flipped = if checksum.starts_with('0') { "1" } else { "0" };
    let wrong_checksum = format!("{rest}_{flipped}{}", &checksum[1..]);
    let unknown = {
        let environment = auditlog_core::policy::EnvironmentName::parse("live").unwrap();
        let entropy = auditlog_conformance::fixtures::SeededEntropy::new(99);
        auditlog_core::policy::ApiKeyToken::mint(environment, &entropy).expose()
    };
    for (method, path, needs) in TABLE.iter().filter(|(_, _, needs)| *needs != Needs::Nothing) {
        let answer = call(&server.nobody, method, path).await;
        answer.problem(401, "missing_credentials");
        assert_eq!(answer.header("www-authenticate"), "Bearer realm=\"auditlog\"", "{method} {path}");
        for wrong in [wrong_checksum.as_str(), unknown.as_str(), "", "nonsense"] {
            let answer = call(&server.nobody.with_key(wrong), method, path).await;
            answer.problem(401, "invalid_credentials");
        }
        let secret = key.split('_').nth(3).unwrap();
        let answer = call(&server.nobody.with_key(&key.replace(secret, &"0".repeat(64))), method, path).await;
        answer.problem(401, "invalid_credentials");
        assert_ne!(*needs, Needs::Nothing);
    }
}

#[tokio::test]
async fn every_role_may_do_what_the_table_says_and_nothing_else() {
    let server = TestServer::start().await;
    let mut callers = vec![("system", server.system.clone())];
    for role in ["audit_writer", "audit_viewer", "audit_reader", "audit_admin"] {
        callers.push((role, server.key(&server.admin, role).await));
    }
    for (method, path, needs) in TABLE {
        for (caller, client) in &callers {
            let answer = call(client, method, path).await;
            if needs.allows(caller) {
                assert!(![401, 403].contains(&answer.status.as_u16()), "{caller}: {method} {path}: {}", answer.status);
                assert!(!answer.status.is_server_error(), "{caller}: {method} {path}: {}", answer.status);
            } else {
                answer.problem(403, "permission_denied");
            }
        }
    }
}
