//! Owns the routes. Each route is declared once, by the annotation on its handler, which yields both the route and its
//! entry in the OpenAPI document.

mod docs;
mod health;
mod metrics;
mod openapi;
mod problems;
mod refusals;
pub mod v1;

use utoipa_axum::{router::OpenApiRouter, routes};

pub(crate) use docs::documentation;
pub use openapi::{DocumentError, openapi_json, openapi_yaml};

use crate::app::App;

/// All routes that the OpenAPI document describes.
pub(crate) fn routes() -> OpenApiRouter<App> {
    let api = OpenApiRouter::with_openapi(openapi::frame())
        .routes(routes!(health::live))
        .routes(routes!(health::ready))
        .routes(routes!(metrics::metrics))
        .nest("/api/v1", v1::routes());
    openapi::completed(api)
}
