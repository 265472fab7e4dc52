//! Owns the lifecycle of export jobs: who may create and see them, and the audit events that record each change. How
//! their files are made is owned by `jobs`.

use std::{net::IpAddr, sync::Arc};

use auditlog_core::{
    intake::PreparedBatch,
    query::parse_parameters,
    store::{
        ControlChange, ControlError, EXPORTS_MAX, EXPORTS_OF_KEY_MAX, Export, ExportId, ExportProgress, ExportReader,
        ExportRequest, ExportStatus, Urgency,
    },
};
use serde_json::json;
use tokio::task::spawn_blocking;

use crate::{
    app::{App, Services},
    auth::Standing,
    export::{FileKind, FileWishes},
    jobs::{delete_file, is_over, key_of},
    problem::{Code, Problem, ProblemError},
    use_cases::{
        Asker, Author,
        audit::{AuditedChange, Entry, EntryTarget, record},
        list_events::{check_visible, refused_parameters},
    },
};

/// The number of bytes of a query that the log records; longer queries are truncated.
const RECORDED_BYTES_MAX: usize = 1_000;

/// An export to create.
#[derive(Debug, Clone)]
pub(crate) struct NewExport {
    /// The query in the search box language, which is known to parse. `None` exports every event.
    pub(crate) query: Option<String>,
    /// The requested properties of the file.
    pub(crate) wishes: FileWishes,
    /// The validated form of `wishes`.
    pub(crate) kind: FileKind,
}

/// The file of a completed export, for one reader.
pub(crate) struct ExportFile {
    pub(crate) export: Export,
    pub(crate) kind: FileKind,
    pub(crate) reader: Arc<dyn ExportReader>,
    /// Checks whether the reader's key is still valid, because sending a large file takes time.
    pub(crate) standing: Standing,
}

/// The exports that the caller can see, the newest first.
pub(crate) fn list_exports(app: &App, asker: &Asker) -> Result<Vec<Export>, Problem> {
    let mut exports = app.services().control.list_exports(asker.tenant_id())?;
    exports.retain(|export| sees(app, asker, export));
    exports.reverse();
    Ok(exports)
}

/// The export with this id. An export of another tenant or key, or one past its retention, is reported as not found.
pub(crate) fn find_export(app: &App, asker: &Asker, id: &str) -> Result<Export, Problem> {
    let unknown = || {
        Problem::new(Code::ExportNotFound, "there is no export with this id; ended exports are deleted after a while")
    };
    let id = ExportId::parse(id).ok_or_else(unknown)?;
    let found = app.services().control.get_export(asker.tenant_id(), id)?;
    found.filter(|export| sees(app, asker, export)).ok_or_else(unknown)
}

/// Creates an export of the log as of now; relative times are resolved now.
pub(crate) async fn create_export(app: &App, asker: &Asker, new: NewExport) -> Result<Export, Problem> {
    let services = app.services();
    let (now, visibility) = (services.clock.now(), asker.visibility());
    let pairs: Vec<_> = new.query.iter().map(|query| ("q".to_owned(), query.clone())).collect();
    let filter = parse_parameters(&pairs, now).map_err(refused_parameters)?;
    check_visible(&filter, visibility).map_err(|problem| in_body(problem, "/query"))?;
    new.kind
        .check_for(visibility)
        .map_err(|hidden| in_body(Problem::new(Code::FieldNotPermitted, hidden.to_string()), "/columns"))?;
    let mut random = [0; 10];
    services.entropy.fill(&mut random);
    let FileWishes { format, compression, columns } = new.wishes;
    let request = ExportRequest {
        query: new.query,
        format: format.as_str().to_owned(),
        compression: compression.as_str().to_owned(),
        columns,
    };
    let export = Export {
        id: ExportId::from_parts(now, random),
        tenant_id: asker.tenant_id().clone(),
        owner: asker.key_id().clone(),
        request,
        visibility,
        log: services.events.tree_head(asker.tenant_id().clone()).await?,
        created_at: now,
        status: ExportStatus::Pending,
        progress: ExportProgress::NOTHING,
    };
    let event = audit_event(services, asker.author(), &export, AuditedChange::new("export.create", now))?;
    let change = ControlChange::CreateExport(export.clone());
    services.control.apply(vec![change], vec![event]).await.map_err(refused)?;
    app.export_jobs().wake();
    Ok(export)
}

/// Cancels an export. An export that was cancelled stays cancelled.
pub(crate) async fn cancel_export(app: &App, asker: &Asker, id: &str) -> Result<Export, Problem> {
    let export = find_export(app, asker, id)?;
    match export.status {
        ExportStatus::Cancelled { .. } => return Ok(export),
        ExportStatus::Completed { .. } | ExportStatus::Failed { .. } => return Err(finished()),
        ExportStatus::Pending => {}
    }
    let services = app.services();
    let at = services.clock.now();
    let progress = app.export_jobs().running(&key_of(&export)).unwrap_or(export.progress);
    let cancelled = Export { status: ExportStatus::Cancelled { at }, progress, ..export };
    let event = audit_event(services, asker.author(), &cancelled, AuditedChange::new("export.cancel", at))?;
    let change = ControlChange::UpdateExport(cancelled.clone());
    match services.control.apply_with(Urgency::Protective, vec![change], vec![event]).await {
        // The export ended concurrently.
        Err(ControlError::NotFound(_)) => return Err(finished()),
        applied => applied?,
    }
    delete_file(app, key_of(&cancelled)).await;
    Ok(cancelled)
}

