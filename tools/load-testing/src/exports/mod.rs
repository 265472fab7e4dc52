//! Owns the proof of exports: a log is exported in every format, as a whole and through a filter with alternatives.
//! Each file must hold exactly the events of the list, once and in the order of the log, and the server's memory must
//! not grow with the file. The same holds for background exports, in spite of kills.

mod contents;
mod download;
mod file;
mod job;
mod jobs;
mod list;
mod report;
mod watch;

use std::{
    fs,
    num::{NonZeroU64, NonZeroUsize},
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, Instant},
};

use auditlog_core::clock::{Clock as _, SystemClock};
use tokio::task::spawn_blocking;

use crate::{
    api::{Address, Credential, encode_parameter},
    campaign::Fault,
    corpus::{Corpus, Plan as CorpusPlan, dice::Dice},
    load::{self, OnLoss, Session, Shape, Tenant},
    server::{Keys, ServerPlan, ServerProcess, create_tenants, memory_of, processor_seconds},
};
use contents::Contents;
use download::{Download, download};
use file::FileKind;
pub use report::{ExportReport, ExportRow, JobRow};
use watch::Watch;

const START_MAX: Duration = Duration::from_secs(30);
const BATCH: u64 = 500;
const CONNECTIONS: usize = 8;

/// The options of a run.
#[derive(Debug, Clone)]
pub struct ExportPlan {
    /// The `auditlog` binary.
    pub server_binary: PathBuf,
    /// The directory of all files; removed after a run without violations.
    pub work_dir: PathBuf,
    /// The number of events in the log, without the server's own.
    pub events: NonZeroU64,
    /// The seed of keys and events.
    pub seed: u64,
}

/// The exported events. The server's own are excluded: each export adds some to the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Question {
    All,
    /// A part of them, selected by alternatives.
    Some,
}

impl Question {
    const EACH: [Self; 2] = [Self::All, Self::Some];

    const fn name(self) -> &'static str {
        match self {
            Self::All => "all events",
            Self::Some => "a filter with OR",
        }
    }

    const fn query(self) -> &'static str {
        match self {
            Self::All => "-service:auditlog",
            Self::Some => "(outcome:denied OR severity:>=high) -service:auditlog",
        }
    }

    fn parameters(self) -> String {
        format!("q={}", encode_parameter(self.query()))
    }
}

/// Runs the proof on a server of its own.
///
/// # Errors
/// The server cannot be started, filled or queried. Its mistakes are in the report.
pub async fn run(plan: &ExportPlan) -> Result<ExportReport, Fault> {
    fs::create_dir_all(&plan.work_dir)?;
    let keys = Keys::mint(plan.seed)?;
    let server_plan = server_plan(plan, &keys);
    let mut server = ServerProcess::spawn(&server_plan)?;
    server.ready(START_MAX).await?;
    let tenant = create_tenants(server.address(), &keys.system_key, 1, "export").await?.remove(0);
    fill(plan, &server, &tenant).await?;
    let (credential, work_dir, dice) = (tenant.credential, plan.work_dir.clone(), Dice::new(plan.seed));
    let mut scene = Scene { plan: server_plan, server, credential, work_dir, dice };
    let mut report = ExportReport { resident_before_mib: scene.resident_mib(), ..ExportReport::default() };
    for question in Question::EACH {
        scene.prove(question, &mut report).await?;
    }
    report.resident_after_mib = scene.resident_mib();
    scene.server.stop()?;
    if report.violations.is_empty() {
        fs::remove_dir_all(&plan.work_dir)?;
    }
    Ok(report)
}

fn server_plan(plan: &ExportPlan, keys: &Keys) -> ServerPlan {
    ServerPlan {
        binary: plan.server_binary.clone(),
        data_dir: plan.work_dir.join("data"),
        keys: Some(keys.clone()),
        bootstrap_file: plan.work_dir.join("keys.json"),
        log_file: plan.work_dir.join("server.log"),
        settings: vec![
            ("AUDITLOG__LOG__LEVEL", "warn".to_owned()),
            // Short, so that even a log that is exported in a moment has progress to resume from after a kill.
            ("AUDITLOG__SERVER__EXPORT_SYNC_MS", "10".to_owned()),
        ],
    }
}

