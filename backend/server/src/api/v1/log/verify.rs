//! `POST /log/verify`

use auditlog_core::policy::Scope;
use axum::{Extension, Json, extract::State};

use crate::{
    app::App,
    auth::{Authorized, LogVerify},
    problem::{Code, Problem},
    request::{NoQuery, PeerAddress},
    standing::Standing,
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
    responses((status = 200, description = "The result, also if damage was found.", body = VerificationReport)),
    extensions(("x-problems" = json!([
        Code::AnswerTooLarge, Code::TooManyQueries, Code::TooManyAnswers, Code::DataDamaged, Code::QueryTimeout,
    ])))
)]
pub(super) async fn verify(
    State(app): State<App>,
    Authorized(caller): Authorized<LogVerify>,
    _: NoQuery,
    peer: Option<Extension<PeerAddress>>,
) -> Result<Json<VerificationReport>, Problem> {
    let peer = peer.map(|Extension(PeerAddress(address))| address.ip());
    let standing = Standing::of_caller(app.checks(), &caller.subject, peer);
    let permit = app.whole_store_slots().take_for(&caller.scope).await?;
    // The request may have waited long for its turn.
    standing.check()?;
    let tenant_id = match caller.scope {
        Scope::Tenant(tenant_id) => Some(tenant_id),
        Scope::System => None,
    };
    let verification = tokio::select! {
        biased;
        reason = standing.lost() => return Err(reason.into()),
        verification = app.services().verify.verify(tenant_id, permit.budget()) => verification?,
    };
    Ok(Json(VerificationReport::of(verification, app.services().clock.now())))
}
