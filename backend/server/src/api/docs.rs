//! Owns how the API is read by people and programs: `/openapi.json` and Swagger UI, whose files are in the binary.

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

/// Where the document is.
const DOCUMENT_PATH: &str = "/openapi.json";
/// What a browser may load for Swagger UI: files and answers of this server alone. Its styles are set by scripts in
/// places, and its icons are written in its style sheet. Nobody may show it in a frame.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; \
    img-src 'self' data:; font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; \
    frame-ancestors 'none'";

/// The routes that show `document`.
pub(crate) fn documentation(document: &OpenApi) -> Router<App> {
    // Printing the document cannot fail; were it to, Swagger UI would say that it is empty.
    let json = Bytes::from(document.to_json().unwrap_or_default());
    let show = move || async move { ([(header::CONTENT_TYPE, "application/json")], json) };
    let swagger_ui = SwaggerUi::new("/docs").config(Config::from(DOCUMENT_PATH).persist_authorization(false));
    Router::from(swagger_ui).route(DOCUMENT_PATH, get(show)).layer(map_response(confine))
}

/// Says what a page may do in a browser.
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
