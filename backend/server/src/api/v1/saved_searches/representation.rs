//! Owns how a saved search is represented in responses, and how its members are parsed from requests.

use auditlog_core::store::{SavedSearch, SearchVisibility};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::api::v1::{fields, owner::Owner};

/// The maximum length of a description, in bytes.
const DESCRIPTION_BYTES_MAX: usize = 1_024;

/// A query in the search language, saved under a name.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SavedSearch)]
pub(super) struct SavedSearchBody {
    /// A UUID of version 7, assigned by the server.
    #[schema(example = "0199a6f2-7c00-7abc-8def-0123456789ab")]
    id: String,
    /// A human-readable name.
    #[schema(example = "denied last week")]
    name: String,
    /// The query in the search language: pass it to `GET /events` as `q`. Relative times are resolved at each use.
    #[schema(example = "outcome:denied since:7d")]
    query: String,
    /// What the search is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    description: Option<String>,
    /// Who can see the search.
    #[schema(value_type = SavedSearchVisibility)]
    visibility: &'static str,
    /// The key that owns the search.
    owner: Owner,
    /// When it was created.
    #[schema(format = DateTime)]
    created_at: String,
    /// When it was last changed.
    #[schema(format = DateTime)]
    updated_at: String,
}

/// Who can see a saved search.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
#[expect(dead_code, reason = "it describes the spelling in the OpenAPI document")]
pub(super) enum SavedSearchVisibility {
    /// Only the key that created it.
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
            owner: Owner::of(&search.owner),
            created_at: search.created_at.to_string(),
            updated_at: search.updated_at.to_string(),
        }
    }
}

pub(super) fn description(value: &Value) -> Result<String, String> {
    let text = fields::text(value)?.trim();
    let is_odd = |character: char| character.is_control() && character != '\n';
    if text.is_empty() || text.len() > DESCRIPTION_BYTES_MAX || text.chars().any(is_odd) {
        return Err(format!(
            "1 to {DESCRIPTION_BYTES_MAX} bytes without control characters other than line ends are expected"
        ));
    }
    Ok(text.to_owned())
}

pub(super) fn visibility(value: &Value) -> Result<SearchVisibility, String> {
    SearchVisibility::parse(fields::text(value)?).ok_or_else(|| "expected private or shared".to_owned())
}
