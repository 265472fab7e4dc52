//! `DELETE /saved-searches/{id}`

use axum::{extract::State, http::StatusCode};

use crate::{
    app::App,
    auth::{Authorized, EventsRead},
    problem::{Code, Problem},
    request::{IfMatch, NoQuery, OriginOf, PathSegment},
    use_cases::delete_saved_search,
};

/// Delete a saved search
///
/// Deletes one of the caller's own saved searches or, with `api_keys.manage`, any shared one. Recorded in the log as
/// `saved_search.delete`.
#[utoipa::path(
    delete,
    path = "/saved-searches/{id}",
    operation_id = "delete_saved_search",
    tag = "saved-searches",
    params(("id" = String, Path, description = "The saved search's id.")),
    responses((status = 204, description = "The saved search was deleted.")),
    extensions(("x-problems" = json!([Code::SavedSearchNotFound, Code::Overloaded, Code::InsufficientStorage])))
)]
pub(super) async fn delete(
    State(app): State<App>,
    Authorized(caller): Authorized<EventsRead>,
    OriginOf(origin): OriginOf,
    IfMatch(expected): IfMatch,
    PathSegment(id): PathSegment,
    _: NoQuery,
) -> Result<StatusCode, Problem> {
    delete_saved_search(&app.changes().by(&caller, &origin), &id, &expected).await?;
    Ok(StatusCode::NO_CONTENT)
}
