//! Owns how a verification looks as JSON: in the answer of `POST /log/verify`, and where the command line writes the report
//! of a data directory.

use auditlog_core::{
    store::{Finding, Findings, LogVerification, SequenceSpan, Sequences, Verification},
    timestamp::Timestamp,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::api::v1::hexadecimal::hexadecimal;

/// What verification found.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct VerificationReport {
    /// Whether every stored byte is as it was acknowledged.
    pub intact: bool,
    /// When the report was made.
    #[schema(format = DateTime)]
    pub verified_at: String,
    /// Each log that was read, by tenant.
    pub logs: Vec<LogReport>,
    /// What is wrong with what belongs to no tenant: files, the ledger, control data, indexes. Only the system key is told.
    pub findings: Vec<FindingBody>,
    /// How many findings more there are than the thousand that are listed.
    #[serde(default, skip_serializing_if = "is_zero")]
    #[schema(nullable = false)]
    pub findings_omitted: u64,
}

/// What verification found in one log. Each of its events is intact, damaged or unreadable.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct LogReport {
    /// Whose log it is.
    #[schema(example = "acme")]
    pub tenant_id: String,
    /// How many events were acknowledged, as far as can be told.
    #[schema(example = "128")]
    pub size: String,
    /// The root of its tree, recomputed from the stored events: RFC 6962, in hexadecimal. `null` where one of them could
    /// not be read.
    pub root: Option<String>,
    /// Events that were read and that nothing contradicts.
    pub intact: SequencesBody,
    /// Events that were read and are not those that were acknowledged.
    pub damaged: SequencesBody,
    /// Acknowledged events that could not be read.
    pub unreadable: SequencesBody,
    /// What is wrong with it.
    pub findings: Vec<FindingBody>,
    /// How many findings more there are than the thousand that are listed.
    #[serde(default, skip_serializing_if = "is_zero")]
    #[schema(nullable = false)]
    pub findings_omitted: u64,
}

/// Some events of a log.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct SequencesBody {
    /// How many.
    #[schema(example = "128")]
    pub count: String,
    /// Where they are, in order.
    pub ranges: Vec<RangeBody>,
    /// How many ranges more there are than the thousand that are listed.
    #[serde(default, skip_serializing_if = "is_zero")]
    #[schema(nullable = false)]
    pub ranges_omitted: u64,
}

/// Events that follow each other.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RangeBody {
    /// The first sequence.
    #[schema(example = "0")]
    pub first: String,
    /// The last sequence.
    #[schema(example = "127")]
    pub last: String,
}

/// One thing that is wrong.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct FindingBody {
    /// What it concerns: `events`, `index` (no event is lost with it), `ledger`, `control` or `file`.
    #[schema(example = "events")]
    pub part: String,
    /// The events it concerns, where it concerns some of a log.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub sequences: Option<RangeBody>,
    /// The file it was found in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub file: Option<String>,
    /// Where in the file, in bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "4096")]
    pub offset: Option<String>,
    /// What is wrong.
    pub detail: String,
}

impl VerificationReport {
    /// The report of a verification that ended at `verified_at`.
    #[must_use]
    pub fn of(verification: Verification, verified_at: Timestamp) -> Self {
        let intact = verification.is_intact();
        let Verification { logs, findings } = verification;
        Self {
            intact,
            verified_at: verified_at.to_string(),
            logs: logs.into_iter().map(LogReport::from).collect(),
            findings_omitted: findings.omitted,
            findings: listed(findings),
        }
    }
}

impl From<LogVerification> for LogReport {
    fn from(log: LogVerification) -> Self {
        Self {
            tenant_id: log.tenant_id.to_string(),
            size: log.size.to_string(),
            root: log.root.map(|root| hexadecimal(&root)),
            intact: log.intact.into(),
            damaged: log.damaged.into(),
            unreadable: log.unreadable.into(),
            findings_omitted: log.findings.omitted,
            findings: listed(log.findings),
        }
    }
}

impl From<Sequences> for SequencesBody {
    fn from(Sequences { count, ranges, ranges_omitted }: Sequences) -> Self {
        Self { count: count.to_string(), ranges: ranges.into_iter().map(RangeBody::from).collect(), ranges_omitted }
    }
}

impl From<SequenceSpan> for RangeBody {
    fn from(SequenceSpan { first, last }: SequenceSpan) -> Self {
        Self { first: first.to_string(), last: last.to_string() }
    }
}

impl From<Finding> for FindingBody {
    fn from(Finding { part, sequences, file, offset, detail }: Finding) -> Self {
        Self {
            part: part.as_str().to_owned(),
            sequences: sequences.map(RangeBody::from),
            file,
            offset: offset.map(|offset| offset.to_string()),
            detail,
        }
    }
}

fn listed(findings: Findings) -> Vec<FindingBody> {
    findings.listed.into_iter().map(FindingBody::from).collect()
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands in references")]
const fn is_zero(count: &u64) -> bool {
    *count == 0
}
