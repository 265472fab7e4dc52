//! `POST /log/verify`

use axum::{Json, extract::State};

use crate::{
    app::App,
    auth::{Authorized, LogVerify, VerifyGrant},
    problem::{Problem, ProblemBody},
    request::NoQuery,
    verification::VerificationReport,
};

/// Verify stored logs
///
/// Reads stored events back, recomputes their leaves and the tree, and compares them with what was acknowledged: each
/// event is intact, damaged or unreadable. A tenant's key verifies its tenant's log, the system key every log and what
/// belongs to no tenant: files, the ledger, control data and indexes. One verification or reindexing runs at a time.
#[utoipa::path(
    post,
    path = "/log/verify",
    operation_id = "verify_log",
    tag = "log",
    responses(
        (status = 200, description = "What was found, also where that is damage.", body = VerificationReport),
        (status = 429, description = "`too_many_queries`: another verification or a reindexing runs.", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(super) async fn verify(
    State(app): State<App>,
    Authorized(grant): Authorized<LogVerify>,
    _: NoQuery,
) -> Result<Json<VerificationReport>, Problem> {
    let tenant_id = match grant {
        VerifyGrant::Tenant(tenant) => Some(tenant.tenant_id),
        VerifyGrant::System(_) => None,
    };
    let permit = app.whole_store_slots().take()?;
    let verification = app.services().verify.verify(tenant_id, permit.budget()).await?;
    Ok(Json(VerificationReport::of(verification, app.services().clock.now())))
}
