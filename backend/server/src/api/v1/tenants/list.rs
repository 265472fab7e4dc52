//! `GET /tenants`

use axum::{Json, extract::State};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    api::v1::tenants::representation::TenantBody,
    app::App,
    auth::{Authorized, TenantsManage},
    problem::Problem,
    request::NoQuery,
};

/// Every tenant.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct TenantList {
    /// By id.
    tenants: Vec<TenantBody>,
}

/// List tenants
#[utoipa::path(
    get,
    path = "/tenants",
    operation_id = "list_tenants",
    tag = "tenants",
    responses((status = 200, description = "Every tenant.", body = TenantList))
)]
pub(super) async fn list(
    State(app): State<App>,
    Authorized(_system): Authorized<TenantsManage>,
    _: NoQuery,
) -> Result<Json<TenantList>, Problem> {
    let tenants = app.services().control.list_tenants()?;
    Ok(Json(TenantList { tenants: tenants.into_iter().map(TenantBody::from).collect() }))
}
