//! Owns which problems each operation can answer with, and the responses that the OpenAPI document lists for them.
//!
//! An operation names the codes of its own problems in its annotation, as the extension [`DECLARATION`]. The codes that
//! its shape implies, such as those of a body, are added here.

use std::collections::BTreeMap;

use axum::http::StatusCode;
use utoipa::openapi::{
    Content, Header, Ref, RefOr, Response, ResponseBuilder,
    extensions::ExtensionsBuilder,
    path::{Operation, ParameterIn},
    schema::{ObjectBuilder, SchemaType, Type},
};

use crate::{api::v1::IF_MATCH, problem::Code};

/// The extension with which an annotation names problems: `extensions(("x-problems" = json!([Code::TenantNotFound])))`.
/// The finished document has responses in its place.
const DECLARATION: &str = "x-problems";
/// The extension of a response that lists the codes of its problems for programs.
const CODES: &str = "x-problem-codes";
/// The content type of problems.
const CONTENT_TYPE: &str = "application/problem+json";

/// The problems of every operation.
const OF_ALL: &[Code] = &[Code::InvalidHead, Code::InternalError, Code::RequestNotFinished];
/// The problems of operations that require credentials. They also refuse query parameters that do not exist, and read
/// the stored key.
const OF_CREDENTIALS: &[Code] = &[
    Code::MalformedQuery,
    Code::UnknownParameter,
    Code::MissingCredentials,
    Code::InvalidCredentials,
    Code::KeyRevoked,
    Code::KeyExpired,
    Code::AddressNotAllowed,
    Code::TenantSuspended,
    Code::PermissionDenied,
    Code::StoreUnavailable,
];
/// The problems of operations with a body.
const OF_BODY: &[Code] = &[
    Code::MalformedJson,
    Code::MalformedBody,
    Code::MalformedCompression,
    Code::RequestTimeout,
    Code::BodyTooLarge,
    Code::UnsupportedMediaType,
    Code::UnsupportedEncoding,
];
/// The problems of operations with query parameters.
const OF_PARAMETERS: &[Code] = &[Code::InvalidParameter];
/// The problems of operations that change a record of a certain revision.
const OF_REVISIONS: &[Code] = &[Code::InvalidParameter, Code::RevisionConflict, Code::RevisionMismatch];
/// The problems of operations with pages.
const OF_PAGES: &[Code] = &[Code::InvalidCursor, Code::CursorMismatch];

/// Replaces the declaration of an operation by responses, one for each status.
pub(super) fn describe(operation: &mut Operation) {
    let declared = take_declaration(operation);
    let implied = implied_by(operation);
    let mut by_status: BTreeMap<StatusCode, Vec<Code>> = BTreeMap::new();
    for code in Code::ALL {
        if declared.iter().any(|declared| declared == code.as_str()) || implied.contains(code) {
            by_status.entry(code.status()).or_default().push(*code);
        }
    }
    let responses = &mut operation.responses.responses;
    for (status, codes) in by_status {
        let mut response = response_of(status, &codes);
        // An operation may annotate a problem of its own form.
        if let Some(RefOr::T(annotated)) = responses.remove(status.as_str())
            && !annotated.content.is_empty()
        {
            response.content = annotated.content;
        }
        responses.insert(status.as_str().to_owned(), RefOr::T(response));
    }
    let other = ResponseBuilder::new().description("Any other failure.").content(CONTENT_TYPE, content());
    responses.insert("default".to_owned(), RefOr::T(other.build()));
}

/// Removes the declaration from the document and returns its codes.
fn take_declaration(operation: &mut Operation) -> Vec<String> {
    let Some(mut extensions) = operation.extensions.take() else { return Vec::new() };
    let declared = extensions.remove(DECLARATION).unwrap_or_default();
    if !extensions.is_empty() {
        operation.extensions = Some(extensions);
    }
    let codes = declared.as_array().map(Vec::as_slice).unwrap_or_default();
    codes.iter().filter_map(|code| code.as_str().map(str::to_owned)).collect()
}

/// The problems that the shape of an operation implies.
fn implied_by(operation: &Operation) -> Vec<Code> {
    let mut implied = OF_ALL.to_vec();
    // An operation without security requirements of its own inherits those of the document: credentials.
    if operation.security.is_none() {
        implied.extend(OF_CREDENTIALS);
    }
    if operation.request_body.is_some() {
        implied.extend(OF_BODY);
    }
    let parameters = operation.parameters.as_deref().unwrap_or_default();
    let in_query = parameters.iter().filter(|parameter| parameter.parameter_in == ParameterIn::Query);
    let names: Vec<_> = in_query.map(|parameter| parameter.name.as_str()).collect();
    if !names.is_empty() {
        implied.extend(OF_PARAMETERS);
    }
    if names.contains(&"cursor") {
        implied.extend(OF_PAGES);
    }
    if parameters.iter().any(|parameter| parameter.name == IF_MATCH) {
        implied.extend(OF_REVISIONS);
    }
    implied
}

/// The response for the problems of one status.
fn response_of(status: StatusCode, codes: &[Code]) -> Response {
    let lines = codes.iter().map(|code| format!("- `{}`: {}.", code.as_str(), code.title()));
    let spellings: Vec<_> = codes.iter().map(|code| code.as_str()).collect();
    let response = ResponseBuilder::new()
        .description(lines.collect::<Vec<_>>().join("\n"))
        .content(CONTENT_TYPE, content())
        .extensions(Some(ExtensionsBuilder::new().add(CODES, spellings).build()));
    match status {
        StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => {
            response.header("Retry-After", retry_after())
        }
        _ => response,
    }
    .build()
}

fn content() -> Content {
    Content::new(Some(Ref::from_schema_name("Problem")))
}

fn retry_after() -> Header {
    let mut header = Header::new(ObjectBuilder::new().schema_type(SchemaType::Type(Type::Integer)).minimum(Some(0)));
    header.description = Some("Seconds after which a retry may succeed; absent if it is unknown.".to_owned());
    header
}
