//! `GET /saved-searches`

use auditlog_core::{policy::Scope, store::SavedSearchId};
use axum::{Json, extract::State};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    api::v1::{
        listing::{Listing, Part},
        saved_searches::representation::SavedSearchBody,
    },
    app::App,
    auth::{Authorized, EventsRead},
    problem::{Code, Problem},
    request::QueryPairs,
    use_cases::list_saved_searches,
};

/// A page of the saved searches that the caller can see.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct SavedSearchList {
    /// Saved searches, ordered by name.
    saved_searches: Vec<SavedSearchBody>,
    /// The cursor of the next page; `null` on the last page.
    #[schema(required = true)]
    next_cursor: Option<String>,
}

/// List saved searches
///
/// Returns the saved searches of the caller's key and those shared in the tenant. Ordered by name, one page at a time.
#[utoipa::path(
    get,
    path = "/saved-searches",
    operation_id = "list_saved_searches",
    tag = "saved-searches",
    params(
        ("limit" = Option<u16>, Query, minimum = 1, maximum = 1_000, description = "Maximum number of entries; 100 by default."),
        ("cursor" = Option<String>, Query, description = "`next_cursor` of the previous page."),
    ),
    responses((status = 200, description = "A page of the saved searches that the caller can see.", body = SavedSearchList)),
    extensions(("x-problems" = json!([Code::AnswerTooLarge, Code::TooManyAnswers])))
)]
pub(super) async fn list(
    State(app): State<App>,
    Authorized(caller): Authorized<EventsRead>,
    QueryPairs(pairs): QueryPairs,
) -> Result<Json<SavedSearchList>, Problem> {
    let listing = Listing::read(&app, &Scope::Tenant(caller.tenant_id().clone()), "saved_searches", pairs)?;
    let after = listing.after(read_place)?;
    let mut searches = list_saved_searches(app.services().control.as_ref(), &caller).await?;
    if let Some((id, name)) = after {
        searches.retain(|search| (&search.name, search.id) > (&name, id));
    }
    let Part { entries, next_cursor } = listing.part(searches, |search| format!("{} {}", search.id, search.name));
    Ok(Json(SavedSearchList { saved_searches: entries.into_iter().map(SavedSearchBody::of).collect(), next_cursor }))
}

fn read_place(place: &str) -> Option<(SavedSearchId, String)> {
    let (id, name) = place.split_once(' ')?;
    Some((SavedSearchId::parse(id)?, name.to_owned()))
}
