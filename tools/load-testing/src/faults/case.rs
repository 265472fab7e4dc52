//! Owns one case: a fresh directory, the workload with one fault, and the proofs during the fault and after it.

use std::{
    collections::BTreeMap,
    fs,
    num::NonZeroU64,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use auditlog_core::{clock::Clock as _, clock::SystemClock};
use tokio::task::spawn_blocking;

use crate::{
    api::{CallError, Credential},
    campaign::Fault as Failure,
    corpus::{Corpus, Plan as CorpusPlan},
    faults::{
        CallReport, Class, Fault, Injection, Shim,
        strays::{Expected, Strays},
        workload,
    },
    load::{Session, Tenant},
    record::{Kind, Violations},
    server::{DisposableCopy, Keys, ServerPlan, ServerProcess, SetupError, StartError, check, create_tenants},
};

/// The limit of a start and of a stop: a slower server hangs.
const PATIENCE: Duration = Duration::from_secs(20);
/// The seed of events and keys. Cases differ only in their fault.
const SEED: u64 = 0x0066_6175_6c74;
/// The logs of the two lives with the fault.
const LOGS: [&str; 2] = ["with-fault.log", "with-fault-again.log"];
/// A server's message about a fault contains one of these: the system's words or SQLite's.
const REASONS: [&str; 7] = [
    "Input/output error",
    "No space left on device",
    "disk I/O error",
    "database or disk is full",
    "unable to open database file",
    "could be opened for reading only",
    "could not be put into WAL mode",
];

/// The effect of a fault on the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    /// None: every request was answered normally.
    Unharmed,
    /// A seal or a compaction failed; requests were answered normally.
    UpkeepFailed,
    /// From some request on each request that changes something was refused.
    IntakeStopped,
    /// It gave the reason why it does not start, and ended.
    NotStarted,
    /// It worked normally until it was stopped, and reported that it could not stop cleanly.
    NotClosed,
}

impl Outcome {
    /// Every outcome.
    pub const ALL: [Self; 5] =
        [Self::Unharmed, Self::UpkeepFailed, Self::IntakeStopped, Self::NotStarted, Self::NotClosed];

    /// A short name for tables.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unharmed => "unharmed",
            Self::UpkeepFailed => "upkeep failed",
            Self::IntakeStopped => "intake stopped",
            Self::NotStarted => "not started",
            Self::NotClosed => "not closed",
        }
    }
}

/// The inputs shared by all cases.
#[derive(Debug, Clone)]
pub struct Case {
    /// The `auditlog` binary.
    pub server_binary: PathBuf,
    /// The library that injects faults.
    pub shim: Shim,
    /// The directory for the cases' directories.
    pub work_dir: PathBuf,
}

/// The result of a case.
#[derive(Debug, Clone)]
pub struct CaseResult {
    /// The calls that were made, and those that failed.
    pub report: CallReport,
    /// The effect of the fault.
    pub outcome: Outcome,
    /// Events that were acknowledged.
    pub acknowledged: u64,
    /// Broken promises of each kind.
    pub violations: BTreeMap<&'static str, u64>,
}

/// A running case.
struct Run<'a> {
    case: &'a Case,
    injection: Option<Injection>,
    place: PathBuf,
    keys: Keys,
    violations: Violations,
    /// How many events the first refused request had.
    first_refused: Option<u64>,
    /// The stray files that were placed among the segments before the second life.
    strays: Option<Strays>,
}

impl Case {
    /// Runs the workload with this fault, or without any, in the directory `name`.
    ///
    /// # Errors
    /// Describes why the server cannot be judged.
    pub async fn run(&self, injection: Option<Injection>, name: &str) -> Result<CaseResult, Failure> {
        let place = self.work_dir.join(name);
        fs::create_dir_all(place.join("disk"))?;
        let keys = Keys::mint(SEED)?;
        let mut run = Run {
            case: self,
            injection,
            place,
            keys,
            violations: Violations::default(),
            first_refused: None,
            strays: None,
        };
        let lived = run.suffer().await;
        let (outcome, session) = run.blame(lived)?.unwrap_or((Outcome::NotClosed, None));
        let report = CallReport::read(&run.place.join("calls"))?;
        run.judge(outcome, &report);
        let session = session.unwrap_or_else(|| Arc::new(run.session(Vec::new())));
        let recovered = run.recover(&session).await;
        run.blame(recovered)?;
        let mut violations = run.violations.counts();
        for (kind, count) in session.record.violations().counts() {
            *violations.entry(kind).or_default() += count;
        }
        if violations.is_empty() {
            fs::remove_dir_all(&run.place)?;
        }
        Ok(CaseResult { report, outcome, acknowledged: session.record.acknowledged(), violations })
    }
}

