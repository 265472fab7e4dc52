//! Owns the life of export jobs: who asks for one, who sees it, and that the log tells it. How their files are made is
//! the business of `jobs`.

use std::{net::IpAddr, sync::Arc};

use auditlog_core::{
    event::Visibility,
    query::parse_parameters,
    store::{
        ControlChange, ControlError, EXPORTS_MAX, EXPORTS_OF_KEY_MAX, Export, ExportId, ExportProgress, ExportReader,
        ExportRequest, ExportStatus, PreparedBatch, Urgency,
    },
    timestamp::Timestamp,
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
        audit::{Entry, EntryTarget, record},
        list_events::{check_fields, refused_parameters},
    },
};

/// What the log keeps of a query; the rest of a longer one is cut off.
const RECORDED_BYTES_MAX: usize = 1_000;

/// An export to be made.
#[derive(Debug, Clone)]
pub(crate) struct NewExport {
    /// What a search box would hold; it parses. `None` is every event.
    pub(crate) query: Option<String>,
    /// What the file is to be like.
    pub(crate) wishes: FileWishes,
    /// The same, where it is known to fit together.
    pub(crate) kind: FileKind,
}

/// The file of a completed export, for one reader.
pub(crate) struct ExportFile {
    pub(crate) export: Export,
    pub(crate) kind: FileKind,
    pub(crate) reader: Arc<dyn ExportReader>,
    /// Whether the reader may still read it: a large file takes its time.
    pub(crate) standing: Standing,
}

/// What the asker sees, the newest first.
pub(crate) fn list_exports(app: &App, asker: &Asker) -> Result<Vec<Export>, Problem> {
    let mut exports = app.services().control.list_exports(asker.tenant_id())?;
    exports.retain(|export| sees(app, asker, export));
    exports.reverse();
    Ok(exports)
}

/// The export with this id. One of another tenant or of another key, and one past its time, is not there.
pub(crate) fn find_export(app: &App, asker: &Asker, id: &str) -> Result<Export, Problem> {
    let unknown = || Problem::new(Code::ExportNotFound, "there is no export with this id; they are kept for a while");
    let id = ExportId::parse(id).ok_or_else(unknown)?;
    let found = app.services().control.get_export(asker.tenant_id(), id)?;
    found.filter(|export| sees(app, asker, export)).ok_or_else(unknown)
}

/// Has an export made: of the log as it is now, with what relative times mean now.
pub(crate) async fn create_export(app: &App, asker: &Asker, new: NewExport) -> Result<Export, Problem> {
    let services = app.services();
    let (now, visibility) = (services.clock.now(), asker.visibility());
    let pairs: Vec<_> = new.query.iter().map(|query| ("q".to_owned(), query.clone())).collect();
    let filter = parse_parameters(&pairs, now).map_err(refused_parameters)?;
    if visibility == Visibility::WithoutPersonal {
        check_fields(&filter).map_err(|problem| in_body(problem, "/query"))?;
    }
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
    let event = told(services, asker.author(), &export, ("export.create", now))?;
    let change = ControlChange::CreateExport(export.clone());
    services.control.apply(vec![change], vec![event]).await.map_err(refused)?;
    app.export_jobs().wake();
    Ok(export)
}

/// Ends a job whose file nobody needs any more. One that was cancelled stays cancelled.
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
    let event = told(services, asker.author(), &cancelled, ("export.cancel", at))?;
    let change = ControlChange::UpdateExport(cancelled.clone());
    match services.control.apply_with(Urgency::Protective, vec![change], vec![event]).await {
        // It ended while this was asked.
        Err(ControlError::NotFound(_)) => return Err(finished()),
        applied => applied?,
    }
    delete_file(app, key_of(&cancelled)).await;
    Ok(cancelled)
}

/// Deletes a job and its file.
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
    let event = told(services, author, export, ("export.delete", services.clock.now()))?;
    Ok((ControlChange::DeleteExport { id: export.id, tenant_id: export.tenant_id.clone() }, event))
}

/// The file of an export: for the key that asked for it alone, because it holds what that key may see.
pub(crate) async fn open_export_file(
    app: &App,
    (asker, peer): (Asker, Option<IpAddr>),
    id: &str,
) -> Result<ExportFile, Problem> {
    let export = find_export(app, &asker, id)?;
    if !asker.is(&export.owner) {
        let detail = "the export is another key's; what its file holds is for that key alone";
        return Err(Problem::new(Code::PermissionDenied, detail));
    }
    let waiting = |detail: &str| Err(Problem::new(Code::ExportNotReady, detail));
    match &export.status {
        ExportStatus::Completed { .. } => {}
        ExportStatus::Pending => return waiting("the file is being made; look at the export's progress"),
        ExportStatus::Cancelled { .. } => return waiting("the export was cancelled and has no file"),
        ExportStatus::Failed { detail, .. } => return waiting(&format!("the export failed and has no file: {detail}")),
    }
    let (files, key) = (Arc::clone(&app.services().export_files), key_of(&export));
    let opened = spawn_blocking(move || files.open_file(&key)).await;
    let opened = opened.map_err(|_| Problem::new(Code::InternalError, "the file could not be opened"))??;
    let damaged = || Problem::new(Code::DataDamaged, "the file is not the one that was made; make the export anew");
    let kind = FileKind::of_request(&export.request).ok_or_else(damaged)?;
    let reader: Arc<dyn ExportReader> = match opened {
        Some(reader) if reader.bytes() == export.progress.bytes => reader.into(),
        _ => {
            tracing::error!(tenant = %export.tenant_id, export = %export.id, "the file of a completed export is gone");
            return Err(damaged());
        }
    };
    Ok(ExportFile { export, kind, reader, standing: Standing::of_reader(app, asker.reader(), peer)? })
}

fn sees(app: &App, asker: &Asker, export: &Export) -> bool {
    (asker.is(&export.owner) || asker.manages_keys()) && !is_over(app, export)
}

fn finished() -> Problem {
    Problem::new(Code::ExportFinished, "it has ended already; delete it where nobody needs it any more")
}

/// The same problem with a member of the body instead of a parameter.
fn in_body(problem: Problem, pointer: &str) -> Problem {
    let error = ProblemError::body(pointer, problem.code.as_str(), problem.detail.clone());
    Problem::new(problem.code, problem.detail).with_error(error)
}

/// What clients can do something about, in words of their own.
fn refused(error: ControlError) -> Problem {
    match error {
        ControlError::LimitReached(_) => {
            let (all, own) = (EXPORTS_MAX, EXPORTS_OF_KEY_MAX);
            let detail = format!("a tenant keeps at most {all} exports and a key {own}; delete one that nobody needs");
            Problem::new(Code::TooManyExports, detail)
        }
        other => other.into(),
    }
}

fn told(
    services: &Services,
    author: &Author,
    export: &Export,
    (action, at): (&'static str, Timestamp),
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
        changes: vec![],
        metadata,
    };
    record(services, entry)
}
