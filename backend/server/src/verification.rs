//! Owns the JSON form of a verification report: the answer of `POST /log/verify`, and the command line's report on a
//! data directory.

use auditlog_core::{
    store::{Finding, Findings, LogVerification, SequenceSpan, Sequences, Verification},
    timestamp::Timestamp,
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The result of a verification.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct VerificationReport {
    /// Whether no damage was found in what was read: the tenant's log or, with the system key, the whole store.
    pub intact: bool,
    /// When the verification ended.
    #[schema(format = DateTime)]
    pub verified_at: String,
    /// The result for each log that was read, by tenant.
    pub logs: Vec<LogReport>,
    /// Findings in data that belongs to no tenant: files, the ledger, control data, indexes. Only reported to the
    /// system key.
    pub findings: Vec<FindingBody>,
    /// Number of findings beyond the 1,000 that are listed.
    #[serde(default, skip_serializing_if = "is_zero")]
    #[schema(nullable = false)]
    pub findings_omitted: u64,
}

/// The verification result for one log. Every event of the log is counted as intact, damaged or unreadable.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct LogReport {
    /// The tenant whose log it is.
    #[schema(example = "acme")]
    pub tenant_id: String,
    /// Number of acknowledged events, as far as it can be determined.
    #[schema(example = "128")]
    pub size: String,
    /// The root hash of the log's Merkle tree, recomputed from the stored events: RFC 6962, in base64. `null` if an
    /// event could not be read.
    #[schema(example = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=")]
    pub root_hash: Option<String>,
    /// Events that were read and match everything recorded about them.
    pub intact: SequencesBody,
    /// Events that were read but differ from those that were acknowledged.
    pub damaged: SequencesBody,
    /// Acknowledged events that could not be read.
    pub unreadable: SequencesBody,
    /// Findings in this log.
    pub findings: Vec<FindingBody>,
    /// Number of findings beyond the 1,000 that are listed.
    #[serde(default, skip_serializing_if = "is_zero")]
    #[schema(nullable = false)]
    pub findings_omitted: u64,
}

/// A set of events of a log.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct SequencesBody {
    /// Number of events.
    #[schema(example = "128")]
    pub count: String,
    /// The ranges of the events, in order.
    pub ranges: Vec<RangeBody>,
    /// Number of ranges beyond the 1,000 that are listed.
    #[serde(default, skip_serializing_if = "is_zero")]
    #[schema(nullable = false)]
    pub ranges_omitted: u64,
}

/// A range of consecutive events.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RangeBody {
    /// The first sequence.
    #[schema(example = "0")]
    pub first: String,
    /// The last sequence, inclusive.
    #[schema(example = "127")]
    pub last: String,
}

/// A single finding.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct FindingBody {
    /// What the finding concerns: `events`, `index` (an index file; no event is lost), `ledger`, `control` (tenants,
    /// API keys, saved searches and exports) or `file` (another file, such as one that is missing, is damaged or does
    /// not belong to the store).
    #[schema(example = "events")]
    pub part: String,
    /// The affected events, if the finding concerns some events of a log.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub sequences: Option<RangeBody>,
    /// The file that contains the finding.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub file: Option<String>,
    /// Offset in the file, in bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "4096")]
    pub offset: Option<String>,
    /// A description of the finding.
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
            root_hash: log.root.map(|root| STANDARD.encode(root)),
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

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes references")]
const fn is_zero(count: &u64) -> bool {
    *count == 0
}
