//! `PATCH /tenants/{id}`

use axum::extract::State;
use utoipa::ToSchema;

use crate::{
    answer::Tagged,
    api::v1::{
        fields,
        tenants::representation::{TenantBody, TenantStatus, id_in_path},
    },
    app::App,
    auth::{Authorized, TenantsManage},
    body::JsonObject,
    problem::{Code, Problem},
    request::{IfMatch, NoQuery, OriginOf, PathSegment},
    use_cases::{TenantUpdate, update_tenant},
};

/// Changes to a tenant. Members that are left out stay unchanged.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it describes the body in the OpenAPI document; members are read one by one")]
pub(super) struct UpdateTenant {
    /// The new name.
    #[schema(min_length = 1, max_length = 256, nullable = false)]
    name: Option<String>,
    /// Whether the tenant's keys are accepted from now on.
    #[schema(nullable = false)]
    status: Option<TenantStatus>,
}

/// Rename, suspend or resume a tenant
///
/// The keys of a suspended tenant are refused with 403 `tenant_suspended`; no data is deleted. Recorded in the log as
/// `tenant.update`, `tenant.suspend` or `tenant.resume` in the tenant's own log.
#[utoipa::path(
    patch,
    path = "/tenants/{id}",
    operation_id = "update_tenant",
    tag = "tenants",
    params(("id" = String, Path, description = "The tenant's id.")),
    request_body = UpdateTenant,
    responses((status = 200, description = "The tenant after the change.", body = TenantBody)),
    extensions(("x-problems" = json!([
        Code::TenantNotFound, Code::InvalidRequest, Code::Overloaded, Code::InsufficientStorage,
    ])))
)]
pub(super) async fn update(
    State(app): State<App>,
    Authorized(caller): Authorized<TenantsManage>,
    OriginOf(origin): OriginOf,
    IfMatch(expected): IfMatch,
    PathSegment(id): PathSegment,
    _: NoQuery,
    body: JsonObject,
) -> Result<Tagged<TenantBody>, Problem> {
    let id = id_in_path(&id)?;
    let mut members = body.members();
    let name = members.optional("name", fields::name);
    let status = members.optional("status", fields::tenant_status);
    let update = members.finish(Some(TenantUpdate { name, status }))?;
    let tenant = update_tenant(&app.changes().by(&caller, &origin), &id, update, &expected).await?;
    Ok(Tagged::new(tenant.revision, tenant.into()))
}
