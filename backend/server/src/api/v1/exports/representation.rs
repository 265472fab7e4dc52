//! Owns how an export looks in answers.

use auditlog_core::store::{Export, ExportProgress, ExportStatus};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    api::v1::{exports::manifest::ExportManifest, owner::KeyOwner},
    app::App,
    export::FileKind,
    jobs::{expires_at, key_of},
};

/// A file of events that is being made, or was.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Export)]
pub(super) struct ExportBody {
    /// A UUID of version 7, given by the server.
    #[schema(example = "0199a6f2-7c00-7abc-8def-0123456789ab")]
    id: String,
    /// Whether its file is there.
    #[schema(value_type = ExportState)]
    status: &'static str,
    /// What the events match; every event where there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "outcome:denied since:7d", nullable = false)]
    query: Option<String>,
    /// How events are written.
    #[schema(value_type = ExportFormat)]
    format: String,
    /// How the file is compressed.
    #[schema(value_type = ExportCompression)]
    compression: String,
    /// The columns of a table.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    columns: Option<Vec<String>>,
    /// Whose it is.
    owner: KeyOwner,
    /// When it was asked for; the log as it was then is what is exported.
    #[schema(format = DateTime)]
    created_at: String,
    /// When it ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime, nullable = false)]
    finished_at: Option<String>,
    /// When it and its file will be forgotten.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime, nullable = false)]
    expires_at: Option<String>,
    /// How far it has come.
    progress: ExportProgressBody,
    /// Why it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    problem: Option<ExportProblem>,
    /// What its file is, once that is whole.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    manifest: Option<ExportManifest>,
}

/// How far an export has come.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ExportProgress)]
pub(super) struct ExportProgressBody {
    /// How many events of the log were looked at,
    scanned: u64,
    /// of so many.
    total: u64,
    /// How many are in the file.
    events: u64,
    /// How long the file is.
    bytes: u64,
}

/// Why an export failed.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ExportProblem {
    /// A stable code, as problems have.
    #[schema(example = "key_revoked")]
    code: String,
    /// For people.
    detail: String,
}

/// Whether the file of an export is there.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
#[expect(dead_code, reason = "it describes the spelling in the OpenAPI document")]
pub(super) enum ExportState {
    /// It waits for its turn.
    Queued,
    /// Its file is being made.
    Running,
    /// Its file is whole.
    Completed,
    /// Its file could not be made; `problem` says why.
    Failed,
    /// Somebody cancelled it.
    Cancelled,
}

/// How events are written.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
#[expect(dead_code, reason = "it describes the spelling in the OpenAPI document")]
pub(super) enum ExportFormat {
    /// One JSON object a line.
    Ndjson,
    /// One JSON array.
    Json,
    /// A table for spreadsheets.
    Csv,
    /// A table for programs.
    Parquet,
}

/// How a file is compressed.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
#[expect(dead_code, reason = "it describes the spelling in the OpenAPI document")]
pub(super) enum ExportCompression {
    /// Not at all.
    None,
    /// With gzip.
    Gzip,
    /// With Zstandard.
    Zstd,
}

impl ExportBody {
    pub(super) fn of(app: &App, export: Export) -> Self {
        let running = app.export_jobs().running(&key_of(&export));
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
            owner: KeyOwner::of(&export.owner),
            created_at: export.created_at.to_string(),
            finished_at: export.status.ended_at().map(|at| at.to_string()),
            expires_at: expires_at(app, &export).map(|at| at.to_string()),
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
