//! Owns `/exports`: files of events that are made in the background and downloaded when complete.

mod byte_range;
mod cancel;
mod create;
mod delete;
mod file;
mod get;
mod list;
mod manifest;
mod representation;

use utoipa_axum::{router::OpenApiRouter, routes};

use crate::app::App;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list::list, create::create))
        .routes(routes!(get::get, delete::delete))
        .routes(routes!(cancel::cancel))
        .routes(routes!(file::file))
}
