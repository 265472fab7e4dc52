//! Owns how a saved search looks in answers, and how its members are read from requests.

use auditlog_core::{
    query::parse_search,
    store::{SavedSearch, SearchVisibility},
    timestamp::Timestamp,
};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::{api::v1::fields, body::Members};

/// The longest description, in bytes.
const DESCRIPTION_BYTES_MAX: usize = 1_024;

/// A search of the search box under a name.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SavedSearch)]
pub(super) struct SavedSearchBody {
    /// A UUID of version 7, given by the server.
    #[schema(example = "0199a6f2-7c00-7abc-8def-0123456789ab")]
    id: String,
    /// A name for people.
    #[schema(example = "denied last week")]
    name: String,
    /// What a search box would hold: give it to `GET /events` as `q`. Relative times count back from each use.
    #[schema(example = "outcome:denied since:7d")]
    query: String,
    /// What it is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    description: Option<String>,
    /// Who sees it.
    #[schema(value_type = SavedSearchVisibility)]
    visibility: &'static str,
    /// Whose it is.
    owner: SavedSearchOwner,
    /// When it was created.
    #[schema(format = DateTime)]
    created_at: String,
    /// When it was last changed.
    #[schema(format = DateTime)]
    updated_at: String,
}

/// Whose a saved search is, as the log names an actor.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct SavedSearchOwner {
    /// `api_key`.
    #[schema(example = "api_key", value_type = String)]
    r#type: &'static str,
    /// The public part of the key that created it.
    #[schema(example = "k3v9x0q2m7ab4c1d")]
    id: String,
}

/// Who sees a saved search.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
#[expect(dead_code, reason = "it describes the spelling in the OpenAPI document")]
pub(super) enum SavedSearchVisibility {
    /// The key that created it, and nobody else.
    Private,
    /// Every key of the tenant that may find events.
    Shared,
}

impl SavedSearchBody {
    pub(super) fn of(search: SavedSearch) -> Self {
        Self {
            id: search.id.to_string(),
            name: search.name,
            query: search.query,
            description: search.description,
            visibility: search.visibility.as_str(),
            owner: SavedSearchOwner { r#type: "api_key", id: search.owner.to_string() },
            created_at: search.created_at.to_string(),
            updated_at: search.updated_at.to_string(),
        }
    }
}

pub(super) fn description(value: &Value) -> Result<String, String> {
    let text = fields::text(value)?.trim();
    let is_odd = |character: char| character.is_control() && character != '\n';
    if text.is_empty() || text.len() > DESCRIPTION_BYTES_MAX || text.chars().any(is_odd) {
        return Err(format!("1 to {DESCRIPTION_BYTES_MAX} bytes without control characters but line ends are wanted"));
    }
    Ok(text.to_owned())
}

pub(super) fn visibility(value: &Value) -> Result<SearchVisibility, String> {
    SearchVisibility::parse(fields::text(value)?).ok_or_else(|| "private or shared is wanted".to_owned())
}

/// A query that is not empty, and holds nothing that the event which records it could not.
pub(super) fn query(value: &Value) -> Result<String, String> {
    let text = fields::text(value)?;
    if text.chars().any(|character| character.is_control() && !character.is_whitespace()) {
        return Err("a text without control characters is wanted".to_owned());
    }
    if text.trim().is_empty() {
        return Err("the text of a search is wanted: outcome:denied since:7d".to_owned());
    }
    Ok(text.to_owned())
}

/// Refuses a query that could not be used, with the place of the mistake.
pub(super) fn check_query(members: &mut Members, query: Option<&str>, now: Timestamp) {
    let Some(Err(error)) = query.map(|query| parse_search(query, now)) else { return };
    members.refuse_part("query", error.start..error.end, error.code, error.message);
}
