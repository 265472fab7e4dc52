//! Owns the commands `hammer load` and `hammer verify`: their arguments, and the files that they exchange.

use std::{
    num::{NonZeroU64, NonZeroUsize},
    path::PathBuf,
    sync::Arc,
    time::Duration,
};

use auditlog_core::{clock::Clock as _, clock::SystemClock};
use auditlog_load_testing::{
    api::{Address, Credential},
    corpus::{Content, Corpus, Plan as CorpusPlan},
    load::{self, OnLoss, Outcome, Percentiles, RecordFile, Session, Shape, Tenant},
    server::{create_tenants, read_tenants},
    verify::{self, Direction, PointPlan, Verified},
};
use clap::Args;
use serde::Serialize;

use crate::commands::{Failure, print_summary, seed};

/// How long a server may be unavailable before a load gives up.
const PATIENCE: Duration = Duration::from_mins(1);

#[derive(Debug, Args)]
pub(crate) struct LoadArguments {
    #[command(flatten)]
    target: TargetArguments,
    /// The number of concurrent connections.
    #[arg(long, default_value = "8")]
    connections: NonZeroUsize,
    /// Events per request; 1 sends each by itself to `POST events`.
    #[arg(long, default_value = "500")]
    batch: NonZeroU64,
    /// Stop after this many events.
    #[arg(long, required_unless_present = "duration_s")]
    events: Option<NonZeroU64>,
    /// Stop after this many seconds.
    #[arg(long)]
    duration_s: Option<u64>,
    /// The maximum number of events per second.
    #[arg(long)]
    rate: Option<NonZeroU64>,
    /// Send one request in this many twice and compare the receipts.
    #[arg(long, default_value = "50")]
    resend_every: NonZeroU64,
    /// The seed of the events.
    #[arg(long)]
    seed: Option<u64>,
    /// The kind of events: standard or extended.
    #[arg(long, default_value_t)]
    corpus: Content,
    /// Write every acknowledgement to this file, for `hammer verify`.
    #[arg(long)]
    record: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct VerifyArguments {
    #[command(flatten)]
    target: TargetArguments,
    /// The file that `hammer load --record` wrote.
    #[arg(long)]
    record: PathBuf,
}

#[derive(Debug, Args)]
struct TargetArguments {
    /// The address of the server: http:// with an IP address and a port.
    #[arg(long, env = "AUDITLOG_URL", default_value = "http://127.0.0.1:8080")]
    url: String,
    /// A JSON file of API keys by tenant; each key sends and reads.
    #[arg(long, conflicts_with = "system_key")]
    keys: Option<PathBuf>,
    /// The system key: tenants are created with it.
    #[arg(long, env = "AUDITLOG_SYSTEM_KEY", hide_env_values = true)]
    system_key: Option<String>,
    /// How many tenants to create.
    #[arg(long, default_value = "5")]
    tenants: NonZeroUsize,
    /// The key of a single tenant, instead of a file or a system key.
    #[arg(long, env = "AUDITLOG_KEY", hide_env_values = true)]
    key: Option<String>,
    /// The tenant of that key.
    #[arg(long, default_value = "default")]
    tenant: String,
}

/// The JSON summary of a load.
#[derive(Debug, Serialize)]
struct LoadSummary {
    stored_events: u64,
    duplicate_events: u64,
    in_doubt_events: u64,
    retries: u64,
    overloads: u64,
    elapsed_seconds: f64,
    events_per_second: f64,
    latency: Percentiles,
    verified: Verified,
    violations: std::collections::BTreeMap<&'static str, u64>,
}

impl TargetArguments {
    fn address(&self) -> Result<Address, Failure> {
        Address::parse(&self.url).map_err(Failure::CannotRun)
    }

