//! `GET /exports`

use auditlog_core::{
    policy::Scope,
    store::{Export, ExportId},
    timestamp::Timestamp,
};
use axum::{Json, extract::State};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    api::v1::{
        exports::representation::ExportBody,
        listing::{Listing, Part},
    },
    app::App,
    auth::{Authorized, EventsRead},
    problem::{Code, Problem},
    request::QueryPairs,
    use_cases::list_exports,
};

/// A page of the exports that the caller can see.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ExportList {
    /// Exports, the newest first.
    exports: Vec<ExportBody>,
    /// The cursor of the next page; `null` on the last page.
    #[schema(required = true)]
    next_cursor: Option<String>,
}

/// List exports
///
/// Returns the exports of the caller's key, or those of the whole tenant for holders of `api_keys.manage`. The newest
/// first, one page at a time.
#[utoipa::path(
    get,
    path = "/exports",
    operation_id = "list_exports",
    tag = "exports",
    params(
        ("limit" = Option<u16>, Query, minimum = 1, maximum = 1_000, description = "Maximum number of entries; 100 by default."),
        ("cursor" = Option<String>, Query, description = "`next_cursor` of the previous page."),
    ),
    responses((status = 200, description = "A page of the exports that the caller can see.", body = ExportList)),
    extensions(("x-problems" = json!([Code::AnswerTooLarge, Code::TooManyAnswers])))
)]
pub(super) async fn list(
    State(app): State<App>,
    Authorized(caller): Authorized<EventsRead>,
    QueryPairs(pairs): QueryPairs,
) -> Result<Json<ExportList>, Problem> {
    let listing = Listing::read(&app, &Scope::Tenant(caller.tenant_id().clone()), "exports", pairs)?;
    let after = listing.after(read_place)?;
    let mut exports = list_exports(app.services().control.as_ref(), app.export_jobs(), &caller).await?;
    if let Some(place) = after {
        exports.retain(|export| (export.created_at, export.id) < place);
    }
    let place = |export: &Export| format!("{} {}", export.created_at.as_micros(), export.id);
    let Part { entries, next_cursor } = listing.part(exports, place);
    Ok(Json(ExportList {
        exports: entries.into_iter().map(|export| ExportBody::of(app.export_jobs(), export)).collect(),
        next_cursor,
    }))
}

fn read_place(place: &str) -> Option<(Timestamp, ExportId)> {
    let (micros, id) = place.split_once(' ')?;
    Some((Timestamp::from_micros(micros.parse().ok()?), ExportId::parse(id)?))
}
