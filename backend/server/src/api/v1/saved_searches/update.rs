//! `PATCH /saved-searches/{id}`

use axum::{Json, extract::State};
use utoipa::ToSchema;

use crate::{
    api::v1::{
        fields,
        saved_searches::representation::{SavedSearchBody, SavedSearchVisibility, description, visibility},
    },
    app::App,
    auth::{Authorized, EventsRead, take_turn},
    body::JsonObject,
    limits::Purpose,
    problem::{Problem, ProblemBody},
    request::{NoQuery, OriginOf, PathSegment},
    use_cases::{Asker, SavedSearchUpdate, update_saved_search},
};

/// Changes to a saved search. Members that are left out stay unchanged.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it describes the body in the OpenAPI document; members are read one by one")]
pub(super) struct UpdateSavedSearch {
    /// The new name.
    #[schema(min_length = 1, max_length = 256, nullable = false)]
    name: Option<String>,
    /// The new query.
    #[schema(min_length = 1, max_length = 8192, nullable = false)]
    query: Option<String>,
    /// The new description; `null` removes it.
    #[schema(min_length = 1, max_length = 1024)]
    description: Option<String>,
    /// Who can see the search from now on.
    #[schema(nullable = false)]
    visibility: Option<SavedSearchVisibility>,
}

/// Change a saved search
///
/// Changes one of the caller's own saved searches or, with `api_keys.manage`, any shared one. Recorded as
/// `saved_search.update`.
#[utoipa::path(
    patch,
    path = "/saved-searches/{id}",
    operation_id = "update_saved_search",
    tag = "saved-searches",
    params(("id" = String, Path, description = "The saved search's id.")),
    request_body = UpdateSavedSearch,
    responses(
        (status = 200, description = "The saved search after the change.", body = SavedSearchBody),
        (status = 404, description = "`saved_search_not_found`", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "`saved_search_exists`", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "`invalid_request`; errors in `query` have a `position`.", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(super) async fn update(
    State(app): State<App>,
    Authorized(reader): Authorized<EventsRead>,
    OriginOf(origin): OriginOf,
    PathSegment(id): PathSegment,
    _: NoQuery,
    body: JsonObject,
) -> Result<Json<SavedSearchBody>, Problem> {
    let mut members = body.members();
    let name = members.optional("name", fields::name);
    let query = members.optional("query", fields::query);
    fields::check_query(&mut members, query.as_deref(), app.services().clock.now());
    let description = members.clearable("description", description);
    let visibility = members.optional("visibility", visibility);
    let update = members.finish(Some(SavedSearchUpdate { name, query, description, visibility }))?;
    let asker = Asker::new(reader, origin)?;
    let _turn = take_turn(&app, asker.author(), Purpose::Ordinary).await?;
    let search = update_saved_search(app.services(), &asker, &id, update).await?;
    Ok(Json(SavedSearchBody::of(search)))
}
