//! Runs a server of its own for any duration under a steady load of writers and readers, and reports whether it stayed
//! the same: memory, files, logs on disk, bytes written per event, latencies. It may be killed during the run. At the
//! end all acknowledgements are proved.

mod numbers;
mod period;
mod proof;
mod readers;
mod report;
mod sampler;
mod slope;

use std::{
    fs,
    num::{NonZeroU64, NonZeroUsize},
    path::PathBuf,
    sync::Arc,
    time::{Duration, Instant},
};

use auditlog_core::{
    clock::{Clock as _, SystemClock},
    timestamp::Timestamp,
};
pub use numbers::{Counted, Standing};
pub use period::Summary;
use period::{HEADER, Period};
pub use proof::Proved;
pub use readers::Question;
use readers::{ReadMeter, Readers};
use report::Course;
pub use report::Report;
use sampler::{Sampled, Sampler};
pub use slope::Slope;
use tokio::{task::JoinHandle, time::sleep};

use crate::{
    campaign::Fault,
    corpus::{Content, Corpus, Plan as CorpusPlan},
    load::{self, Meter, OnLoss, Session, Shape},
    record::Kind,
    server::{Keys, ServerPlan, ServerProcess, create_tenants},
};

/// The limit of a start, including on a killed server's directory.
const START_MAX: Duration = Duration::from_mins(2);
/// How long a server may be unavailable before a client gives up.
const PATIENCE: Duration = Duration::from_mins(3);
/// The number of sending connections.
const CONNECTIONS: usize = 32;
/// The interval between readings of the server's metrics.
const SAMPLE_EVERY: Duration = Duration::from_secs(1);
/// The interval between printed lines, or a tenth of a shorter run.
const PERIOD_MAX: Duration = Duration::from_mins(1);
/// One request in this many is sent again after its acknowledgement: the receipts must equal the first ones.
const RESEND_EVERY: u64 = 200;

/// The options of a run.
#[derive(Debug, Clone)]
pub struct SoakPlan {
    /// The `auditlog` binary.
    pub server_binary: PathBuf,
    /// The directory of all files; removed after a run without violations.
    pub work_dir: PathBuf,
    /// How long to send and read.
    pub duration: Duration,
    /// The target rate of events per second.
    pub rate: NonZeroU64,
    /// The number of tenants; each has about half as many events as the one before.
    pub tenants: NonZeroUsize,
    /// The interval at which the server is killed and started again.
    pub kill_every: Option<Duration>,
    /// About this many events are walked at the end, the last ones of each tenant.
    pub walk_events: u64,
    /// The seed of the events.
    pub seed: u64,
    /// Environment variables of the server's configuration.
    pub settings: Vec<(&'static str, String)>,
}

impl SoakPlan {
    /// The part of the run that one line covers.
    fn period(&self) -> Duration {
        (self.duration / 10).clamp(SAMPLE_EVERY, PERIOD_MAX)
    }

    fn periods(&self) -> u32 {
        let whole = self.duration.as_millis() / self.period().as_millis();
        u32::try_from(whole).unwrap_or(u32::MAX).max(1)
    }

    /// Events happen when they are sent: the ids of an hour's events are in that hour, as with real producers.
    fn corpus(&self, now: Timestamp) -> Corpus {
        let span_micros = u64::try_from(self.duration.as_micros()).unwrap_or(u64::MAX);
        let newest = Timestamp::from_micros(now.as_micros().saturating_add_unsigned(span_micros));
        let events = self.rate.get().saturating_mul(span_micros) / 1_000_000;
        Corpus::new(CorpusPlan { seed: self.seed, events, newest, span_micros, content: Content::Standard })
    }

    fn server(&self) -> ServerPlan {
        let mut settings = vec![("AUDITLOG__LOG__LEVEL", "warn".to_owned())];
        settings.extend(self.settings.iter().cloned());
        ServerPlan {
            binary: self.server_binary.clone(),
            data_dir: self.work_dir.join("data"),
            keys: None,
            bootstrap_file: self.work_dir.join("keys.json"),
            log_file: self.work_dir.join("server.log"),
            settings,
        }
    }