/// Deletes an export and its file.
pub(crate) async fn delete_export(app: &App, asker: &Asker, id: &str) -> Result<(), Problem> {
    let export = find_export(app, asker, id)?;
    let (change, event) = deletion(app.services(), asker.author(), &export)?;
    app.services().control.apply_with(Urgency::Protective, vec![change], vec![event]).await?;
    delete_file(app, key_of(&export)).await;
    Ok(())
}

/// The deletion of an export and the event that records it.
pub(super) fn deletion(
    services: &Services,
    author: &Author,
    export: &Export,
) -> Result<(ControlChange, PreparedBatch), Problem> {
    let event = audit_event(services, author, export, AuditedChange::new("export.delete", services.clock.now()))?;
    Ok((ControlChange::DeleteExport { id: export.id, tenant_id: export.tenant_id.clone() }, event))
}

/// The file of an export. Only the key that created the export may read it, because the file holds what that key may
/// see.
pub(crate) async fn open_export_file(
    app: &App,
    asker: Asker,
    peer: Option<IpAddr>,
    id: &str,
) -> Result<ExportFile, Problem> {
    let export = find_export(app, &asker, id)?;
    if !asker.is(&export.owner) {
        let detail = "the export belongs to another key, and only that key may download its file";
        return Err(Problem::new(Code::PermissionDenied, detail));
    }
    let waiting = |detail: &str| Err(Problem::new(Code::ExportNotReady, detail));
    match &export.status {
        ExportStatus::Completed { .. } => {}
        ExportStatus::Pending => return waiting("the file is being made; poll the export's progress"),
        ExportStatus::Cancelled { .. } => return waiting("the export was cancelled and has no file"),
        ExportStatus::Failed { detail, .. } => return waiting(&format!("the export failed and has no file: {detail}")),
    }
    let (files, key) = (Arc::clone(&app.services().export_files), key_of(&export));
    let opened = spawn_blocking(move || files.open_file(&key)).await;
    let opened = opened.map_err(|_| Problem::new(Code::InternalError, "the file could not be opened"))??;
    let damaged = || Problem::new(Code::DataDamaged, "the file is missing or was altered; create a new export");
    let kind = FileKind::of_request(&export.request).ok_or_else(damaged)?;
    let reader: Arc<dyn ExportReader> = match opened {
        Some(reader) if reader.bytes() == export.progress.bytes => reader.into(),
        _ => {
            tracing::error!(tenant = %export.tenant_id, export = %export.id, "an export file is missing or incomplete");
            return Err(damaged());
        }
    };
    Ok(ExportFile { export, kind, reader, standing: Standing::of_reader(app, asker.reader(), peer)? })
}

fn sees(app: &App, asker: &Asker, export: &Export) -> bool {
    (asker.is(&export.owner) || asker.manages_keys()) && !is_over(app, export)
}

fn finished() -> Problem {
    Problem::new(Code::ExportFinished, "the export has already ended; delete it if it is no longer needed")
}

/// The same problem, located in the body instead of in a parameter.
fn in_body(problem: Problem, pointer: &str) -> Problem {
    let error = ProblemError::body(pointer, problem.code.as_str(), problem.detail.clone());
    Problem::new(problem.code, problem.detail).with_error(error)
}

/// Converts errors that the client can act on; other errors are converted generically.
fn refused(error: ControlError) -> Problem {
    match error {
        ControlError::LimitReached(_) => {
            let (all, own) = (EXPORTS_MAX, EXPORTS_OF_KEY_MAX);
            let detail =
                format!("a tenant keeps at most {all} exports and a key {own}; delete one that is no longer needed");
            Problem::new(Code::TooManyExports, detail)
        }
        other => other.into(),
    }
}

fn audit_event(
    services: &Services,
    author: &Author,
    export: &Export,
    AuditedChange { action, at, changes }: AuditedChange,
) -> Result<PreparedBatch, Problem> {
    let id = export.id.to_string();
    let ExportRequest { query, format, compression, .. } = &export.request;
    let mut metadata = json!({
        "owner": export.owner.as_str(),
        "format": format,
        "compression": compression,
        "visibility": export.visibility.as_str(),
        "log_size": export.log.size,
    });
    if let Some(query) = query {
        metadata["query"] = json!(&query[..query.floor_char_boundary(RECORDED_BYTES_MAX)]);
    }
    let entry = Entry {
        tenant_id: export.tenant_id.clone(),
        at,
        author,
        action,
        target: EntryTarget { kind: "export", id: &id, name: &id },
        changes,
        metadata,
    };
    record(services, entry)
}
