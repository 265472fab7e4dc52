//! Owns `/tenants`: the tenants of the installation, managed with the system key.

mod create;
mod get;
mod list;
mod representation;
mod update;

use utoipa_axum::{router::OpenApiRouter, routes};

use crate::app::App;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list::list, create::create)).routes(routes!(get::get, update::update))
}
