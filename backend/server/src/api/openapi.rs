//! Owns the skeleton of the OpenAPI document and the parts that are the same for every operation.

use utoipa::{
    OpenApi,
    openapi::{
        self,
        security::{HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme},
    },
};
use utoipa_axum::router::OpenApiRouter;

use crate::{
    api::{self, problems},
    app::App,
};

/// The name of the security scheme.
const SCHEME: &str = "api_key";

/// Why the document could not be encoded.
#[derive(Debug, thiserror::Error)]
pub enum DocumentError {
    /// As JSON.
    #[error("the OpenAPI document cannot be encoded: {0}")]
    Json(#[from] serde_json::Error),
    /// As YAML.
    #[error("the OpenAPI document cannot be encoded: {0}")]
    Yaml(String),
}

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Audit log",
        description = "Send audit events, find them, and manage access. Every failure is a problem document (RFC 9457) \
                       with a stable `code`; see docs/api/problems.md."
    ),
    tags(
        (name = "events", description = "Send and find audit events."),
        (name = "saved-searches", description = "Save searches under a name, privately or shared with the tenant."),
        (name = "exports", description = "Export the events of a query: as one answer, or as a job with a file to download."),
        (name = "log", description = "Verify stored logs, rebuild their indexes, and report statistics."),
        (name = "api-keys", description = "Manage credentials."),
        (name = "tenants", description = "Manage tenants. Requires the system key."),
        (name = "operations", description = "Health probes and metrics for operators. No credentials are needed."),
    ),
    components(schemas(crate::problem::ProblemBody))
)]
struct Frame;

/// The document without any routes.
pub(super) fn frame() -> openapi::OpenApi {
    let mut document = Frame::openapi();
    // The workspace's licence does not apply to the API, and the operator of a server decides who may use it.
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

/// The document, completed with the parts that the route annotations do not declare.
pub(super) fn completed(mut api: OpenApiRouter<App>) -> OpenApiRouter<App> {
    let document = api.get_openapi_mut();
    super::v1::complete(document);
    for path in document.paths.paths.values_mut() {
        let operations = [&mut path.get, &mut path.post, &mut path.patch, &mut path.delete];
        operations.into_iter().flatten().for_each(problems::describe);
    }
    api
}

/// The document as JSON.
pub fn openapi_json() -> Result<String, DocumentError> {
    Ok(api::routes().into_openapi().to_pretty_json()?)
}

/// The document as YAML.
pub fn openapi_yaml() -> Result<String, DocumentError> {
    api::routes().into_openapi().to_yaml().map_err(|error| DocumentError::Yaml(error.to_string()))
}
