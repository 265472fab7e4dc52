//! Owns how the API is read by people and programs: `/openapi.json` and Swagger UI, whose files are in the binary.

use axum::{Router, http::header, routing::get};
use bytes::Bytes;
use utoipa::openapi::OpenApi;
use utoipa_swagger_ui::{Config, SwaggerUi};

use crate::app::App;

/// Where the document is.
const DOCUMENT_PATH: &str = "/openapi.json";

/// The routes that show `document`.
pub(crate) fn documentation(document: &OpenApi) -> Router<App> {
    // Printing the document cannot fail; were it to, Swagger UI would say that it is empty.
    let json = Bytes::from(document.to_json().unwrap_or_default());
    let show = move || async move { ([(header::CONTENT_TYPE, "application/json")], json) };
    let swagger_ui = SwaggerUi::new("/docs").config(Config::from(DOCUMENT_PATH).persist_authorization(false));
    Router::from(swagger_ui).route(DOCUMENT_PATH, get(show))
}
