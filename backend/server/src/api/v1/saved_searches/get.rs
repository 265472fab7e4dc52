//! `GET /saved-searches/{id}`

use axum::extract::State;

use crate::{
    answer::Tagged,
    api::v1::saved_searches::representation::SavedSearchBody,
    app::App,
    auth::{Authorized, EventsRead},
    problem::{Code, Problem},
    request::{NoQuery, PathSegment},
    use_cases::find_saved_search,
};

/// Get a saved search
///
/// A private saved search that another key created is reported as not found.
#[utoipa::path(
    get,
    path = "/saved-searches/{id}",
    operation_id = "get_saved_search",
    tag = "saved-searches",
    params(("id" = String, Path, description = "The saved search's id.")),
    responses((status = 200, description = "The saved search.", body = SavedSearchBody)),
    extensions(("x-problems" = json!([Code::SavedSearchNotFound])))
)]
pub(super) async fn get(
    State(app): State<App>,
    Authorized(caller): Authorized<EventsRead>,
    PathSegment(id): PathSegment,
    _: NoQuery,
) -> Result<Tagged<SavedSearchBody>, Problem> {
    let search = find_saved_search(app.services().control.as_ref(), &caller, &id).await?;
    Ok(Tagged::new(search.revision, SavedSearchBody::of(search)))
}
