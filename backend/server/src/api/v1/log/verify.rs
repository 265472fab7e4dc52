//! `POST /log/verify`

use auditlog_core::store::{Finding, LogVerification};
use axum::{Json, extract::State};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    api::v1::hexadecimal::hexadecimal,
    app::App,
    auth::{Authorized, LogVerify, VerifyGrant},
    problem::{Problem, ProblemBody},
    request::NoQuery,
};

/// What verification found.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct VerificationReport {
    /// Whether every stored byte is as it was acknowledged.
    intact: bool,
    /// When the report was made.
    #[schema(format = DateTime)]
    verified_at: String,
    /// Each log that was read, by tenant.
    logs: Vec<LogReport>,
}

/// What verification found in one log.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct LogReport {
    /// Whose log it is.
    #[schema(example = "acme")]
    tenant_id: String,
    /// How many events it holds.
    #[schema(example = "128")]
    size: String,
    /// The root of its tree, recomputed from the stored events: RFC 6962, in hexadecimal.
    root: String,
    /// What is wrong with it.
    findings: Vec<FindingBody>,
}

/// One thing that is wrong with a log.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct FindingBody {
    /// The event it concerns, where it concerns one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    sequence: Option<String>,
    /// What is wrong.
    detail: String,
}

/// Verify stored logs
///
/// Reads stored events back, recomputes their leaves and the tree, and compares them with what was acknowledged. A
/// tenant's key verifies its tenant's log, the system key every log. One verification or reindexing runs at a time.
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
    let logs = app.services().verify.verify(tenant_id, permit.budget()).await?;
    Ok(Json(VerificationReport {
        intact: logs.iter().all(|log| log.findings.is_empty()),
        verified_at: app.services().clock.now().to_string(),
        logs: logs.into_iter().map(LogReport::from).collect(),
    }))
}

impl From<LogVerification> for LogReport {
    fn from(log: LogVerification) -> Self {
        Self {
            tenant_id: log.tenant_id.to_string(),
            size: log.size.to_string(),
            root: hexadecimal(&log.root),
            findings: log.findings.into_iter().map(FindingBody::from).collect(),
        }
    }
}

impl From<Finding> for FindingBody {
    fn from(finding: Finding) -> Self {
        Self { sequence: finding.sequence.map(|sequence| sequence.to_string()), detail: finding.detail }
    }
}
