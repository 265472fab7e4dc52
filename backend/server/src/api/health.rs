//! Owns the health probes for orchestrators and load balancers.

use auditlog_core::store::Health;
use axum::{Json, extract::State};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    app::App,
    problem::{Code, Problem},
};

/// The answer of a successful health probe.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct HealthBody {
    /// Always `ok`; any other state is reported as a problem.
    #[schema(example = "ok")]
    status: &'static str,
}

/// Check that the process is alive
///
/// Answers as long as the process can answer requests. Restart the process when the probe fails.
#[utoipa::path(
    get,
    path = "/health/live",
    operation_id = "get_liveness",
    tag = "operations",
    security(()),
    responses((status = 200, description = "The process runs.", body = HealthBody))
)]
pub(super) async fn live() -> Json<HealthBody> {
    Json(HealthBody { status: "ok" })
}

/// Check that the store is ready
///
/// Route no traffic to the server while the probe fails. If it fails because there is too little free disk space to
/// accept new events, the response has the code `disk_full`. Any other cause is written only to the server's diagnostic
/// log.
#[utoipa::path(
    get,
    path = "/health/ready",
    operation_id = "get_readiness",
    tag = "operations",
    security(()),
    responses((status = 200, description = "The store serves reads and writes.", body = HealthBody)),
    extensions(("x-problems" = json!([Code::StoreUnavailable, Code::DiskFull])))
)]
pub(super) async fn ready(State(app): State<App>) -> Result<Json<HealthBody>, Problem> {
    match app.services().events.health() {
        Health::Ready => Ok(Json(HealthBody { status: "ok" })),
        Health::DiskFull { free_bytes, min_free_bytes } => {
            tracing::warn!(free_bytes, min_free_bytes, "the store is not ready: the disk is nearly full");
            let detail = "events are refused until more disk space is free; reads still work, and so do operations that \
                          protect data or free space";
            Err(Problem::new(Code::DiskFull, detail))
        }
        Health::Degraded(reason) => {
            tracing::warn!(reason, "the store is not ready");
            Err(Problem::new(Code::StoreUnavailable, "the store is not ready; see the server's log"))
        }
    }
}
