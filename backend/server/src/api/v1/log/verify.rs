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
/// Reads stored events back, recomputes their leaf hashes and the Merkle tree, and compares them with what was
/// acknowledged: each event is intact, damaged or unreadable. A tenant's key verifies its tenant's log. The system key
/// verifies every log and everything that belongs to no tenant: files, the ledger, control data and indexes.
/// Verifications of tenants run one at a time and tenants take turns: the answer arrives once the caller's turn has
/// come and the log has been read.
#[utoipa::path(
    post,
    path = "/log/verify",
    operation_id = "verify_log",
    tag = "log",
    responses(
        (status = 200, description = "The result, also if damage was found.", body = VerificationReport),
        (status = 429, description = "`too_many_queries`: a verification or reindexing of the caller's scope is already running or waiting, or the caller's turn did not come in time.", body = ProblemBody, content_type = "application/problem+json"),
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
    // The request may have waited long for its turn.
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
