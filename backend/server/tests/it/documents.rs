//! The documents: the OpenAPI file is fresh and complete, Swagger UI is served, every problem is explained.

use std::collections::BTreeSet;

use auditlog_core::query::Field;
use auditlog_server::{
    api::{openapi_json, openapi_yaml},
    problem::Code,
};
use serde_json::{Value, json};

use crate::harness::{Failure, TestServer, event, is_declared};

fn file(path: &str) -> String {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/api").join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn document() -> Value {
    serde_json::from_str(&openapi_json().unwrap()).unwrap()
}

#[test]
fn the_openapi_file_is_fresh() {
    // Not `assert_eq`: a diff of thousands of lines is unhelpful.
    assert!(file("openapi.yaml") == openapi_yaml().unwrap(), "docs/api/openapi.yaml is stale: run `make gen`");
}

#[test]
fn every_problem_is_explained_with_its_status() {
    let page = file("problems.md");
    for code in Code::ALL {
        let row = format!("| `{}` | {} |", code.as_str(), code.status().as_u16());
        assert!(page.lines().any(|line| line.starts_with(&row)), "docs/api/problems.md lacks {row}");
    }
    let rows = page.lines().filter(|line| line.starts_with("| `") && line.contains("` | ")).count();
    let codes: BTreeSet<_> = Code::ALL.iter().map(|code| code.as_str()).collect();
    assert_eq!(codes.len(), Code::ALL.len(), "two problems share a code");
    assert!(rows >= codes.len());
    for line in page.lines().filter(|line| line.starts_with("| `")) {
        let code = line.split('`').nth(1).unwrap();
        let explained = codes.contains(code) || auditlog_core::event::violation::code::ALL.contains(&code);
        assert!(explained || page.contains("## Codes inside"), "{code} does not exist");
    }
}

/// The problems that no operation answers with: the request reaches none, or its stream ends with them.
const WITHOUT_OPERATION: [Code; 5] =
    [Code::NotFound, Code::MethodNotAllowed, Code::SlowReader, Code::SlowFilter, Code::ServerStopping];

#[test]
fn every_failure_of_an_operation_is_declared_by_its_codes() {
    let document = document();
    let mut declared = BTreeSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let extensions = operation.as_object().unwrap().keys().filter(|name| name.starts_with("x-"));
            assert_eq!(extensions.count(), 0, "{method} {path}: the declaration is misspelled");
            for (status, response) in operation["responses"].as_object().unwrap() {
                if status.starts_with(['2', '3']) {
                    continue;
                }
                // The problem of a batch has the results of its events too.
                let is_of_batch = path == "/api/v1/events/batch" && status == "422";
                let schema = format!("#/components/schemas/{}", if is_of_batch { "BatchProblem" } else { "Problem" });
                let problem = json!({"application/problem+json": {"schema": {"$ref": schema}}});
                assert_eq!(response["content"], problem, "{method} {path} {status}");
                if status == "default" {
                    continue;
                }
                let codes = response["x-problem-codes"].as_array().unwrap();
                assert!(!codes.is_empty(), "{method} {path} {status}");
                for code in codes {
                    let code = Code::ALL.iter().find(|known| known.as_str() == code).unwrap();
                    assert_eq!(code.status().as_str(), status, "{method} {path}: {code:?}");
                    let line = format!("- `{}`: {}.", code.as_str(), code.title());
                    assert!(response["description"].as_str().unwrap().contains(&line), "{method} {path}: {line}");
                    declared.insert(code.as_str());
                }
            }
        }
    }
    let expected = Code::ALL.iter().filter(|code| !WITHOUT_OPERATION.contains(code));
    assert_eq!(declared, expected.map(|code| code.as_str()).collect());
}