    async fn tenants(&self, seed: u64) -> Result<Vec<Tenant>, Failure> {
        if let Some(path) = &self.keys {
            return read_tenants(path).map_err(Failure::cannot);
        }
        if let Some(key) = &self.system_key {
            let prefix = format!("hammer-{:08x}", seed & 0xffff_ffff);
            return create_tenants(self.address()?, key, self.tenants.get(), &prefix).await.map_err(Failure::cannot);
        }
        let key = self.key.as_ref().ok_or_else(|| Failure::cannot("give --keys, --system-key or --key"))?;
        Ok(vec![Tenant { id: self.tenant.clone(), credential: Credential::of_key(key) }])
    }
}

pub(crate) async fn load(arguments: LoadArguments) -> Result<(), Failure> {
    let seed = seed(arguments.seed);
    let address = arguments.target.address()?;
    let tenants = arguments.target.tenants(seed).await?;
    let events = arguments.events.unwrap_or(NonZeroU64::new(1_000_000).unwrap_or(NonZeroU64::MIN));
    let corpus = Corpus::new(CorpusPlan::over_thirty_days(seed, events, SystemClock.now()).of(arguments.corpus));
    let session = Arc::new(Session::new(corpus, tenants, 0));
    let plan = load::Plan {
        connections: arguments.connections,
        shape: if arguments.batch.get() == 1 { Shape::Single } else { Shape::Batch(arguments.batch) },
        events: arguments.events,
        duration: arguments.duration_s.map(Duration::from_secs),
        rate: arguments.rate,
        resend_every: Some(arguments.resend_every),
        on_loss: OnLoss::Retry(PATIENCE),
    };
    let outcome = load::run(&session, address, &plan).await;
    if let Some(path) = &arguments.record {
        RecordFile::of(&session).write(path).map_err(Failure::cannot)?;
    }
    report(&session, address, &outcome).await
}

pub(crate) async fn verify(arguments: VerifyArguments) -> Result<(), Failure> {
    let address = arguments.target.address()?;
    let file = RecordFile::read(&arguments.record).map_err(Failure::cannot)?;
    let known = arguments.target.tenants(0).await?;
    let session = Arc::new(file.into_session(&known).map_err(Failure::CannotRun)?);
    report(&session, address, &Outcome::default()).await
}

/// Proves the acknowledgements and prints the results.
async fn report(session: &Arc<Session>, address: Address, outcome: &Outcome) -> Result<(), Failure> {
    let points = PointPlan { per_tenant: 500, seed: session.corpus.plan().seed };
    let plan = verify::Plan { first_sequences: Vec::new(), direction: Direction::NewestFirst, points };
    let verified = verify::run(session, address, &plan).await.map_err(Failure::cannot)?;
    let latency = outcome.latencies.percentiles();
    let violations = session.record.violations().counts();
    let summary = LoadSummary {
        stored_events: outcome.stored,
        duplicate_events: outcome.duplicates,
        in_doubt_events: session.record.in_doubt(),
        retries: outcome.retries,
        overloads: outcome.overloads,
        elapsed_seconds: outcome.elapsed.as_secs_f64(),
        events_per_second: outcome.events_per_second(),
        latency,
        verified,
        violations,
    };
    eprintln!(
        "{} stored, {} duplicates in {:.1} s: {:.0} events/s; answers p50 {:.1} p90 {:.1} p99 {:.1} max {:.1} ms",
        summary.stored_events,
        summary.duplicate_events,
        summary.elapsed_seconds,
        summary.events_per_second,
        latency.p50_ms,
        latency.p90_ms,
        latency.p99_ms,
        latency.max_ms
    );
    eprintln!(
        "{} events walked, {} got one by one, {} asked for by other tenants; violations: {:?}",
        summary.verified.walked, summary.verified.gets, summary.verified.foreign_gets, summary.violations
    );
    for failure in &outcome.failures {
        eprintln!("a connection ended early: {failure}");
    }
    print_summary(&summary)?;
    match summary.violations.is_empty() {
        false => Err(Failure::PromiseBroken),
        true if !outcome.failures.is_empty() => Err(Failure::cannot("not everything could be sent")),
        true => Ok(()),
    }
}
