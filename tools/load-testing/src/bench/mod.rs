//! Measures a server of its own on a fresh directory: ingest, bytes, memory, start, and queries whose answers are
//! checked. Figures are printed with the bars of the design.

mod cold;
mod disk;
mod expectations;
mod export;
mod ingest;
mod keys;
mod machine;
mod queries;
mod report;

use std::{
    fs,
    num::{NonZeroU64, NonZeroUsize},
    path::PathBuf,
    sync::Arc,
    time::Duration,
};

use auditlog_core::timestamp::Timestamp;
use expectations::Expectations;
pub use export::{ExportPlan, export};
use keys::Keys;
pub use machine::Machine;
pub use report::{Report, Row};

use crate::{
    campaign::Fault,
    corpus::{Content, Corpus, Plan as CorpusPlan},
    load::{self, OnLoss, Session, Shape},
    record::TenantIndex,
    server::{Keys as ServerKeys, ServerPlan, ServerProcess, create_tenants, memory_of},
};

/// The limit of a start, with a million events or more.
const START_MAX: Duration = Duration::from_mins(2);

/// The options of a measurement.
#[derive(Debug, Clone)]
pub struct BenchPlan {
    /// The `auditlog` binary.
    pub server_binary: PathBuf,
    /// The directory of all files; removed afterwards.
    pub work_dir: PathBuf,
    /// The number of events to load.
    pub events: NonZeroU64,
    /// The number of tenants; each has about half as many events as the one before.
    pub tenants: NonZeroUsize,
    /// How long single events are sent.
    pub singles_for: Duration,
    /// How long the server idles before its memory at rest is read.
    pub rest_for: Duration,
    /// How many different keys of each kind are looked up.
    pub needles: usize,
    /// The seed of the events.
    pub seed: u64,
    /// The newest time of an event. Together with the seed it determines every byte that is sent.
    pub newest: Timestamp,
    /// The kind of events.
    pub content: Content,
}

/// Measures everything and returns the report.
pub async fn run(plan: &BenchPlan) -> Result<Report, Fault> {
    fs::create_dir_all(&plan.work_dir)?;
    let server_plan = ServerPlan {
        binary: plan.server_binary.clone(),
        data_dir: plan.work_dir.join("data"),
        keys: None,
        bootstrap_file: plan.work_dir.join("keys.json"),
        log_file: plan.work_dir.join("server.log"),
        settings: vec![("AUDITLOG__LOG__LEVEL", "warn".to_owned())],
    };
    let mut report = Report::new(Machine::look(&plan.work_dir, &plan.server_binary), plan.events.get());

    let mut server = ServerProcess::spawn(&server_plan)?;
    report.add(Row::of("start, empty").with("ms", millis(server.ready(START_MAX).await?)));
    let keys = ServerKeys::read(&server_plan.bootstrap_file)?;
    let tenants = create_tenants(server.address(), &keys.system_key, plan.tenants.get(), "bench").await?;
    let corpus = Corpus::new(CorpusPlan::over_thirty_days(plan.seed, plan.events, plan.newest).of(plan.content));
    let session = Arc::new(Session::new(corpus, tenants, 0));

    eprintln!("loading {} events", plan.events);
    ingest::measure(&session, &server, plan, &mut report).await?;
    let highest = memory_of(server.id()).unwrap_or_default().highest_kib;
    report.add(Row::of("resident memory, highest while loaded").with("MiB", mebibytes(highest)).bar("≤1,229", "500"));
    server.stop()?;
    disk::measure(&server_plan.data_dir, plan.events.get(), &mut report)?;

    let mut server = ServerProcess::spawn(&server_plan)?;
    let took = server.ready(START_MAX).await?;
    report.add(Row::of("start, loaded").with("ms", millis(took)).bar("≤1,000 with 10M", "300"));
    tokio::time::sleep(plan.rest_for).await;
    let resident = memory_of(server.id()).unwrap_or_default().resident_kib;
    report.add(
        Row::of("resident memory, started and at rest").with("MiB", mebibytes(resident)).bar("≤100 with 10M", "64"),
    );

    server.stop()?;

    eprintln!("counting what the answers must be");
    let sent = session.record.snapshot(TenantIndex(0), 0);
    let expectations =
        Expectations::of(session.corpus.plan(), sent.acknowledged().map(|acknowledged| acknowledged.number));
    let keys = Keys::draw(&session.corpus, &expectations, plan.needles);
    cold::forget(&server_plan.data_dir)?;
    let mut server = ServerProcess::spawn(&server_plan)?;
    report.add(Row::of("start, loaded, nothing in the page cache").with("ms", millis(server.ready(START_MAX).await?)));
    queries::measure_cold(&session, server.address(), &keys, &mut report).await?;
    queries::measure(&session, server.address(), &keys, &expectations, &mut report).await?;
    let resident = memory_of(server.id()).unwrap_or_default().resident_kib;
    report.add(Row::of("resident memory, after the queries").with("MiB", mebibytes(resident)));

    eprintln!("sending single events for {} s", plan.singles_for.as_secs());
    singles(&session, &server, plan, &mut report).await?;
    server.stop()?;
    report.violations = session.record.violations().counts();
    fs::remove_dir_all(&plan.work_dir)?;
    Ok(report)
}

async fn singles(
    session: &Arc<Session>,
    server: &ServerProcess,
    plan: &BenchPlan,
    report: &mut Report,
) -> Result<(), Fault> {
    let load_plan = load::Plan {
        connections: NonZeroUsize::new(64).unwrap_or(NonZeroUsize::MIN),
        shape: Shape::Single,
        events: None,
        duration: Some(plan.singles_for),
        rate: None,
        resend_every: None,
        on_loss: OnLoss::Retry(Duration::from_secs(30)),
    };
    let outcome = load::run(session, server.address(), &load_plan).await;
    if !outcome.failures.is_empty() {
        return Err(format!("single events could not be sent: {:?}", outcome.failures).into());
    }
    let latency = outcome.latencies.percentiles();
    report.add(
        Row::of("single events, 64 connections").with("events/s", outcome.events_per_second()).bar("≥14,000", "18,000"),
    );
    report.add(
        Row::of("acknowledge of single events")
            .with("p50 ms", latency.p50_ms)
            .with("p99 ms", latency.p99_ms)
            .bar("≤4.5; ≤15", ""),
    );
    Ok(())
}

fn millis(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1_000.0
}

#[expect(clippy::cast_precision_loss, reason = "memory is far below 2^53 KiB")]
fn mebibytes(kib: u64) -> f64 {
    kib as f64 / 1_024.0
}