#[test]
fn a_problem_is_only_declared_for_the_operations_that_answer_with_it() {
    for (method, target, status, code, expected) in [
        ("GET", "/api/v1/tenants/acme", "404", "tenant_not_found", true),
        ("GET", "/api/v1/tenants/acme?x=y", "400", "unknown_parameter", true),
        ("GET", "/api/v1/tenants/acme", "404", "event_not_found", false),
        ("GET", "/api/v1/tenants/acme", "400", "malformed_json", false),
        ("PATCH", "/api/v1/tenants/acme", "400", "malformed_json", true),
        ("GET", "/api/v1/events/export", "505", "http_version_not_supported", true),
        ("GET", "/api/v1/events/some-id", "505", "http_version_not_supported", false),
        ("GET", "/health/live", "401", "missing_credentials", false),
        ("PUT", "/api/v1/tenants/acme", "405", "method_not_allowed", true),
        ("GET", "/nowhere", "404", "not_found", true),
        ("GET", "/nowhere", "401", "missing_credentials", false),
    ] {
        let failure = Failure { method, target, status, code };
        assert_eq!(is_declared(&failure), expected, "{failure:?}");
    }
}

#[test]
fn every_tag_of_an_operation_is_described() {
    let document = document();
    let described: BTreeSet<&str> =
        document["tags"].as_array().unwrap().iter().map(|tag| tag["name"].as_str().unwrap()).collect();
    let items = document["paths"].as_object().unwrap().values();
    let operations = items.flat_map(|item| item.as_object().unwrap().values());
    let used: BTreeSet<&str> = operations
        .flat_map(|operation| operation["tags"].as_array().unwrap())
        .map(|tag| tag.as_str().unwrap())
        .collect();
    assert_eq!(used, described);
}

#[test]
fn the_code_of_a_problem_is_a_string_with_known_values() {
    let document = document();
    let schemas = &document["components"]["schemas"];
    assert_eq!(schemas["Problem"]["properties"]["code"]["$ref"], "#/components/schemas/ProblemCode");
    let code = &schemas["ProblemCode"];
    let known: Vec<_> = Code::ALL.iter().map(|code| code.as_str()).collect();
    assert_eq!((&code["type"], &code["x-extensible-enum"], code.get("enum")), (&json!("string"), &json!(known), None));
}

#[test]
fn every_field_is_a_parameter_of_the_list() {
    let document = document();
    let parameters = document["paths"]["/api/v1/events"]["get"]["parameters"].as_array().unwrap().clone();
    let names: Vec<&str> = parameters.iter().map(|parameter| parameter["name"].as_str().unwrap()).collect();
    for field in Field::standard() {
        assert!(names.contains(&field.name), "{} is missing", field.name);
    }
    for name in ["q", "since", "until", "cursor", "limit", "order", "count"] {
        assert!(names.contains(&name), "{name} is missing");
    }
    assert_eq!(names.len(), names.iter().collect::<BTreeSet<_>>().len(), "{names:?}");
}

#[test]
fn the_document_is_whole() {
    let document = document();
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1"), "{}", document["openapi"]);
    let schemas = document["components"]["schemas"].as_object().unwrap();
    let text = document.to_string();
    for part in text.split("\"#/components/schemas/").skip(1) {
        let name = part.split('"').next().unwrap();
        assert!(schemas.contains_key(name), "the schema {name} is referred to and is not there");
    }
    let mut ids = BTreeSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let id = operation["operationId"].as_str().unwrap_or_else(|| panic!("{method} {path} has no id"));
            assert!(ids.insert(id.to_owned()), "two operations are called {id}");
            assert!(operation["summary"].is_string() && operation["responses"]["default"].is_object(), "{id}");
        }
    }
}

