//! `POST /saved-searches`

use auditlog_core::{store::SearchVisibility, timestamp::Timestamp};
use axum::{extract::State, http::StatusCode};
use utoipa::ToSchema;

use crate::{
    answer::Tagged,
    api::v1::{
        fields,
        saved_searches::representation::{SavedSearchBody, SavedSearchVisibility, description, visibility},
    },
    app::App,
    auth::{Authorized, EventsRead},
    body::{JsonObject, Members},
    problem::{Code, Problem},
    request::{NoQuery, OriginOf},
    use_cases::{NewSavedSearch, create_saved_search},
};

/// A search to save.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it describes the body in the OpenAPI document; members are read one by one")]
pub(super) struct CreateSavedSearch {
    /// A human-readable name, unique among the saved searches of the key.
    #[schema(example = "denied last week", min_length = 1, max_length = 256)]
    name: String,
    /// The query in the search language, at most 8 KiB. It must parse; relative times stay relative.
    #[schema(example = "outcome:denied since:7d", min_length = 1, max_length = 8192)]
    query: String,
    /// What the search is for.
    #[schema(min_length = 1, max_length = 1024, nullable = false)]
    description: Option<String>,
    /// Who can see the search; defaults to `private`.
    #[schema(nullable = false)]
    visibility: Option<SavedSearchVisibility>,
}

/// Save a search
///
/// Saves a query under a name, for the caller's key or for every key of the tenant that may find events. A tenant keeps
/// at most 1,000 saved searches, and a key 250 of them. Errors in `query` have a `position`. Recorded in the log as
/// `saved_search.create`.
#[utoipa::path(
    post,
    path = "/saved-searches",
    operation_id = "create_saved_search",
    tag = "saved-searches",
    request_body = CreateSavedSearch,
    responses((status = 201, description = "The saved search.", body = SavedSearchBody)),
    extensions(("x-problems" = json!([
        Code::SavedSearchExists, Code::TooManySavedSearches, Code::InvalidRequest, Code::RevisionConflict, Code::Overloaded,
        Code::InsufficientStorage,
    ])))
)]
pub(super) async fn create(
    State(app): State<App>,
    Authorized(caller): Authorized<EventsRead>,
    OriginOf(origin): OriginOf,
    _: NoQuery,
    body: JsonObject,
) -> Result<(StatusCode, Tagged<SavedSearchBody>), Problem> {
    let new = read(body.members(), app.services().clock.now())?;
    let search = create_saved_search(&app.changes().by(&caller, &origin), new).await?;
    Ok((StatusCode::CREATED, Tagged::new(search.revision, SavedSearchBody::of(search))))
}

fn read(mut members: Members, now: Timestamp) -> Result<NewSavedSearch, Problem> {
    let name = members.required("name", fields::name);
    let query = members.required("query", fields::query);
    fields::check_query(&mut members, query.as_deref(), now);
    let description = members.optional("description", description);
    let visibility = members.optional("visibility", visibility).unwrap_or(SearchVisibility::Private);
    let new = name.zip(query).map(|(name, query)| NewSavedSearch { name, query, description, visibility });
    members.finish(new)
}