impl Run<'_> {
    /// The server's life with the fault.
    async fn suffer(&mut self) -> Result<(Outcome, Option<Arc<Session>>), Failure> {
        let shim = self.shim(&BTreeMap::new());
        let mut server = ServerProcess::spawn(&self.server_plan(LOGS[0], shim))?;
        match server.ready(PATIENCE).await {
            Ok(_) => {}
            Err(StartError::Exited(status, _)) if !status.success() => return Ok((Outcome::NotStarted, None)),
            Err(error) => {
                self.violations.report(Kind::Refused, format!("it neither started nor gave a reason: {error}"));
                return Ok((Outcome::NotStarted, None));
            }
        }
        let created = create_tenants(server.address(), &self.keys.system_key, 1, "faults").await;
        let is_control_refused = matches!(created, Err(SetupError::Refused(_)));
        let session = Arc::new(self.session(if is_control_refused { Vec::new() } else { created? }));
        let driven = workload::drive(&session, server.address()).await?;
        self.first_refused = driven.first_refused.filter(|_| !is_control_refused);
        let proved = workload::prove(&session, server.address()).await?;
        if proved.unacknowledged_found > 0 {
            let text = format!("{} events are served whose request was refused", proved.unacknowledged_found);
            self.violations.report(Kind::Inconsistent, text);
        }
        let is_ready = workload::is_ready(server.address()).await;
        let is_refused = is_control_refused || driven.first_refused.is_some();
        let status = server.stop_within(PATIENCE).await?;
        let Some(status) = status else {
            self.violations.report(Kind::Refused, "the server did not stop".to_owned());
            return Ok((Outcome::NotClosed, Some(session)));
        };
        let outcome = match (is_refused, is_ready, status.success()) {
            (true, _, _) => Outcome::IntakeStopped,
            (false, false, true) => Outcome::UpkeepFailed,
            (false, true, true) => Outcome::Unharmed,
            (false, _, false) => Outcome::NotClosed,
        };
        if is_refused && (is_ready || status.success()) {
            let text =
                format!("a server that refuses events says that it is ready ({is_ready}), or ends with {status}");
            self.violations.report(Kind::Refused, text);
        }
        self.check("as-left").await?;
        let report = CallReport::read(&self.place.join("calls"))?;
        if outcome != Outcome::Unharmed || !report.injected.is_empty() {
            return Ok((outcome, Some(session)));
        }
        Ok((self.start_among_strays(&session, &report.calls).await?, Some(session)))
    }

    /// A second life, with the fault if the first one did not reach it: its start finds files that are not the
    /// server's.
    async fn start_among_strays(
        &mut self,
        session: &Arc<Session>,
        counted: &BTreeMap<Class, u64>,
    ) -> Result<Outcome, Failure> {
        self.strays = Some(Strays::leave(&self.data_dir(), &self.place.join("elsewhere"))?);
        let mut server = ServerProcess::spawn(&self.server_plan(LOGS[1], self.shim(counted)))?;
        match server.ready(PATIENCE).await {
            Ok(_) => {}
            Err(StartError::Exited(status, _)) if !status.success() => return Ok(Outcome::NotStarted),
            Err(error) => {
                self.violations.report(Kind::Refused, format!("it neither started again nor gave a reason: {error}"));
                return Ok(Outcome::NotStarted);
            }
        }
        let proved = workload::prove(session, server.address()).await?;
        if proved.unacknowledged_found > 0 {
            let text = format!("{} events are served that were never sent", proved.unacknowledged_found);
            self.violations.report(Kind::Inconsistent, text);
        }
        let is_ready = workload::is_ready(server.address()).await;
        let outcome = match (server.stop_within(PATIENCE).await?, is_ready) {
            (Some(status), true) if status.success() => Outcome::Unharmed,
            (Some(status), false) if status.success() => Outcome::UpkeepFailed,
            (Some(_), _) => Outcome::NotClosed,
            (None, _) => {
                self.violations.report(Kind::Refused, "the server did not stop".to_owned());
                Outcome::NotClosed
            }
        };
        self.check_strays(Expected::Either);
        self.check("as-left-again").await?;
        Ok(outcome)
    }

    fn shim(&self, counted: &BTreeMap<Class, u64>) -> Vec<(&'static str, String)> {
        let (root, report) = (self.place.join("disk"), self.place.join("calls"));
        self.case.shim.environment(&root, counted, &report, self.injection)
    }

    fn check_strays(&self, expected: Expected) {
        for missing in self.strays.iter().flat_map(|strays| strays.missing(expected)) {
            self.violations.report(Kind::Lost, format!("{missing} was neither ours nor is it still there"));
        }
    }

    /// A server that goes away has failed its clients; any other error is unrelated to the server.
    fn blame<T>(&self, done: Result<T, Failure>) -> Result<Option<T>, Failure> {
        match done {
            Err(failure) if failure.is::<CallError>() || failure.is::<SetupError>() => {
                self.violations.report(Kind::Refused, format!("it does not answer any more: {failure}"));
                Ok(None)
            }
            done => done.map(Some),
        }
    }

    /// Whether a fault may have this effect.
    fn judge(&self, outcome: Outcome, report: &CallReport) {
        let refuse = |text: String| self.violations.report(Kind::Refused, text);
        if report.injected.is_empty() && outcome != Outcome::Unharmed {
            refuse(format!("{} without any fault", outcome.as_str()));
        }
        let is_short = self.injection.is_some_and(|injection| injection.kind.fault == Fault::Short);
        if is_short && outcome != Outcome::Unharmed {
            refuse(format!("{} though the rest of a short write could be written", outcome.as_str()));
        }
        let log = LOGS.map(|log| fs::read_to_string(self.place.join(log)).unwrap_or_default()).concat();
        if outcome != Outcome::Unharmed && !REASONS.iter().any(|reason| log.contains(reason)) {
            refuse(format!("{}, and the log does not say why: {log}", outcome.as_str()));
        }
        // docs/spec/data-directory.md names the write-ahead log. What failed to reach it is not stored, so the intake
        // must not continue.
        let is_commit = |file: &String| file.ends_with("/ledger.db-wal");
        let is_write = self.injection.is_some_and(|injection| matches!(injection.class.as_str(), "write" | "sync"));
        if is_write && !is_short && outcome == Outcome::Unharmed && report.injected.iter().any(is_commit) {
            refuse("a write or sync of the write-ahead log failed, and it was not reported".to_owned());
        }
    }

    /// A life without faults: all acknowledged events are present, the server accepts new ones, and stops cleanly.
    async fn recover(&mut self, session: &Arc<Session>) -> Result<(), Failure> {
        let mut server = ServerProcess::spawn(&self.server_plan("without-fault.log", Vec::new()))?;
        if let Err(error) = server.ready(PATIENCE).await {
            self.violations.report(Kind::Refused, format!("does not start when the fault is gone: {error}"));
            return Ok(());
        }
        self.check_strays(Expected::Quarantined);
        let found = workload::prove(session, server.address()).await?.unacknowledged_found;
        // After the first failed request nothing was sent, so only its events can be present, and only all of them.
        if found != 0 && Some(found) != self.first_refused {
            let text = format!("{found} events of refused requests are there; {:?} would be whole", self.first_refused);
            self.violations.report(Kind::Inconsistent, text);
        }
        workload::send_more(session, server.address()).await;
        workload::prove(session, server.address()).await?;
        match server.stop_within(PATIENCE).await? {
            Some(status) if status.success() => {}
            status => self.violations.report(Kind::Refused, format!("without a fault it ends with {status:?}")),
        }
        self.check("at-last").await
    }

    async fn check(&self, name: &str) -> Result<(), Failure> {
        let copy = DisposableCopy::of(&self.data_dir(), self.place.join(name))?;
        let binary = self.case.server_binary.clone();
        let report = spawn_blocking(move || check(&binary, &copy)).await??;
        if !report.is_clean {
            self.violations.report(Kind::Damaged, report.output);
        }
        Ok(())
    }

    /// Tenant `default` and these.
    fn session(&self, more: Vec<Tenant>) -> Session {
        let mut tenants =
            vec![Tenant { id: "default".to_owned(), credential: Credential::of_key(&self.keys.default_key) }];
        tenants.extend(more);
        let events = NonZeroU64::new(2_000).unwrap_or(NonZeroU64::MIN);
        let corpus = Corpus::new(CorpusPlan::over_thirty_days(SEED, events, SystemClock.now()));
        Session::new(corpus, tenants, 0)
    }

    fn server_plan(&self, log_file: &str, environment: Vec<(&'static str, String)>) -> ServerPlan {
        let mut settings = workload::settings();
        settings.extend(environment);
        ServerPlan {
            binary: self.case.server_binary.clone(),
            data_dir: self.data_dir(),
            keys: Some(self.keys.clone()),
            bootstrap_file: self.place.join("keys.json"),
            log_file: self.place.join(log_file),
            settings,
        }
    }

    fn data_dir(&self) -> PathBuf {
        Path::join(&self.place, "disk/data")
    }
}
