//! Owns a worker: it takes one job after another, works on its file for a time slice and records the outcome.

use std::{sync::Arc, time::Duration};

use auditlog_core::store::{Export, ExportStatus};
use tokio::time::sleep;

use crate::{
    jobs::exports::{
        ExportJobs,
        claim::{Claim, End, Found},
        ending::Ending,
        making::{self, Making, Outcome, Stage},
    },
    problem::{Code, Problem},
};

/// How often an idle worker looks for jobs of other processes: new ones, and those whose lease has ended.
const LOOK_AGAIN: Duration = Duration::from_secs(10);

/// Takes jobs until the server stops.
pub(super) async fn work(jobs: ExportJobs) {
    while !jobs.is_stopping() {
        let next = |waiting: Vec<Export>| jobs.0.turns.lock().next(waiting);
        match jobs.claim(next).await {
            Ok(Some(Found { claim, begun })) => claim.work_on(begun).await,
            Ok(None) => {
                tokio::select! {
                    () = jobs.0.work.notified() => {}
                    () = sleep(LOOK_AGAIN) => {}
                    () = jobs.0.stopping.cancelled() => {}
                }
            }
            Err(error) => {
                tracing::warn!(%error, "the export jobs cannot be read");
                jobs.pause().await;
            }
        }
    }
}

impl Claim {
    /// Works on the job until it ends, or until it is the turn of another one.
    async fn work_on(self, begun: Option<Box<Making>>) {
        let services = &self.jobs.0.services;
        let _running = services.metrics.exports().begin();
        let mut stage = match begun {
            Some(making) => Stage::Begun(making.with_lease(Arc::clone(&self.lease))),
            None => Stage::New {
                jobs: self.jobs.clone(),
                export: Box::new(self.export.clone()),
                lease: Arc::clone(&self.lease),
            },
        };
        let ending = loop {
            let shown = Arc::clone(&self.shown);
            // Runs as a task of its own, so that a panic ends the job and not the worker.
            let worked = tokio::spawn(async move { making::work_on(stage, &shown).await }).await;
            match worked {
                Ok(Outcome::Ended(ending)) => break ending,
                Ok(Outcome::Interrupted(making)) => {
                    let Some(making) = self.set_aside(making).await else {
                        let jobs = self.jobs.clone();
                        drop(self);
                        // An idle worker may take the job at once.
                        return jobs.wake();
                    };
                    stage = Stage::Begun(making);
                }
                Err(error) => {
                    tracing::error!(%error, "making the file of an export failed unexpectedly");
                    break Ending::Failed(Problem::new(Code::InternalError, "the file could not be made"));
                }
            }
        };
        match ending {
            Ending::Stopping => {}
            Ending::Unwanted => self.clean_up_unwanted().await,
            Ending::Completed(progress) => {
                let status = ExportStatus::Completed { at: services.clock.now() };
                self.conclude(End { status, progress }).await;
            }
            Ending::Failed(problem) => self.conclude(self.failed(problem)).await,
        }
        self.release().await;
    }
}
