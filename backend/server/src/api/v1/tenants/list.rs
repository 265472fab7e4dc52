//! `GET /tenants`

use auditlog_core::{id::TenantId, policy::Scope};
use axum::{Json, extract::State};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    api::v1::{
        listing::{Listing, Part},
        tenants::representation::TenantBody,
    },
    app::App,
    auth::{Authorized, TenantsManage},
    problem::{Code, Problem},
    request::QueryPairs,
};

/// A page of tenants.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct TenantList {
    /// Tenants, ordered by id.
    tenants: Vec<TenantBody>,
    /// The cursor of the next page; `null` on the last page.
    #[schema(required = true)]
    next_cursor: Option<String>,
}

/// List tenants
///
/// Returns tenants ordered by id, one page at a time.
#[utoipa::path(
    get,
    path = "/tenants",
    operation_id = "list_tenants",
    tag = "tenants",
    params(
        ("limit" = Option<u16>, Query, minimum = 1, maximum = 1_000, description = "Maximum number of entries; 100 by default."),
        ("cursor" = Option<String>, Query, description = "`next_cursor` of the previous page."),
    ),
    responses((status = 200, description = "A page of tenants.", body = TenantList)),
    extensions(("x-problems" = json!([Code::TooManyAnswers])))
)]
pub(super) async fn list(
    State(app): State<App>,
    Authorized(_caller): Authorized<TenantsManage>,
    QueryPairs(pairs): QueryPairs,
) -> Result<Json<TenantList>, Problem> {
    let listing = Listing::read(&app, &Scope::System, "tenants", pairs)?;
    let after = listing.after(TenantId::parse)?;
    let tenants = app.services().control.list_tenants(after, listing.looked_up()).await?;
    let Part { entries, next_cursor } = listing.part(tenants, |tenant| tenant.id.to_string());
    Ok(Json(TenantList { tenants: entries.into_iter().map(TenantBody::from).collect(), next_cursor }))
}
