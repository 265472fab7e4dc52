//! `DELETE /saved-searches/{id}`

use axum::{extract::State, http::StatusCode};

use crate::{
    app::App,
    auth::{Authorized, EventsRead, take_turn},
    limits::Purpose,
    problem::{Problem, ProblemBody},
    request::{NoQuery, OriginOf, PathSegment},
    use_cases::{Asker, delete_saved_search},
};

/// Delete a saved search
///
/// Deletes one of the caller's own saved searches or, with `api_keys.manage`, any shared one. Recorded as
/// `saved_search.delete`.
#[utoipa::path(
    delete,
    path = "/saved-searches/{id}",
    operation_id = "delete_saved_search",
    tag = "saved-searches",
    params(("id" = String, Path, description = "The saved search's id.")),
    responses(
        (status = 204, description = "The saved search was deleted."),
        (status = 404, description = "`saved_search_not_found`", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(super) async fn delete(
    State(app): State<App>,
    Authorized(reader): Authorized<EventsRead>,
    OriginOf(origin): OriginOf,
    PathSegment(id): PathSegment,
    _: NoQuery,
) -> Result<StatusCode, Problem> {
    let asker = Asker::new(reader, origin)?;
    let _turn = take_turn(&app, asker.author(), Purpose::Protective).await?;
    delete_saved_search(app.services(), &asker, &id).await?;
    Ok(StatusCode::NO_CONTENT)
}
