//! Owns the lifecycle of export jobs: who may create and see them, and the audit events that record each change. How
//! their files are made is owned by `jobs`.

use auditlog_core::{
    id::TenantId,
    intake::PreparedBatch,
    policy::Caller,
    query::Filter,
    store::{
        EventStore, Export, ExportChange, ExportId, ExportProgress, ExportRequest, ExportStatus, ExportStore,
        RecordKind, Revision, Urgency,
    },
};
use serde_json::json;

use crate::{
    export::FileKind,
    jobs::ExportJobs,
    use_cases::{
        ChangeError, Editor,
        audit::{AuditedChange, Entry, EntryTarget, Unrecordable},
        change::{Decision, Recorded},
        withheld::ReaderFilter,
    },
};

/// The number of bytes of a query that the log records; longer queries are truncated.
const RECORDED_BYTES_MAX: usize = 1_000;

/// An export to create.
#[derive(Debug, Clone)]
pub(crate) struct NewExport {
    /// The query in the search box language. `None` exports every event.
    pub(crate) query: Option<String>,
    /// The fields and words that the query uses.
    pub(crate) filter: Filter,
    /// The kind of the file.
    pub(crate) kind: FileKind,
}

/// The exports that the caller can see, the newest first.
pub(crate) async fn list_exports<S: ExportStore + ?Sized>(
    store: &S,
    jobs: &ExportJobs,
    caller: &Caller<TenantId>,
) -> Result<Vec<Export>, ChangeError> {
    let mut exports = store.list_exports(caller.tenant_id().clone()).await?;
    exports.retain(|export| sees(jobs, caller, export));
    exports.reverse();
    Ok(exports)
}

/// The export with this id. An export of another tenant or owner, or one past its retention, is reported as not found.
pub(crate) async fn find_export<S: ExportStore + ?Sized>(
    store: &S,
    jobs: &ExportJobs,
    caller: &Caller<TenantId>,
    id: &str,
) -> Result<Export, ChangeError> {
    let unknown = || ChangeError::NotFound(RecordKind::Export);
    let id = ExportId::parse(id).ok_or_else(unknown)?;
    let found = store.get_export(caller.tenant_id().clone(), id).await?;
    found.filter(|export| sees(jobs, caller, export)).ok_or_else(unknown)
}

/// Creates an export of the log as of now, from which relative times of the query count back.
pub(crate) async fn create_export(
    editor: &Editor<'_, TenantId>,
    events: &dyn EventStore,
    jobs: &ExportJobs,
    new: NewExport,
) -> Result<Export, ChangeError> {
    let caller = editor.caller;
    let owner = caller.subject.owner().ok_or(ChangeError::NoOwner(RecordKind::Export))?;
    ReaderFilter::of(new.filter.clone(), caller.visibility)?;
    new.kind.check_for(caller.visibility)?;
    let (new, owner) = (&new, &owner);
    let decide = |_| async move {
        let now = editor.services.clock.now();
        let mut random = [0; 10];
        editor.services.entropy.fill(&mut random);
        let export = Export {
            id: ExportId::from_parts(now, random),
            tenant_id: caller.tenant_id().clone(),
            revision: Revision::FIRST,
            owner: owner.clone(),
            request: new.kind.to_request(new.query.clone()),
            visibility: caller.visibility,
            log: events.tree_head(caller.tenant_id().clone()).await?,
            created_at: now,
            status: ExportStatus::Pending,
            progress: ExportProgress::NOTHING,
        };
        let event = record(editor, &export, AuditedChange::new("export.create", now))?;
        let change = ExportChange::Create(export.clone()).into();
        Ok(Decision::commit(Urgency::Ordinary, vec![Recorded { change, event }], export))
    };
    let export = editor.make(Urgency::Ordinary, decide).await?;
    jobs.wake();
    Ok(export)
}

/// Cancels an export. An export that was cancelled stays cancelled.
pub(crate) async fn cancel_export(
    editor: &Editor<'_, TenantId>,
    jobs: &ExportJobs,
    id: &str,
) -> Result<Export, ChangeError> {
    let decide = |_| async move {
        let export = find_export(editor.services.control.as_ref(), jobs, editor.caller, id).await?;
        match export.status {
            ExportStatus::Cancelled { .. } => return Ok(Decision::unchanged(export)),
            ExportStatus::Completed { .. } | ExportStatus::Failed { .. } => return Err(ChangeError::ExportFinished),
            ExportStatus::Pending => {}
        }
        let at = editor.services.clock.now();
        let progress = jobs.running(&export.key()).unwrap_or(export.progress);
        let cancelled = Export { status: ExportStatus::Cancelled { at }, progress, ..export };
        let event = record(editor, &cancelled, AuditedChange::new("export.cancel", at))?;
        let change = ExportChange::Update(cancelled.clone()).into();
        let stored = Export { revision: cancelled.revision.next(), ..cancelled };
        Ok(Decision::commit(Urgency::Protective, vec![Recorded { change, event }], stored))
    };
    let cancelled = editor.make(Urgency::Ordinary, decide).await?;
    jobs.delete_file(cancelled.key()).await;
    Ok(cancelled)
}

/// Deletes an export and its file.
pub(crate) async fn delete_export(
    editor: &Editor<'_, TenantId>,
    jobs: &ExportJobs,
    id: &str,
) -> Result<(), ChangeError> {
    let decide = |_| async move {
        let export = find_export(editor.services.control.as_ref(), jobs, editor.caller, id).await?;
        let recorded = vec![deletion(editor, &export)?];
        Ok(Decision::commit(Urgency::Protective, recorded, export.key()))
    };
    let key = editor.make(Urgency::Ordinary, decide).await?;
    jobs.delete_file(key).await;
    Ok(())
}

/// The deletion of an export and the event that records it.
pub(super) fn deletion<S>(editor: &Editor<'_, S>, export: &Export) -> Result<Recorded, Unrecordable> {
    let event = record(editor, export, AuditedChange::new("export.delete", editor.services.clock.now()))?;
    let change = ExportChange::Delete { id: export.id, tenant_id: export.tenant_id.clone(), expected: None };
    Ok(Recorded { change: change.into(), event })
}

fn sees(jobs: &ExportJobs, caller: &Caller<TenantId>, export: &Export) -> bool {
    (caller.owns(&export.owner) || caller.manages_owners()) && !jobs.is_over(export)
}

fn record<S>(editor: &Editor<'_, S>, export: &Export, change: AuditedChange) -> Result<PreparedBatch, Unrecordable> {
    let id = export.id.to_string();
    let ExportRequest { query, format, compression, .. } = &export.request;
    let mut metadata = json!({
        "owner": export.owner.id(),
        "format": format,
        "compression": compression,
        "visibility": export.visibility.as_str(),
        "log_size": export.log.size,
    });
    if let Some(query) = query {
        metadata["query"] = json!(&query[..query.floor_char_boundary(RECORDED_BYTES_MAX)]);
    }
    let target = EntryTarget { kind: "export", id: &id, name: &id };
    editor.record(Entry { tenant_id: export.tenant_id.clone(), change, target, metadata })
}
