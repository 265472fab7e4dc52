//! The first start.

use auditlog_conformance::fixtures::SeededEntropy;
use auditlog_core::policy::{ApiKeyToken, EnvironmentName};
use auditlog_server::{
    config::{BootstrapSection, Secret},
    use_cases::{BootstrapError, bootstrap},
};
use serde_json::json;

use crate::harness::{TestServer, fresh_services};

fn environment() -> EnvironmentName {
    EnvironmentName::parse("live").unwrap()
}

fn token(seed: u64) -> String {
    ApiKeyToken::mint(environment(), &SeededEntropy::new(seed)).expose()
}

#[tokio::test]
async fn it_happens_once() {
    let server = TestServer::start().await;
    let again = bootstrap(&server.services.changes(), environment(), &BootstrapSection::default()).await.unwrap();
    assert!(again.is_none());
    let keys = server.admin.get("/api/v1/api-keys").await.expect(200);
    assert_eq!(keys["api_keys"].as_array().unwrap().len(), 1);
    assert_eq!(
        keys["api_keys"][0]["permissions"],
        json!(["events.write", "events.read", "events.read_personal", "api_keys.manage"])
    );
    let system_keys = server.system.get("/api/v1/api-keys").await.expect(200);
    assert_eq!(system_keys["api_keys"][0]["permissions"], json!(["tenants.manage"]));
    assert_eq!(system_keys["api_keys"][0].get("tenant_id"), None);
    server.system.get("/api/v1/events").await.problem(403, "permission_denied");
}

#[tokio::test]
async fn configured_keys_are_taken_as_they_are() {
    let services = fresh_services();
    let section =
        BootstrapSection { default_key: Some(Secret::new(token(1))), system_key: Some(Secret::new(token(2))) };
    let keys = bootstrap(&services.changes(), environment(), &section).await.unwrap().unwrap();
    assert_eq!((keys.default_key.expose(), keys.system_key.expose()), (token(1), token(2)));
}

#[tokio::test]
async fn a_configured_key_that_is_none_is_named_and_nothing_is_made() {
    let services = fresh_services();
    let section = BootstrapSection { default_key: None, system_key: Some(Secret::new("hunter2".into())) };
    let error = bootstrap(&services.changes(), environment(), &section).await.unwrap_err();
    let message = error.to_string();
    assert!(message.contains("bootstrap.system_key") && !message.contains("hunter2"), "{message}");
    let same = Some(Secret::new(token(1)));
    let section = BootstrapSection { default_key: same.clone(), system_key: same };
    let error = bootstrap(&services.changes(), environment(), &section).await.unwrap_err();
    assert!(matches!(error, BootstrapError::SameKeys), "{error}");
    assert_eq!(services.control.list_tenants(None, usize::MAX).await.unwrap(), []);
}
