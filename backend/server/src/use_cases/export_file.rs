//! Owns opening the file of a completed export for a reader.

use std::{net::IpAddr, sync::Arc};

use auditlog_core::{
    id::TenantId,
    policy::Caller,
    store::{ControlStore, Export, ExportFileError, ExportFiles, ExportReader, ExportStatus},
};
use tokio::task::spawn_blocking;

use crate::{
    export::FileKind,
    jobs::ExportJobs,
    standing::{Standing, StandingChecks},
    use_cases::{ChangeError, find_export},
};

/// The services that open files of exports. Cheap to clone.
#[derive(Clone)]
pub(crate) struct ExportFileServices {
    pub(crate) control: Arc<dyn ControlStore>,
    pub(crate) files: Arc<dyn ExportFiles>,
    pub(crate) jobs: ExportJobs,
    pub(crate) checks: StandingChecks,
}

/// The file of a completed export, for one reader.
pub(crate) struct ExportFile {
    pub(crate) export: Export,
    pub(crate) kind: FileKind,
    pub(crate) reader: Arc<dyn ExportReader>,
    /// Checks whether the reader may still read, because sending a large file takes time.
    pub(crate) standing: Standing,
}

/// Why a file cannot be read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ExportFileRefusal {
    /// The export cannot be found.
    #[error(transparent)]
    NotFound(#[from] ChangeError),
    /// The export belongs to another owner. Only its owner reads the file, which holds what the owner may see.
    #[error("the export belongs to another owner")]
    NotOwner,
    /// The export has no file: its status says why.
    #[error("the export has no file")]
    NotReady(ExportStatus),
    /// The file is missing, altered, or of a kind that this release does not know.
    #[error("the file is missing or was altered")]
    Damaged,
    /// The file cannot be opened.
    #[error(transparent)]
    File(#[from] ExportFileError),
    /// Opening the file failed unexpectedly.
    #[error("the file could not be opened")]
    Failed,
}

/// The file of an export.
pub(crate) async fn open_export_file(
    services: &ExportFileServices,
    caller: &Caller<TenantId>,
    peer: Option<IpAddr>,
    id: &str,
) -> Result<ExportFile, ExportFileRefusal> {
    let export = find_export(services.control.as_ref(), &services.jobs, caller, id).await?;
    if !caller.owns(&export.owner) {
        return Err(ExportFileRefusal::NotOwner);
    }
    if !matches!(export.status, ExportStatus::Completed { .. }) {
        return Err(ExportFileRefusal::NotReady(export.status));
    }
    let (files, key) = (Arc::clone(&services.files), export.key());
    let opened = spawn_blocking(move || files.open_file(&key)).await;
    let opened = opened.map_err(|_| ExportFileRefusal::Failed)??;
    let kind = FileKind::of_request(&export.request).ok_or(ExportFileRefusal::Damaged)?;
    let reader: Arc<dyn ExportReader> = match opened {
        Some(reader) if reader.bytes() == export.progress.bytes => reader.into(),
        _ => {
            tracing::error!(tenant = %export.tenant_id, export = %export.id, "an export file is missing or incomplete");
            return Err(ExportFileRefusal::Damaged);
        }
    };
    let standing = Standing::of_caller(&services.checks, &caller.subject, peer);
    Ok(ExportFile { export, kind, reader, standing })
}
