//! Owns the API documentation endpoints: `/openapi.json` and Swagger UI, whose files are embedded in the binary.

use axum::{
    Router,
    http::{HeaderName, HeaderValue, header},
    middleware::map_response,
    response::Response,
    routing::get,
};
use bytes::Bytes;
use utoipa::openapi::OpenApi;
use utoipa_swagger_ui::{Config, SwaggerUi};

use crate::app::App;

/// The path of the OpenAPI document.
const DOCUMENT_PATH: &str = "/openapi.json";
/// What a browser may load for Swagger UI: only files and answers of this server. Swagger UI's scripts set inline
/// styles, and its style sheet embeds icons as data URLs. No site may show the page in a frame.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; \
    img-src 'self' data:; font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; \
    frame-ancestors 'none'";

/// The routes that serve `document` and Swagger UI.
pub(crate) fn documentation(document: &OpenApi) -> Router<App> {
    // Encoding the document cannot fail; if it did, Swagger UI would report an empty document.
    let json = Bytes::from(document.to_json().unwrap_or_default());
    let show = move || async move { ([(header::CONTENT_TYPE, "application/json")], json) };
    let swagger_ui = SwaggerUi::new("/docs").config(Config::from(DOCUMENT_PATH).persist_authorization(false));
    Router::from(swagger_ui).route(DOCUMENT_PATH, get(show)).layer(map_response(confine))
}

/// Sets the headers that restrict what the page may do in a browser.
async fn confine(mut response: Response) -> Response {
    let headers: [(HeaderName, &'static str); 3] = [
        (header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::REFERRER_POLICY, "no-referrer"),
    ];
    for (name, value) in headers {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}