    fn load(&self) -> load::Plan {
        load::Plan {
            connections: NonZeroUsize::new(CONNECTIONS).unwrap_or(NonZeroUsize::MIN),
            shape: Shape::Mixed,
            events: None,
            duration: Some(self.duration),
            rate: Some(self.rate),
            resend_every: NonZeroU64::new(RESEND_EVERY),
            on_loss: OnLoss::Retry(PATIENCE),
        }
    }
}

/// Sends, reads, measures, proves, and returns the report.
pub async fn run(plan: &SoakPlan) -> Result<Report, Fault> {
    fs::create_dir_all(&plan.work_dir)?;
    let mut server = ServerProcess::spawn(&plan.server())?;
    server.ready(START_MAX).await?;
    let keys = Keys::read(&plan.server().bootstrap_file)?;
    let tenants = create_tenants(server.address(), &keys.system_key, plan.tenants.get(), "soak").await?;
    let session = Arc::new(Session::new(plan.corpus(SystemClock.now()), tenants, 0));

    let mut soak = Soak::begin(plan, server, &session);
    soak.resume().await?;
    let (server, course) = soak.finish().await?;
    eprintln!("proving what was acknowledged");
    let proved = proof::prove(&session, server, plan).await?;
    let report = Report::new(plan, course, proved, session.record.violations().counts());
    if report.violations.is_empty() {
        fs::remove_dir_all(&plan.work_dir)?;
    }
    Ok(report)
}

/// A run in progress.
struct Soak<'a> {
    plan: &'a SoakPlan,
    session: Arc<Session>,
    server: ServerProcess,
    sampler: Sampler,
    began: Instant,
    sent: Arc<Meter>,
    read: Arc<ReadMeter>,
    writers: JoinHandle<()>,
    readers: Readers,
    course: Course,
}

impl<'a> Soak<'a> {
    fn begin(plan: &'a SoakPlan, server: ServerProcess, session: &Arc<Session>) -> Self {
        let began = Instant::now();
        let (sent, read) = (Arc::new(Meter::default()), Arc::new(ReadMeter::default()));
        let writers = tokio::spawn({
            let (session, address, meter, load) =
                (Arc::clone(session), server.address(), Arc::clone(&sent), plan.load());
            async move { load::run_metered(&session, address, &load, &meter).await }
        });
        let readers = Readers::start(session, server.address(), &read, began + plan.duration);
        let (session, sampler, course) = (Arc::clone(session), Sampler::default(), Course::default());
        Self { plan, session, server, sampler, began, sent, read, writers, readers, course }
    }

    async fn resume(&mut self) -> Result<(), Fault> {
        for line in HEADER {
            eprintln!("{line}");
        }
        let mut next_kill = self.plan.kill_every;
        for number in 1..=self.plan.periods() {
            let end = self.plan.period() * number;
            while self.began.elapsed() < end {
                sleep(SAMPLE_EVERY.min(end.saturating_sub(self.began.elapsed()))).await;
                self.sampler.look(&self.server).await;
                if next_kill.is_some_and(|at| self.began.elapsed() >= at && at < self.plan.duration) {
                    next_kill = next_kill.zip(self.plan.kill_every).map(|(at, every)| at + every);
                    self.kill().await?;
                }
                self.restart_where_it_ended().await?;
            }
            self.end_period(end);
        }
        Ok(())
    }

    fn end_period(&mut self, end: Duration) {
        let Sampled { peak, counted } = self.sampler.take();
        let period =
            Period { lasted: self.plan.period(), sent: self.sent.take(), read: self.read.take(), peak, counted };
        let time = format!("{}:{:02}", end.as_secs() / 60, end.as_secs() % 60);
        eprintln!("{time:>6} {}", Summary::of(std::slice::from_ref(&period)));
        self.course.periods.push(period);
    }

    async fn kill(&mut self) -> Result<(), Fault> {
        self.server.kill()?;
        self.restart("killed").await
    }

    /// A server that ends by itself has broken its promise; the run continues, to find further violations.
    async fn restart_where_it_ended(&mut self) -> Result<(), Fault> {
        let Some(status) = self.server.ended()? else { return Ok(()) };
        let text = format!("the server ended by itself with {status}: {}", self.server.last_output());
        self.session.record.violations().report(Kind::Refused, text);
        self.restart("ended").await
    }

    async fn restart(&mut self, why: &str) -> Result<(), Fault> {
        self.server = ServerProcess::spawn_at(&self.plan.server(), self.server.address())?;
        self.sampler.restarted();
        let took = self.server.ready(START_MAX).await?;
        eprintln!("       {why}; started again and ready after {:.0} ms", took.as_secs_f64() * 1_000.0);
        self.course.restarts.push(took);
        Ok(())
    }

    /// Waits until everything is answered and the server is idle.
    async fn finish(mut self) -> Result<(ServerProcess, Course), Fault> {
        self.writers.await?;
        self.readers.finish().await;
        let late = self.sent.take();
        self.course.failures.clone_from(&late.failures);
        eprintln!("waiting until nothing is left to seal or compact");
        self.server.quiet().await;
        self.sampler.look(&self.server).await;
        self.course.at_rest = self.sampler.now();
        self.course.counted = self.sampler.counted();
        Ok((self.server, self.course))
    }
}
