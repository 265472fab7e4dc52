//! Owns the manifest of a completed export, which identifies the file and shows whether it is complete.

use auditlog_core::{
    event::Group,
    store::{Export, ExportStatus},
    timestamp::Timestamp,
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{answer::hexadecimal, export::FileKind};

/// The description of an export's file. Keep it with the file.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ExportManifest {
    /// The id of the export.
    export_id: String,
    /// The tenant whose events the file holds.
    tenant_id: String,
    /// The file's name.
    #[schema(example = "auditlog-acme-20260131T123456Z.ndjson.gz")]
    file_name: String,
    /// The media type of the file as it is downloaded: that of its compression, if it is compressed.
    #[schema(example = "application/gzip", value_type = String)]
    media_type: &'static str,
    /// The file's length in bytes.
    bytes: u64,
    /// SHA-256 of the file, in hexadecimal.
    sha256: String,
    /// The format of the file.
    format: String,
    /// The compression format of the file.
    compression: String,
    /// The columns of a table.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    columns: Option<Vec<String>>,
    /// The query that selects the events; absent if every event is exported.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    query: Option<String>,
    /// The time at which relative times of the query were resolved.
    #[schema(format = DateTime)]
    resolved_at: String,
    /// Number of events in the file, which is the number of matching events.
    events: u64,
    /// The sequence of the first event.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    first_sequence: Option<String>,
    /// The sequence of the last event.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    last_sequence: Option<String>,
    /// The field groups that were left out of every event because the key may not see them. Words of the query were not
    /// looked for in their texts.
    withheld: Vec<&'static str>,
    /// The log at the time when the export was created.
    log: ManifestLog,
    /// When the export was created.
    #[schema(format = DateTime)]
    created_at: String,
    /// When the file was completed.
    #[schema(format = DateTime)]
    completed_at: String,
}

/// A log at a moment. Its size and root hash identify its content, so that a file can be checked against the log years
/// later.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ManifestLog {
    /// Number of events in the log, as a decimal number.
    #[schema(example = "1000000")]
    size: String,
    /// The root hash of the log's Merkle tree (RFC 6962), in base64.
    root_hash: String,
}

impl ExportManifest {
    /// The manifest of an export; `None` unless it is completed.
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
