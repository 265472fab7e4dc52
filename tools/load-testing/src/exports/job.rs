//! Owns the requests about an export that the server makes in the background, and the answers.

use std::{
    ops::RangeInclusive,
    time::{Duration, Instant},
};

use bytes::Bytes;
use hyper::Method;
use serde::Deserialize;
use serde_json::{Value, from_slice, json};
use tokio::time::sleep;

use crate::{
    api::{Address, Answer, Call, Client, Credential},
    campaign::Fault,
    exports::file::FileKind,
};

const LOOK_EVERY: Duration = Duration::from_millis(1);
/// The limit for a job; all events of a run are exported in far less on any disk.
const JOB_MAX: Duration = Duration::from_mins(30);

/// An export in the background.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Job {
    pub(super) id: String,
    pub(super) status: String,
    pub(super) progress: JobProgress,
    pub(super) problem: Option<Value>,
    pub(super) manifest: Option<Manifest>,
}

/// The progress of an export.
#[derive(Debug, Clone, Copy, Deserialize)]
pub(super) struct JobProgress {
    pub(super) scanned: u64,
    pub(super) total: u64,
}

/// The server's description of a file.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Manifest {
    pub(super) bytes: u64,
    pub(super) sha256: String,
    pub(super) events: u64,
    pub(super) first_sequence: Option<String>,
    pub(super) last_sequence: Option<String>,
}

impl Job {
    fn has_ended(&self) -> bool {
        !["queued", "running"].contains(&self.status.as_str())
    }
}

impl JobProgress {
    #[expect(clippy::cast_precision_loss, reason = "counts of a run stay far below 2^53")]
    pub(super) fn percent(self) -> f64 {
        100.0 * self.scanned as f64 / self.total.max(1) as f64
    }
}

/// Queries one server about its jobs.
pub(super) struct Jobs<'c> {
    client: Client,
    credential: &'c Credential,
}

impl<'c> Jobs<'c> {
    pub(super) fn of(address: Address, credential: &'c Credential) -> Self {
        Self { client: Client::new(address), credential }
    }

    pub(super) async fn begin(&mut self, kind: FileKind, query: &str) -> Result<Job, Fault> {
        let body = json!({"query": query, "format": kind.format(), "compression": kind.compression()}).to_string();
        let answer = self.call(Call::post("/api/v1/exports", body.into())).await?;
        Ok(from_slice(&answer.body)?)
    }

    pub(super) async fn get(&mut self, id: &str) -> Result<Job, Fault> {
        let answer = self.call(Call::get(&format!("/api/v1/exports/{id}"))).await?;
        Ok(from_slice(&answer.body)?)
    }

    pub(super) async fn delete(&mut self, id: &str) -> Result<(), Fault> {
        let target = format!("/api/v1/exports/{id}");
        self.call(Call { method: Method::DELETE, target: &target, body: Bytes::new() }).await.map(drop)
    }

    /// Waits until this share of the log was scanned, in per cent. `None` if the job was not seen there.
    pub(super) async fn reaches(
        &mut self,
        id: &str,
        percent: RangeInclusive<u64>,
    ) -> Result<Option<JobProgress>, Fault> {
        let is_beyond = |progress: JobProgress| progress.scanned * 100 > progress.total * percent.end();
        let is_there =
            |progress: JobProgress| progress.total > 0 && progress.scanned * 100 >= progress.total * percent.start();
        let job = self.wait(id, |job| job.has_ended() || is_beyond(job.progress) || is_there(job.progress)).await?;
        Ok((!job.has_ended() && !is_beyond(job.progress)).then_some(job.progress))
    }

    /// Waits until a job has ended in any way.
    pub(super) async fn end(&mut self, id: &str) -> Result<Job, Fault> {
        self.wait(id, Job::has_ended).await
    }

    async fn wait(&mut self, id: &str, is_enough: impl Fn(&Job) -> bool) -> Result<Job, Fault> {
        let began = Instant::now();
        while began.elapsed() < JOB_MAX {
            let job = self.get(id).await?;
            if is_enough(&job) {
                return Ok(job);
            }
            sleep(LOOK_EVERY).await;
        }
        Err(format!("export {id} makes no progress within {JOB_MAX:?}").into())
    }

    async fn call(&mut self, call: Call<'_>) -> Result<Answer, Fault> {
        let place = format!("{} {}", call.method, call.target);
        let answer = self.client.call(self.credential, call).await?;
        if answer.status.is_success() {
            Ok(answer)
        } else {
            Err(format!("{place}: {} {}", answer.status, answer.text()).into())
        }
    }
}
