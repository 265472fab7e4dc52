//! Owns `/api-keys`: the keys of the caller's own scope, a tenant's or the system's.

mod create;
mod get;
mod list;
mod representation;
mod revoke;
mod update;

use utoipa_axum::{router::OpenApiRouter, routes};

use crate::app::App;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list::list, create::create)).routes(routes!(
        get::get,
        update::update,
        revoke::revoke
    ))
}
