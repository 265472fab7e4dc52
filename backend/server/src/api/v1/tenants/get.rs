//! `GET /tenants/{id}`

use axum::extract::State;

use crate::{
    answer::Tagged,
    api::v1::tenants::representation::{TenantBody, id_in_path},
    app::App,
    auth::{Authorized, TenantsManage},
    problem::{Code, Problem},
    request::{NoQuery, PathSegment},
    use_cases::find_tenant,
};

/// Get a tenant
#[utoipa::path(
    get,
    path = "/tenants/{id}",
    operation_id = "get_tenant",
    tag = "tenants",
    params(("id" = String, Path, description = "The tenant's id.")),
    responses((status = 200, description = "The tenant.", body = TenantBody)),
    extensions(("x-problems" = json!([Code::TenantNotFound])))
)]
pub(super) async fn get(
    State(app): State<App>,
    Authorized(_caller): Authorized<TenantsManage>,
    PathSegment(id): PathSegment,
    _: NoQuery,
) -> Result<Tagged<TenantBody>, Problem> {
    let tenant = find_tenant(app.services().control.as_ref(), &id_in_path(&id)?).await?;
    Ok(Tagged::new(tenant.revision, tenant.into()))
}