/// The members of a batch's answer are described both where it is accepted and where it is a problem.
#[tokio::test]
async fn the_schemas_of_the_answers_to_a_batch_have_every_member_that_answers_have() {
    let server = TestServer::start().await;
    let document = document();
    let keys = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<BTreeSet<_>>();
    let batch = json!([{}, event(&json!({}))]);
    let answer = server.admin.post("/api/v1/events/batch", &batch).await.expect(200);
    assert_eq!(keys(&answer), members(&document, "BatchReceipt"));
    let problem = server.admin.post("/api/v1/events/batch", &json!([{}])).await.problem(422, "all_events_rejected");
    let parts = document["components"]["schemas"]["BatchProblem"]["allOf"].as_array().unwrap().iter();
    let names = parts.map(|part| part["$ref"].as_str().unwrap().rsplit('/').next().unwrap());
    assert_eq!(keys(&problem), names.flat_map(|name| members(&document, name)).collect());
}

/// The members that an object of the schema has.
fn members(document: &Value, schema: &str) -> BTreeSet<String> {
    document["components"]["schemas"][schema]["properties"].as_object().unwrap().keys().cloned().collect()
}

#[tokio::test]
async fn the_schema_of_an_event_has_every_member_that_events_have() {
    let server = TestServer::start().await;
    let document = document();
    let mut sent = auditlog_conformance::fixtures::everything();
    sent.as_object_mut().unwrap().remove("tenant_id");
    sent["context"]["ip"] = json!("2001:db8::1, 10.0.0.1");
    let receipt = server.admin.post("/api/v1/events", &sent).await.expect(201);
    let id = receipt["id"].as_str().unwrap();
    let shown = server.admin.get(&format!("/api/v1/events/{id}")).await.expect(200);
    let keys = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<BTreeSet<_>>();
    for (schema, value) in [
        ("NewEvent", &sent),
        ("Event", &shown),
        ("Actor", &shown["actor"]),
        ("Target", &shown["targets"][0]),
        ("Change", &shown["changes"][0]),
        ("Source", &shown["source"]),
        ("Context", &shown["context"]),
        ("Outcome", &shown["outcome"]),
        ("Producer", &shown["producer"]),
        ("Raw", &shown["raw"]),
        ("Receipt", &receipt),
        ("Adjustment", &receipt["adjustments"][0]),
    ] {
        let unknown: Vec<_> = keys(value).difference(&members(&document, schema)).cloned().collect();
        assert!(unknown.is_empty(), "{schema} lacks {unknown:?}");
    }
}

#[tokio::test]
async fn the_document_and_swagger_ui_are_served_from_the_binary() {
    let server = TestServer::start().await;
    assert_eq!(server.nobody.get("/openapi.json").await.expect(200), document());
    assert_eq!(server.nobody.get("/docs").await.status, 303);
    let page = server.nobody.get("/docs/").await;
    assert!(page.status == 200 && page.header("content-type").starts_with("text/html"));
    let script = server.nobody.get("/docs/swagger-ui-bundle.js").await;
    assert!(script.status == 200 && script.body.len() > 100_000);
    let initializer = server.nobody.get("/docs/swagger-initializer.js").await;
    assert!(String::from_utf8_lossy(&initializer.body).contains("/openapi.json"));
}

#[tokio::test]
async fn a_browser_is_told_what_the_pages_may_do() {
    let server = TestServer::start().await;
    for path in
        ["/docs", "/docs/", "/docs/swagger-ui-bundle.js", "/docs/swagger-ui.css", "/openapi.json", "/docs/nothing"]
    {
        let answer = server.nobody.get(path).await;
        let policy = answer.header("content-security-policy");
        assert!(policy.starts_with("default-src 'none';"), "{path}: {policy}");
        assert!(policy.ends_with("frame-ancestors 'none'") && !policy.contains("unsafe-eval"), "{path}: {policy}");
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(answer.header("x-frame-options"), "DENY", "{path}");
    }
    // The page itself has no script that the policy would block.
    let page = String::from_utf8(server.nobody.get("/docs/").await.body.to_vec()).unwrap();
    let scripts = page.matches("<script").count();
    assert!(scripts > 0 && page.matches("<script src=").count() == scripts, "{page}");
}
