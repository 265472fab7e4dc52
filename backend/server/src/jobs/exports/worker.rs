//! Owns a worker: it takes one job after another, works on its file for a time slice and records the outcome.

use std::sync::Arc;

use auditlog_core::store::{Export, ExportStatus};

use crate::{
    app::App,
    jobs::exports::{
        claim::{Claim, Found, claim},
        ending::Ending,
        making::{self, Making, Outcome, Stage},
        pause,
    },
    problem::{Code, Problem},
};

/// Takes jobs until the server stops.
pub(super) async fn work(app: App) {
    while !app.stopping().is_cancelled() {
        let next = |waiting| app.export_jobs().turns.lock().next(waiting);
        match claim(&app, next).await {
            Ok(Some(Found { claim, begun })) => claim.work_on(begun).await,
            Ok(None) => {
                tokio::select! {
                    () = app.export_jobs().work.notified() => {}
                    () = app.stopping().cancelled() => {}
                }
            }
            Err(error) => {
                tracing::warn!(%error, "the export jobs cannot be read");
                pause(&app).await;
            }
        }
    }
}

impl Claim {
    /// Works on the job until it ends, or until it is the turn of another one.
    async fn work_on(self, begun: Option<Box<Making>>) {
        let _running = self.app.metrics().exports().begin();
        let mut stage = match begun {
            Some(making) => Stage::Begun(making),
            None => Stage::New { app: self.app.clone(), export: Box::new(self.export.clone()) },
        };
        let ending = loop {
            let shown = Arc::clone(&self.shown);
            // Runs as a task of its own, so that a panic ends the job and not the worker.
            let worked = tokio::spawn(async move { making::work_on(stage, &shown).await }).await;
            match worked {
                Ok(Outcome::Ended(ending)) => break ending,
                Ok(Outcome::Interrupted(making)) => {
                    let Some(making) = self.set_aside(making) else {
                        let app = self.app.clone();
                        drop(self);
                        // An idle worker may take the job at once.
                        return app.export_jobs().wake();
                    };
                    stage = Stage::Begun(making);
                }
                Err(error) => {
                    tracing::error!(%error, "making the file of an export failed unexpectedly");
                    break Ending::Failed(Problem::new(Code::InternalError, "the file could not be made"));
                }
            }
        };
        let ended = match ending {
            Ending::Stopping => return,
            Ending::Unwanted => None,
            Ending::Completed(progress) => {
                let status = ExportStatus::Completed { at: self.app.services().clock.now() };
                Some(Export { status, progress, ..self.export.clone() })
            }
            Ending::Failed(problem) => Some(self.failed(problem)),
        };
        self.conclude(ended).await;
    }
}
