//! `GET /saved-searches`

use axum::{Json, extract::State};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    api::v1::saved_searches::representation::SavedSearchBody,
    app::App,
    auth::{Authorized, EventsRead},
    problem::Problem,
    request::{NoQuery, OriginOf},
    use_cases::{Asker, list_saved_searches},
};

/// The saved searches that the caller sees.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct SavedSearchList {
    /// By name.
    saved_searches: Vec<SavedSearchBody>,
}

/// List saved searches
///
/// Those of the caller's key, and those that are shared in the tenant.
#[utoipa::path(
    get,
    path = "/saved-searches",
    operation_id = "list_saved_searches",
    tag = "saved-searches",
    responses((status = 200, description = "Every saved search that the caller sees.", body = SavedSearchList))
)]
pub(super) async fn list(
    State(app): State<App>,
    Authorized(reader): Authorized<EventsRead>,
    OriginOf(origin): OriginOf,
    _: NoQuery,
) -> Result<Json<SavedSearchList>, Problem> {
    let searches = list_saved_searches(app.services(), &Asker::new(reader, origin)?)?;
    Ok(Json(SavedSearchList { saved_searches: searches.into_iter().map(SavedSearchBody::of).collect() }))
}
