//! Owns the frame of the OpenAPI document and what is the same for every operation.

use utoipa::{
    OpenApi,
    openapi::{
        self, Content, Ref, RefOr, ResponseBuilder,
        path::Operation,
        security::{HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme},
    },
};
use utoipa_axum::router::OpenApiRouter;

use crate::{api, app::App};

/// The name of the security scheme.
const SCHEME: &str = "api_key";

/// Why the document cannot be printed.
#[derive(Debug, thiserror::Error)]
pub enum DocumentError {
    /// As JSON.
    #[error("the OpenAPI document cannot be printed: {0}")]
    Json(#[from] serde_json::Error),
    /// As YAML.
    #[error("the OpenAPI document cannot be printed: {0}")]
    Yaml(String),
}

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Audit log",
        description = "Send audit events, find them, and manage who may. Every failure is a problem document (RFC 9457) \
                       with a stable `code`; see docs/api/problems.md."
    ),
    tags(
        (name = "events", description = "Send and find audit events."),
        (name = "saved-searches", description = "Keep searches under a name, for oneself or for the tenant."),
        (name = "log", description = "Verify what is stored, and build its indexes anew."),
        (name = "api-keys", description = "Manage credentials."),
        (name = "tenants", description = "Manage tenants. Needs the system key."),
        (name = "operations", description = "For whoever runs the server. Open to everybody who can reach it."),
    ),
    components(schemas(crate::problem::ProblemBody))
)]
struct Frame;

/// The document before any route is in it.
pub(super) fn frame() -> openapi::OpenApi {
    let mut document = Frame::openapi();
    // The licence of the workspace says nothing about the API, and whoever runs a server decides who may use it.
    document.info.license = None;
    document.info.contact = None;
    let scheme = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .bearer_format("alk_<environment>_<id>_<secret>_<checksum>")
        .description(Some("An API key."))
        .build();
    document.components.get_or_insert_default().add_security_scheme(SCHEME, SecurityScheme::Http(scheme));
    document.security = Some(vec![SecurityRequirement::new::<_, [String; 0], String>(SCHEME, [])]);
    document
}

/// The document with what routes do not say themselves.
pub(super) fn completed(mut api: OpenApiRouter<App>) -> OpenApiRouter<App> {
    let document = api.get_openapi_mut();
    super::v1::complete(document);
    for path in document.paths.paths.values_mut() {
        let operations = [&mut path.get, &mut path.post, &mut path.patch, &mut path.delete];
        operations.into_iter().flatten().for_each(add_common_responses);
    }
    api
}

/// What every operation may answer besides what it says itself.
fn add_common_responses(operation: &mut Operation) {
    let mut common = vec![("default", "Any other failure.")];
    // An operation without requirements of its own has those of the document: credentials.
    if operation.security.is_none() {
        common.push(("401", "`missing_credentials`, `invalid_credentials`, `key_revoked`, `key_expired`"));
        common.push(("403", "`permission_denied`, `tenant_suspended`, `address_not_allowed`"));
    }
    for (status, description) in common {
        let content = Content::new(Some(Ref::from_schema_name("Problem")));
        let response =
            ResponseBuilder::new().description(description).content("application/problem+json", content).build();
        operation.responses.responses.entry(status.to_owned()).or_insert(RefOr::T(response));
    }
}

/// The document as JSON.
pub fn openapi_json() -> Result<String, DocumentError> {
    Ok(api::routes().into_openapi().to_pretty_json()?)
}

/// The document as YAML.
pub fn openapi_yaml() -> Result<String, DocumentError> {
    api::routes().into_openapi().to_yaml().map_err(|error| DocumentError::Yaml(error.to_string()))
}
