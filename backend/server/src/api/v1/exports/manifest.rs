//! Owns what a completed export says of itself: enough to tell what the file is, and that it is all of it.

use auditlog_core::{
    query::Group,
    store::{Export, ExportStatus},
    timestamp::Timestamp,
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{api::v1::hexadecimal::hexadecimal, export::FileKind};

/// What the file of an export is. Keep it beside the file.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ExportManifest {
    /// The export that the file is of.
    export_id: String,
    /// Whose events it holds.
    tenant_id: String,
    /// What the file is called.
    #[schema(example = "auditlog-acme-20260131T123456Z.ndjson.gz")]
    file_name: String,
    /// Its media type.
    #[schema(example = "application/gzip", value_type = String)]
    media_type: &'static str,
    /// Its length.
    bytes: u64,
    /// SHA-256 of the file, in hexadecimal.
    sha256: String,
    /// How events are written in it.
    format: String,
    /// How it is compressed.
    compression: String,
    /// The columns of a table.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    columns: Option<Vec<String>>,
    /// What the events match; every event where there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    query: Option<String>,
    /// What relative times of the query count back from.
    #[schema(format = DateTime)]
    resolved_at: String,
    /// How many events the file holds: every one that matches.
    events: u64,
    /// The sequence of the first one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    first_sequence: Option<String>,
    /// The sequence of the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    last_sequence: Option<String>,
    /// The groups of fields that were left out of every event, because the key may not see them.
    withheld: Vec<&'static str>,
    /// The log as it was when the export was asked for.
    log: ManifestLog,
    /// When the export was asked for.
    #[schema(format = DateTime)]
    created_at: String,
    /// When the file was whole.
    #[schema(format = DateTime)]
    completed_at: String,
}

/// A log at a moment: its size decides its root, so that a file can be held against the log years later.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ManifestLog {
    /// How many events it had, as a decimal number.
    #[schema(example = "1000000")]
    size: String,
    /// The root of its tree (RFC 6962), in base64.
    root_hash: String,
}

impl ExportManifest {
    /// The manifest of an export that is completed.
    pub(super) fn of(export: &Export) -> Option<Self> {
        let ExportStatus::Completed { at } = export.status else { return None };
        let kind = FileKind::of_request(&export.request)?;
        let groups = Group::ALL.into_iter().filter(|group| export.visibility.withholds(*group));
        Some(Self {
            export_id: export.id.to_string(),
            tenant_id: export.tenant_id.to_string(),
            file_name: kind.file_name(&export.tenant_id, export.created_at),
            media_type: kind.media_type(),
            bytes: export.progress.bytes,
            sha256: hexadecimal(&export.progress.sha256),
            format: export.request.format.clone(),
            compression: export.request.compression.clone(),
            columns: kind.column_names(export.visibility),
            query: export.request.query.clone(),
            resolved_at: export.created_at.to_string(),
            events: export.progress.events,
            first_sequence: export.progress.sequences.map(|span| span.first.to_string()),
            last_sequence: export.progress.sequences.map(|span| span.last.to_string()),
            withheld: groups.map(Group::as_str).collect(),
            log: ManifestLog { size: export.log.size.to_string(), root_hash: STANDARD.encode(export.log.root) },
            created_at: export.created_at.to_string(),
            completed_at: Timestamp::to_string(&at),
        })
    }
}
