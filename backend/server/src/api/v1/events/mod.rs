//! Owns `/events`: sending, finding, following and exporting events.

mod aggregate;
mod aggregate_body;
mod batch_receipt;
mod create;
mod create_batch;
mod export;
mod facets;
mod get;
mod ingest_parameters;
mod list;
mod list_parameters;
mod receipt;
mod schema;
mod schema_parts;
mod tail;

use utoipa::openapi::OpenApi;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::app::App;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list::list, create::create))
        .routes(routes!(create_batch::create_batch))
        .routes(routes!(export::export))
        .routes(routes!(tail::tail))
        .routes(routes!(aggregate::aggregate))
        .routes(routes!(facets::facets))
        .routes(routes!(get::get))
}

/// Adds the parameters that are generated from the core crate's table of fields.
pub(super) fn complete(document: &mut OpenApi) {
    list_parameters::describe(document);
    export::describe(document);
    tail::describe(document);
    aggregate::describe(document);
    facets::describe(document);
}
