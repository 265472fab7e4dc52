//! Owns the cleanup of expired exports and of files without a job.

use std::{sync::Arc, time::Duration};

use auditlog_core::{
    store::{ControlChange, Export, ExportKey, ExportStatus, Urgency},
    timestamp::Timestamp,
};
use tokio::{task::spawn_blocking, time::MissedTickBehavior};

use crate::{
    app::App,
    jobs::exports::key_of,
    problem::{Code, Problem},
};

/// The interval between cleanups.
const EVERY: Duration = Duration::from_mins(1);

/// Cleans up at the start and then every minute, until the server stops.
pub(super) async fn sweep_for_ever(app: App) {
    let mut ticks = tokio::time::interval(EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = ticks.tick() => {}
            () = app.stopping().cancelled() => return,
        }
        if let Err(problem) = sweep(&app).await {
            tracing::warn!(%problem, "exports cannot be cleaned up now");
        }
    }
}

/// The file is deleted before the record: in the opposite order, a failure would leave a file without a record.
async fn sweep(app: &App) -> Result<(), Problem> {
    let services = app.services();
    for export in services.control.list_all_exports()?.iter().filter(|export| is_over(app, export)) {
        delete_file(app, key_of(export)).await;
        let (id, tenant_id) = (export.id, export.tenant_id.clone());
        let change = ControlChange::DeleteExport { id, tenant_id };
        services.control.apply_with(Urgency::Protective, vec![change], Vec::new()).await?;
    }
    // Files are listed before their records are read, because a record is created before its file.
    for key in list_files(app).await? {
        let export = services.control.get_export(&key.tenant_id, key.id)?;
        let has_a_file =
            |export: &Export| matches!(export.status, ExportStatus::Pending | ExportStatus::Completed { .. });
        if !export.as_ref().is_some_and(has_a_file) {
            delete_file(app, key).await;
        }
    }
    Ok(())
}

/// When an export expires; `None` until it has ended.
pub(crate) fn expires_at(app: &App, export: &Export) -> Option<Timestamp> {
    let kept_us = i64::try_from(app.settings().export_retention().as_micros()).unwrap_or(i64::MAX);
    let ended_at = export.status.ended_at()?;
    Some(Timestamp::from_micros(ended_at.as_micros().saturating_add(kept_us)))
}

/// Whether an export has expired, whether or not it has been cleaned up.
pub(crate) fn is_over(app: &App, export: &Export) -> bool {
    expires_at(app, export).is_some_and(|at| at <= app.services().clock.now())
}

/// Removes a file that is no longer needed. If that fails, the next sweep retries it.
pub(crate) async fn delete_file(app: &App, key: ExportKey) {
    let files = Arc::clone(&app.services().export_files);
    match spawn_blocking(move || files.delete_file(&key)).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::warn!(%error, "the file of an export cannot be removed now"),
        Err(error) => tracing::error!(%error, "removing the file of an export failed unexpectedly"),
    }
}

async fn list_files(app: &App) -> Result<Vec<ExportKey>, Problem> {
    let files = Arc::clone(&app.services().export_files);
    let listed = spawn_blocking(move || files.list_files()).await;
    Ok(listed.map_err(|_| Problem::new(Code::InternalError, "the files could not be listed"))??)
}
