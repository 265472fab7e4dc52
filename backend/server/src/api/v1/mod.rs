//! Owns version 1 of the API. Each operation has one file, named after the operation.

mod api_keys;
mod events;
mod exports;
mod fields;
mod listing;
mod log;
mod owner;
mod revisions;
mod saved_searches;
mod stats;
mod tenants;

use utoipa::openapi::OpenApi;
use utoipa_axum::router::OpenApiRouter;

use crate::app::App;

pub(super) use revisions::IF_MATCH;

/// The paths of operations that read the whole store and may take longer than other requests.
pub(crate) const WHOLE_STORE_PATHS: [&str; 2] = ["/api/v1/log/verify", "/api/v1/log/reindex"];

/// The routes below `/api/v1`.
pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .merge(events::routes())
        .merge(api_keys::routes())
        .merge(tenants::routes())
        .merge(log::routes())
        .merge(stats::routes())
        .merge(saved_searches::routes())
        .merge(exports::routes())
}

/// Adds to the document the parts that annotations cannot express.
pub(crate) fn complete(document: &mut OpenApi) {
    events::complete(document);
    revisions::describe(document);
}
