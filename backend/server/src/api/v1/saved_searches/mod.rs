//! Owns `/saved-searches`: the caller's own saved searches and those shared in the tenant.

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