/// Sends the events and waits until they are sealed and compacted.
async fn fill(plan: &ExportPlan, server: &ServerProcess, tenant: &Tenant) -> Result<(), Fault> {
    let corpus = Corpus::new(CorpusPlan::over_thirty_days(plan.seed, plan.events, SystemClock.now()));
    let session = Arc::new(Session::new(corpus, vec![tenant.clone()], 0));
    let load = load::Plan {
        connections: NonZeroUsize::new(CONNECTIONS).unwrap_or(NonZeroUsize::MIN),
        shape: Shape::Batch(NonZeroU64::new(BATCH).unwrap_or(NonZeroU64::MIN)),
        events: Some(plan.events),
        duration: None,
        rate: None,
        resend_every: None,
        on_loss: OnLoss::Retry(START_MAX),
    };
    let outcome = load::run(&session, server.address(), &load).await;
    if outcome.stored != plan.events.get() {
        return Err(format!("{} of {} events were stored: {:?}", outcome.stored, plan.events, outcome.failures).into());
    }
    server.quiet().await;
    Ok(())
}

/// A server and the list's answer for it.
struct Scene {
    plan: ServerPlan,
    server: ServerProcess,
    credential: Credential,
    work_dir: PathBuf,
    dice: Dice,
}

impl Scene {
    fn address(&self) -> Address {
        self.server.address()
    }

    fn resident_mib(&self) -> u64 {
        memory_of(self.server.id()).map_or(0, |memory| memory.resident_kib / 1024)
    }

    /// Compares the list with the files of every kind.
    async fn prove(&mut self, question: Question, report: &mut ExportReport) -> Result<(), Fault> {
        eprintln!("{}: walking over the list", question.name());
        let listed = list::contents(self.address(), &self.credential, &question.parameters()).await?;
        if listed.total != listed.contents.events() {
            let text = format!("{}: {} counted, {} listed", question.name(), listed.total, listed.contents.events());
            report.violations.push(text);
        }
        for kind in FileKind::EACH {
            eprintln!("{}: {kind}", question.name());
            self.export(question, kind, &listed.contents, report).await?;
        }
        if question == Question::All {
            self.prove_jobs(&listed.contents, report).await?;
        }
        Ok(())
    }

    /// Downloads one streamed export.
    async fn export(
        &self,
        question: Question,
        kind: FileKind,
        expected: &Contents,
        report: &mut ExportReport,
    ) -> Result<(), Fault> {
        let target = format!("/api/v1/events/export?{}&{}", kind.parameters(), question.parameters());
        let path = self.work_dir.join("export");
        let watch = Watch::begin(self.server.id());
        let (began, used) = (Instant::now(), processor_seconds(self.server.id()).unwrap_or(0.0));
        let got = download(self.address(), &self.credential, &Download::whole(&target, &path)).await?;
        let seconds = began.elapsed().as_secs_f64();
        let server_cpu_seconds = processor_seconds(self.server.id()).unwrap_or(0.0) - used;
        let resident_mib = watch.finish();
        let name = format!("{}: {kind}", question.name());
        match read(kind, &path).await? {
            Ok(contents) if contents == *expected => {}
            Ok(contents) => report.violations.push(format!("{name}: {contents}, but {expected} by the list")),
            Err(text) => report.violations.push(format!("{name}: {text}")),
        }
        let (events, bytes) = (expected.events(), got.bytes);
        report.rows.push(ExportRow { name, events, bytes, seconds, server_cpu_seconds, resident_mib });
        fs::remove_file(path)?;
        Ok(())
    }
}

/// The contents of a file, or why it cannot be read.
async fn read(kind: FileKind, path: &Path) -> Result<Result<Contents, String>, Fault> {
    let path = path.to_owned();
    Ok(spawn_blocking(move || file::contents(kind, &path).map_err(|error| error.to_string())).await?)
}
