//! `POST /tenants`

use axum::{extract::State, http::StatusCode};
use utoipa::ToSchema;

use crate::{
    answer::Tagged,
    api::v1::{fields, tenants::representation::TenantBody},
    app::App,
    auth::{Authorized, TenantsManage},
    body::JsonObject,
    problem::{Code, Problem},
    request::{NoQuery, OriginOf},
    use_cases::{NewTenant, create_tenant},
};

/// A tenant to be created.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it describes the body in the OpenAPI document; members are read one by one")]
pub(super) struct CreateTenant {
    /// The tenant's permanent id.
    #[schema(example = "acme", pattern = "^[a-z0-9][a-z0-9._-]{0,127}$")]
    id: String,
    /// A human-readable name.
    #[schema(example = "Acme Inc.", min_length = 1, max_length = 256)]
    name: String,
}

/// Create a tenant
///
/// The tenant has no keys at first: create its first key with `POST /api-keys`. Recorded in the log as `tenant.create`
/// in the tenant's own log.
#[utoipa::path(
    post,
    path = "/tenants",
    operation_id = "create_tenant",
    tag = "tenants",
    request_body = CreateTenant,
    responses((status = 201, description = "The tenant.", body = TenantBody)),
    extensions(("x-problems" = json!([
        Code::TenantExists, Code::InvalidRequest, Code::RevisionConflict, Code::Overloaded, Code::InsufficientStorage,
    ])))
)]
pub(super) async fn create(
    State(app): State<App>,
    Authorized(caller): Authorized<TenantsManage>,
    OriginOf(origin): OriginOf,
    _: NoQuery,
    body: JsonObject,
) -> Result<(StatusCode, Tagged<TenantBody>), Problem> {
    let mut members = body.members();
    let id = members.required("id", fields::tenant_id);
    let name = members.required("name", fields::name);
    let new = members.finish(id.zip(name).map(|(id, name)| NewTenant { id, name }))?;
    let tenant = create_tenant(&app.changes().by(&caller, &origin), new).await?;
    Ok((StatusCode::CREATED, Tagged::new(tenant.revision, tenant.into())))
}
