//! `GET /tenants/{id}`

use axum::{Json, extract::State};

use crate::{
    api::v1::tenants::representation::{TenantBody, id_in_path},
    app::App,
    auth::{Authorized, TenantsManage},
    problem::{Problem, ProblemBody},
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
    responses(
        (status = 200, description = "The tenant.", body = TenantBody),
        (status = 404, description = "`tenant_not_found`", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(super) async fn get(
    State(app): State<App>,
    Authorized(_system): Authorized<TenantsManage>,
    PathSegment(id): PathSegment,
    _: NoQuery,
) -> Result<Json<TenantBody>, Problem> {
    Ok(Json(find_tenant(app.services(), &id_in_path(&id)?)?.into()))
}
