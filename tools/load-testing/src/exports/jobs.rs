//! Owns the proof of background exports: the server is killed in the middle of each, and started again at the same
//! address; the export must complete by itself. Its file is downloaded over two connections, and must match the
//! manifest and hold the events of the list.

use std::{
    fs::{self, File},
    io,
    path::Path,
    time::Instant,
};

use sha2::{Digest as _, Sha256};

use crate::{
    campaign::Fault,
    exports::{
        Question, START_MAX, Scene,
        contents::Contents,
        download::{Download, RestFrom, download},
        file::FileKind,
        job::{Job, JobProgress, Jobs, Manifest},
        read,
        report::{ExportReport, JobRow},
        watch::Watch,
    },
    server::ServerProcess,
};

/// The range of progress in which an export is killed, in per cent of the log.
const KILL_FROM: u64 = 20;
const KILL_UP_TO: u64 = 80;
/// How often an export that finished before the kill is repeated.
const ATTEMPTS: u32 = 8;

/// A job that has started.
struct Begun {
    id: String,
    at: Instant,
    /// Its progress when the server was killed; `None` if it finished before.
    killed_at: Option<JobProgress>,
    resident_mib: u64,
}

/// A job that has ended.
struct Made {
    job: Job,
    killed_at: Option<JobProgress>,
    /// Its progress at the first request to the restarted server.
    seen_again_at: Option<JobProgress>,
    seconds: f64,
    resident_mib: u64,
}

impl Scene {
    /// Compares the list with the file of a job, for each kind.
    pub(super) async fn prove_jobs(&mut self, expected: &Contents, report: &mut ExportReport) -> Result<(), Fault> {
        for kind in FileKind::EACH {
            let name = format!("in the background: {kind}");
            eprintln!("{name}");
            let begun = self.begin_and_kill(kind).await?;
            let Made { job, killed_at, seen_again_at, seconds, resident_mib } = self.wait_for(begun).await?;
            let Some(manifest) = job.manifest.as_ref().filter(|_| job.status == "completed") else {
                report.violations.push(format!("{name}: {} {:?}", job.status, job.problem));
                continue;
            };
            let wrong = self.fetch_and_compare(kind, &job.id, manifest, expected).await?;
            report.violations.extend(wrong.into_iter().map(|wrong| format!("{name}: {wrong}")));
            Jobs::of(self.address(), &self.credential).delete(&job.id).await?;
            report.jobs.push(JobRow {
                name,
                events: manifest.events,
                bytes: manifest.bytes,
                killed_at_percent: killed_at.map(JobProgress::percent),
                seen_again_at_percent: seen_again_at.map(JobProgress::percent),
                seconds,
                resident_mib,
            });
        }
        if report.jobs.iter().all(|job| job.killed_at_percent.is_none()) {
            report.violations.push("no export in the background was caught in the middle".to_owned());
        }
        Ok(())
    }

    /// Starts a job, and kills the server during it if possible.
    async fn begin_and_kill(&mut self, kind: FileKind) -> Result<Begun, Fault> {
        let mut attempt = 1;
        loop {
            let percent = KILL_FROM + self.dice.below(KILL_UP_TO - KILL_FROM);
            let watch = Watch::begin(self.server.id());
            let at = Instant::now();
            let mut jobs = Jobs::of(self.address(), &self.credential);
            let id = jobs.begin(kind, Question::All.query()).await?.id;
            let killed_at = jobs.reaches(&id, percent..=KILL_UP_TO).await?;
            if killed_at.is_some() {
                self.server.kill()?;
            } else if attempt < ATTEMPTS {
                jobs.end(&id).await?;
                jobs.delete(&id).await?;
                attempt += 1;
                continue;
            }
            return Ok(Begun { id, at, killed_at, resident_mib: watch.finish() });
        }
    }

    /// Starts the killed server again, without any request about the job.
    async fn wait_for(&mut self, begun: Begun) -> Result<Made, Fault> {
        let Begun { id, at, killed_at, resident_mib } = begun;
        let mut seen_again_at = None;
        if killed_at.is_some() {
            self.start_again().await?;
            seen_again_at = Some(Jobs::of(self.address(), &self.credential).get(&id).await?.progress);
        }
        let watch = Watch::begin(self.server.id());
        let job = Jobs::of(self.address(), &self.credential).end(&id).await?;
        let resident_mib = resident_mib.max(watch.finish());
        Ok(Made { job, killed_at, seen_again_at, seconds: at.elapsed().as_secs_f64(), resident_mib })
    }

    async fn start_again(&mut self) -> Result<(), Fault> {
        self.server = ServerProcess::spawn_at(&self.plan, self.address())?;
        self.server.ready(START_MAX).await?;
        Ok(())
    }

    /// The differences between the file, its description and the list.
    async fn fetch_and_compare(
        &self,
        kind: FileKind,
        id: &str,
        manifest: &Manifest,
        expected: &Contents,
    ) -> Result<Vec<String>, Fault> {
        let path = self.work_dir.join("job");
        let mut wrong = self.fetch_in_two_parts(id, manifest, &path).await?;
        wrong.extend(differences(manifest, expected, &path)?);
        match read(kind, &path).await? {
            Ok(contents) if contents == *expected => {}
            Ok(contents) => wrong.push(format!("{contents}, but {expected} by the list")),
            Err(text) => wrong.push(text),
        }
        fs::remove_file(path)?;
        Ok(wrong)
    }

    /// Closes the connection in the middle of the file, and requests the rest.
    async fn fetch_in_two_parts(&self, id: &str, manifest: &Manifest, path: &Path) -> Result<Vec<String>, Fault> {
        let target = format!("/api/v1/exports/{id}/file");
        let (half, length) = (manifest.bytes / 2, manifest.bytes);
        let first = download(self.address(), &self.credential, &Download::beginning(&target, path, half)).await?;
        let rest = Download::rest(&target, path, RestFrom { first: half, tag: &first.tag });
        let rest = download(self.address(), &self.credential, &rest).await?;
        let (tag, range) = (format!("\"{}\"", manifest.sha256), format!("bytes {half}-{}/{length}", length - 1));
        let mut wrong = Vec::new();
        for (what, found, expected) in
            [("ETag", &first.tag, &tag), ("ETag of the rest", &rest.tag, &tag), ("Content-Range", &rest.range, &range)]
        {
            if found != expected {
                wrong.push(format!("{what} is {found} instead of {expected}"));
            }
        }
        Ok(wrong)
    }
}

/// The differences between the manifest and the list or the file.
fn differences(manifest: &Manifest, expected: &Contents, path: &Path) -> Result<Vec<String>, Fault> {
    let text = |sequence: Option<u64>| sequence.map(|sequence| sequence.to_string());
    let mut wrong = Vec::new();
    let mut compare = |what: &str, said: String, found: String| {
        if said != found {
            wrong.push(format!("the manifest's {what} is {said} instead of {found}"));
        }
    };
    compare("events", manifest.events.to_string(), expected.events().to_string());
    compare("first_sequence", format!("{:?}", manifest.first_sequence), format!("{:?}", text(expected.first())));
    compare("last_sequence", format!("{:?}", manifest.last_sequence), format!("{:?}", text(expected.last())));
    compare("bytes", manifest.bytes.to_string(), fs::metadata(path)?.len().to_string());
    compare("sha256", manifest.sha256.clone(), sha256_of(path)?);
    Ok(wrong)
}

fn sha256_of(path: &Path) -> Result<String, Fault> {
    let mut digest = Sha256::new();
    io::copy(&mut File::open(path)?, &mut digest)?;
    Ok(format!("{:x}", digest.finalize()))
}
