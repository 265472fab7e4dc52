//! `POST /log/verify`

use auditlog_core::policy::Scope;
use axum::{Extension, Json, extract::State};

use crate::{
    app::App,
    auth::{Authorized, LogVerify, Standing, VerifyGrant},
    problem::{Problem, ProblemBody},
    request::{NoQuery, PeerAddress},
    verification::VerificationReport,
};

/// Verify stored logs
///
/// Reads stored events back, recomputes their leaves and the tree, and compares them with what was acknowledged: each
/// event is intact, damaged or unreadable. A tenant's key verifies its tenant's log, the system key every log and what
/// belongs to no tenant: files, the ledger, control data and indexes. One verification of a tenant runs at a time, and
/// tenants take turns: the answer comes when it was the caller's turn and the log was read.
#[utoipa::path(
    post,
    path = "/log/verify",
    operation_id = "verify_log",
    tag = "log",
    responses(
        (status = 200, description = "What was found, also where that is damage.", body = VerificationReport),
        (status = 429, description = "`too_many_queries`: a verification or reindexing of the caller's scope runs or waits already, or the turn did not come in time.", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(super) async fn verify(
    State(app): State<App>,
    Authorized(grant): Authorized<LogVerify>,
    _: NoQuery,
    peer: Option<Extension<PeerAddress>>,
) -> Result<Json<VerificationReport>, Problem> {
    let (key_id, scope) = match grant {
        VerifyGrant::Tenant(tenant) => (tenant.key_id, Scope::Tenant(tenant.tenant_id)),
        VerifyGrant::System(system) => (system.key_id, Scope::System),
    };
    let peer = peer.map(|Extension(PeerAddress(address))| address.ip());
    let standing = Standing::of_caller(&app, &key_id, peer)?;
    let permit = app.whole_store_slots().take_for(&scope).await?;
    // The turn may have come long after the request.
    standing.check()?;
    let tenant_id = match scope {
        Scope::Tenant(tenant_id) => Some(tenant_id),
        Scope::System => None,
    };
    let verification = tokio::select! {
        biased;
        problem = standing.lost() => return Err(problem),
        verification = app.services().verify.verify(tenant_id, permit.budget()) => verification?,
    };
    Ok(Json(VerificationReport::of(verification, app.services().clock.now())))
}
