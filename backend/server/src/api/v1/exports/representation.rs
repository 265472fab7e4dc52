//! Owns how an export is represented in responses.

use auditlog_core::store::{Export, ExportProgress, ExportStatus};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    api::v1::{exports::manifest::ExportManifest, owner::Owner},
    export::FileKind,
    jobs::ExportJobs,
    problem::Code,
};

/// A file of events, in progress or ended.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Export)]
pub(super) struct ExportBody {
    /// A UUID of version 7, assigned by the server.
    #[schema(example = "0199a6f2-7c00-7abc-8def-0123456789ab")]
    id: String,
    /// The export's state.
    #[schema(value_type = ExportState)]
    status: &'static str,
    /// The query that selects the events; absent if every event is exported.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "outcome:denied since:7d", nullable = false)]
    query: Option<String>,
    /// The format of the file.
    #[schema(value_type = ExportFormat)]
    format: String,
    /// The compression of the file.
    #[schema(value_type = ExportCompression)]
    compression: String,
    /// The columns of a table.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    columns: Option<Vec<String>>,
    /// The key that owns the export.
    owner: Owner,
    /// When the export was created. It covers the log as of this moment.
    #[schema(format = DateTime)]
    created_at: String,
    /// When the export ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime, nullable = false)]
    finished_at: Option<String>,
    /// When the export and its file will be deleted.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime, nullable = false)]
    expires_at: Option<String>,
    /// The export's progress.
    progress: ExportProgressBody,
    /// Why the export failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    problem: Option<ExportProblem>,
    /// The description of the file, once it is complete.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    manifest: Option<ExportManifest>,
}

/// The progress of an export.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ExportProgress)]
pub(super) struct ExportProgressBody {
    /// Events scanned so far.
    scanned: u64,
    /// Events to scan.
    total: u64,
    /// Events written to the file so far.
    events: u64,
    /// Length of the file so far, in bytes.
    bytes: u64,
}

/// Why an export failed.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ExportProblem {
    /// A stable code, as in problems.
    #[schema(value_type = Code)]
    code: String,
    /// A human-readable explanation.
    detail: String,
}

/// The state of an export.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
#[expect(dead_code, reason = "it describes the spelling in the OpenAPI document")]
pub(super) enum ExportState {
    /// The export waits for its turn.
    Queued,
    /// The file is being made.
    Running,
    /// The file is complete.
    Completed,
    /// The file could not be made; `problem` gives the reason.
    Failed,
    /// The export was cancelled.
    Cancelled,
}

/// The format of a file.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
#[expect(dead_code, reason = "it describes the spelling in the OpenAPI document")]
pub(super) enum ExportFormat {
    /// One JSON object per line.
    Ndjson,
    /// One JSON array.
    Json,
    /// A table for spreadsheets.
    Csv,
    /// A table for programs.
    Parquet,
}

/// The compression of a file.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
#[expect(dead_code, reason = "it describes the spelling in the OpenAPI document")]
pub(super) enum ExportCompression {
    /// No compression.
    None,
    /// gzip.
    Gzip,
    /// Zstandard.
    Zstd,
}

impl ExportBody {
    pub(super) fn of(jobs: &ExportJobs, export: Export) -> Self {
        let running = jobs.running(&export.key());
        let (status, progress) = match (&export.status, running) {
            (ExportStatus::Pending, Some(progress)) => ("running", progress),
            (ExportStatus::Pending, None) => ("queued", export.progress),
            (ExportStatus::Completed { .. }, _) => ("completed", export.progress),
            (ExportStatus::Failed { .. }, _) => ("failed", export.progress),
            (ExportStatus::Cancelled { .. }, _) => ("cancelled", export.progress),
        };
        let problem = match &export.status {
            ExportStatus::Failed { code, detail, .. } => {
                Some(ExportProblem { code: code.clone(), detail: detail.clone() })
            }
            _ => None,
        };
        Self {
            id: export.id.to_string(),
            status,
            manifest: ExportManifest::of(&export),
            owner: Owner::of(&export.owner),
            created_at: export.created_at.to_string(),
            finished_at: export.status.ended_at().map(|at| at.to_string()),
            expires_at: jobs.expires_at(&export).map(|at| at.to_string()),
            progress: ExportProgressBody::of(progress, export.log.size),
            problem,
            columns: FileKind::of_request(&export.request).and_then(|kind| kind.column_names(export.visibility)),
            query: export.request.query,
            format: export.request.format,
            compression: export.request.compression,
        }
    }
}

impl ExportProgressBody {
    fn of(progress: ExportProgress, total: u64) -> Self {
        let ExportProgress { next, events, bytes, .. } = progress;
        Self { scanned: next.min(total), total, events, bytes }
    }
}
