//! `PATCH /saved-searches/{id}`

use axum::extract::State;
use utoipa::ToSchema;

use crate::{
    answer::Tagged,
    api::v1::{
        fields,
        saved_searches::representation::{SavedSearchBody, SavedSearchVisibility, description, visibility},
    },
    app::App,
    auth::{Authorized, EventsRead},
    body::JsonObject,
    problem::{Code, Problem},
    request::{IfMatch, NoQuery, OriginOf, PathSegment},
    use_cases::{SavedSearchUpdate, update_saved_search},
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
/// Changes one of the caller's own saved searches or, with `api_keys.manage`, any shared one. Errors in `query` have a
/// `position`. Recorded in the log as `saved_search.update`.
#[utoipa::path(
    patch,
    path = "/saved-searches/{id}",
    operation_id = "update_saved_search",
    tag = "saved-searches",
    params(("id" = String, Path, description = "The saved search's id.")),
    request_body = UpdateSavedSearch,
    responses((status = 200, description = "The saved search after the change.", body = SavedSearchBody)),
    extensions(("x-problems" = json!([
        Code::SavedSearchNotFound, Code::SavedSearchExists, Code::InvalidRequest, Code::Overloaded,
        Code::InsufficientStorage,
    ])))
)]
pub(super) async fn update(
    State(app): State<App>,
    Authorized(caller): Authorized<EventsRead>,
    OriginOf(origin): OriginOf,
    IfMatch(expected): IfMatch,
    PathSegment(id): PathSegment,
    _: NoQuery,
    body: JsonObject,
) -> Result<Tagged<SavedSearchBody>, Problem> {
    let mut members = body.members();
    let name = members.optional("name", fields::name);
    let query = members.optional("query", fields::query);
    fields::check_query(&mut members, query.as_deref(), app.services().clock.now());
    let description = members.clearable("description", description);
    let visibility = members.optional("visibility", visibility);
    let update = members.finish(Some(SavedSearchUpdate { name, query, description, visibility }))?;
    let search = update_saved_search(&app.changes().by(&caller, &origin), &id, update, &expected).await?;
    Ok(Tagged::new(search.revision, SavedSearchBody::of(search)))
}
