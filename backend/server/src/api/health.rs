//! Owns the probes of orchestrators and load balancers.

use auditlog_core::store::Health;
use axum::{Json, extract::State};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    app::App,
    problem::{Code, Problem, ProblemBody},
};

/// That the server serves.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct HealthBody {
    /// Always `ok`; anything else is a problem.
    #[schema(example = "ok")]
    status: &'static str,
}

/// Whether the process runs
///
/// Answers as long as the process can answer at all. Restart it when it does not.
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

/// Whether the store serves
///
/// Send no traffic while it does not. `disk_full` says that events are refused for want of disk; whatever else is wrong
/// stands in the server's log and not in the answer.
#[utoipa::path(
    get,
    path = "/health/ready",
    operation_id = "get_readiness",
    tag = "operations",
    security(()),
    responses(
        (status = 200, description = "Reads and writes go on.", body = HealthBody),
        (status = 503, description = "They do not: `disk_full`, `store_unavailable`.", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(super) async fn ready(State(app): State<App>) -> Result<Json<HealthBody>, Problem> {
    match app.services().events.health() {
        Health::Ready => Ok(Json(HealthBody { status: "ok" })),
        Health::DiskFull { free_bytes, min_free_bytes } => {
            tracing::warn!(free_bytes, min_free_bytes, "the store is not ready: the disk is nearly full");
            let detail = "events are refused until there is more free disk; reads go on, and so does what protects or \
                          frees space";
            Err(Problem::new(Code::DiskFull, detail))
        }
        Health::Degraded(reason) => {
            tracing::warn!(reason, "the store is not ready");
            Err(Problem::new(Code::StoreUnavailable, "the store is not ready; see the server's log"))
        }
    }
}
