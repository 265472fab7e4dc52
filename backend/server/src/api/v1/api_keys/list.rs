//! `GET /api-keys`

use auditlog_core::{
    id::ApiKeyId,
    store::{ApiKey, ApiKeyPosition},
    timestamp::Timestamp,
};
use axum::{Json, extract::State};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    api::v1::{
        api_keys::representation::ApiKeyBody,
        listing::{Listing, Part},
    },
    app::App,
    auth::{ApiKeysManage, Authorized},
    problem::{Code, Problem},
    request::QueryPairs,
};

/// A page of the keys of the caller's scope.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ApiKeyList {
    /// Keys ordered by creation time, including revoked and expired ones.
    api_keys: Vec<ApiKeyBody>,
    /// The cursor of the next page; `null` on the last page.
    #[schema(required = true)]
    next_cursor: Option<String>,
}

/// List API keys
///
/// Returns the API keys of the caller's tenant. If the caller authenticates with a system key, returns the system keys
/// instead. Ordered by creation time, one page at a time.
#[utoipa::path(
    get,
    path = "/api-keys",
    operation_id = "list_api_keys",
    tag = "api-keys",
    params(
        ("limit" = Option<u16>, Query, minimum = 1, maximum = 1_000, description = "Maximum number of entries; 100 by default."),
        ("cursor" = Option<String>, Query, description = "`next_cursor` of the previous page."),
    ),
    responses((status = 200, description = "A page of the keys of the caller's scope.", body = ApiKeyList)),
    extensions(("x-problems" = json!([Code::TooManyAnswers])))
)]
pub(super) async fn list(
    State(app): State<App>,
    Authorized(caller): Authorized<ApiKeysManage>,
    QueryPairs(pairs): QueryPairs,
) -> Result<Json<ApiKeyList>, Problem> {
    let now = app.services().clock.now();
    let listing = Listing::read(&app, &caller.scope, "api_keys", pairs)?;
    let after = listing.after(read_place)?;
    let keys = app.services().control.list_api_keys(caller.scope, after, listing.looked_up()).await?;
    let Part { entries, next_cursor } = listing.part(keys, print_place);
    let api_keys = entries.into_iter().map(|key| ApiKeyBody::of(key, now)).collect();
    Ok(Json(ApiKeyList { api_keys, next_cursor }))
}

fn print_place(key: &ApiKey) -> String {
    format!("{} {}", key.created_at.as_micros(), key.id)
}

fn read_place(place: &str) -> Option<ApiKeyPosition> {
    let (micros, id) = place.split_once(' ')?;
    Some(ApiKeyPosition { created_at: Timestamp::from_micros(micros.parse().ok()?), id: ApiKeyId::parse(id)? })
}
