//! `GET /saved-searches/{id}`

use axum::{Json, extract::State};

use crate::{
    api::v1::saved_searches::representation::SavedSearchBody,
    app::App,
    auth::{Authorized, EventsRead},
    problem::{Problem, ProblemBody},
    request::{NoQuery, OriginOf, PathSegment},
    use_cases::{Asker, find_saved_search},
};

/// Get a saved search
#[utoipa::path(
    get,
    path = "/saved-searches/{id}",
    operation_id = "get_saved_search",
    tag = "saved-searches",
    params(("id" = String, Path, description = "The saved search's id.")),
    responses(
        (status = 200, description = "The saved search.", body = SavedSearchBody),
        (status = 404, description = "`saved_search_not_found`, also for the private saved searches of other keys.", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(super) async fn get(
    State(app): State<App>,
    Authorized(reader): Authorized<EventsRead>,
    OriginOf(origin): OriginOf,
    PathSegment(id): PathSegment,
    _: NoQuery,
) -> Result<Json<SavedSearchBody>, Problem> {
    let search = find_saved_search(app.services(), &Asker::new(reader, origin)?, &id)?;
    Ok(Json(SavedSearchBody::of(search)))
}
