//! Owns `/log`: operations on whole logs rather than on single events.

mod reindex;
mod verify;

use utoipa_axum::{router::OpenApiRouter, routes};

use crate::app::App;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(verify::verify)).routes(routes!(reindex::reindex))
}
