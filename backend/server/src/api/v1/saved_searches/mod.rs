//! Owns `/saved-searches`: the caller's own ones and those that the tenant shares.

mod create;
mod delete;
mod get;
mod list;
mod representation;
mod update;

use utoipa_axum::{router::OpenApiRouter, routes};

use crate::app::App;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list::list, create::create)).routes(routes!(
        get::get,
        update::update,
        delete::delete
    ))
}
