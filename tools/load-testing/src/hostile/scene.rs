//! Owns one server with its clients: set up, filled, and at the end proved and checked.

use std::{
    collections::BTreeMap,
    fs,
    num::{NonZeroU64, NonZeroUsize},
    path::PathBuf,
    sync::Arc,
    time::{Duration, Instant},
};

use auditlog_core::{
    clock::{Clock as _, SystemClock},
    timestamp::{MICROS_PER_DAY, Timestamp},
};
use serde_json::json;
use tokio::{task::spawn_blocking, time::sleep};

use crate::{
    api::{Address, Call, Client, CreatedKey, Credential},
    campaign::Fault,
    corpus::{Corpus, Plan as CorpusPlan},
    hostile::{
        HostilePlan, Kind,
        attack::{Answers, Target},
        conditions::Conditions,
        others::{Others, Reader},
    },
    load::{self, OnLoss, Session, Shape, Tenant},
    record::Kind as Promise,
    server::{DisposableCopy, Keys, Resources, ServerPlan, ServerProcess, check},
    verify::{self, Direction, PointPlan},
};

const START_MAX: Duration = Duration::from_secs(30);
/// How long a server may take to release the resources of hostile clients.
const SETTLE_MAX: Duration = Duration::from_secs(45);
/// How long it may take to stop: its own limit for running requests, plus a margin.
const STOP_MAX: Duration = Duration::from_mins(1);
/// The number of additional descriptors that may be open after an attack, for segments that were added meanwhile.
const DESCRIPTORS_MORE_MAX: u64 = 64;
/// Times of events are so far in the past that they are never in the future after a jump of the clock.
const DAYS_BACK: i64 = 3;

/// A server and its clients.
pub(super) struct Scene {
    pub server: ServerProcess,
    pub others: Others,
    pub target: Target,
    pub conditions: Conditions,
    /// Sends as fast as possible if a crowd is part of the kind.
    pub crowd: Arc<Session>,
    server_plan: ServerPlan,
    work_dir: PathBuf,
}

impl Scene {
    /// Starts a server on a fresh directory and fills it.
    pub(super) async fn set(plan: &HostilePlan, kind: Kind) -> Result<Self, Fault> {
        let work_dir = plan.work_dir.join(kind.as_str());
        fs::create_dir_all(&work_dir)?;
        let conditions = Conditions::compile(&work_dir)?;
        let keys = Keys::mint(plan.seed)?;
        let mut settings = vec![("AUDITLOG__LOG__LEVEL", "warn".to_owned())];
        if kind.class() == super::Class::Machine {
            settings.extend(conditions.environment());
        }
        let server_plan = ServerPlan {
            binary: plan.server_binary.clone(),
            data_dir: work_dir.join("data"),
            keys: Some(keys.clone()),
            bootstrap_file: work_dir.join("keys.json"),
            log_file: work_dir.join("server.log"),
            settings,
        };
        let mut server = ServerProcess::spawn(&server_plan)?;
        server.ready(START_MAX).await?;
        let address = server.address();
        let key = async |tenant: &str| create_tenant(address, &keys.system_key, tenant).await;
        let (batches, singles, stranger) = (key("batches").await?, key("singles").await?, key("stranger").await?);
        let visitor = key("visitor").await?;
        let neighbour = create_key(address, &batches, json!({"name": "neighbour", "role": "audit_admin"})).await?;
        let reader = Credential::of_key(&batches);
        let crowd = session(plan, "stranger", &stranger);
        let target = |words| Target { address, stranger, visitor, neighbour, words, answers: Answers::default() };
        let batches = session(plan, "batches", &batches);
        let words = (0..64).map(|rank| batches.corpus.word(rank).to_owned()).collect();
        let others = Others {
            address,
            reader: Reader { key: reader, ids: fill(&batches, address, plan.events).await? },
            batches,
            singles: session(plan, "singles", &singles),
            events_per_second: plan.events_per_second,
        };
        Ok(Self { server, others, target: target(words), conditions, crowd, server_plan, work_dir })
    }

    /// Waits until the server holds no more than before and reports that it is ready.
    pub(super) async fn settle(&self, before: Resources) -> Resources {
        let began = Instant::now();
        loop {
            let now = Resources::of(self.server.id());
            let is_settled = now.descriptors <= before.descriptors + DESCRIPTORS_MORE_MAX && self.is_ready().await;
            if is_settled {
                return now;
            }
            if began.elapsed() > SETTLE_MAX {
                let text = format!("the server does not recover: {before:?} before, {now:?} now");
                self.violated(Promise::Refused, text);
                return now;
            }
            sleep(Duration::from_millis(50)).await;
        }
    }

    /// Whether the server reports that it is ready.
    pub(super) async fn is_ready(&self) -> bool {
        let answer = Client::new(self.others.address).call(&Credential::none(), Call::get("/health/ready")).await;
        answer.is_ok_and(|answer| answer.status.is_success())
    }

    /// Records a broken promise.
    pub(super) fn violated(&self, promise: Promise, text: String) {
        self.others.batches.record.violations().report(promise, text);
    }

    /// Proves all acknowledgements, restarts the server, proves them again, and checks its files. Returns the broken
    /// promises.
    pub(super) async fn prove(self) -> Result<BTreeMap<&'static str, u64>, Fault> {
        let Self { server, others, crowd, server_plan, work_dir, .. } = self;
        let sessions = [&others.batches, &others.singles, &crowd];
        let violations = others.batches.record.violations();
        prove_sessions(&sessions, server.address()).await?;
        if !server.stop_within(STOP_MAX).await?.is_some_and(|status| status.success()) {
            violations.report(Promise::Refused, "the server did not stop cleanly".to_owned());
        }
        let mut server = ServerProcess::spawn(&server_plan)?;
        server.ready(START_MAX).await?;
        prove_sessions(&sessions, server.address()).await?;
        server.stop()?;
        let copy = DisposableCopy::of(&server_plan.data_dir, work_dir.join("copy"))?;
        let binary = server_plan.binary.clone();
        let report = spawn_blocking(move || check(&binary, &copy)).await??;
        if !report.is_clean {
            violations.report(Promise::Damaged, report.output);
        }
        let mut counts = BTreeMap::new();
        for (kind, count) in sessions.into_iter().flat_map(|session| session.record.violations().counts()) {
            *counts.entry(kind).or_default() += count;
        }
        if counts.is_empty() {
            fs::remove_dir_all(&work_dir)?;
        }
        Ok(counts)
    }
}

async fn prove_sessions(sessions: &[&Arc<Session>], address: Address) -> Result<(), Fault> {
    for session in sessions {
        let points = PointPlan { per_tenant: 100, seed: 7 };
        let plan = verify::Plan { first_sequences: Vec::new(), direction: Direction::NewestFirst, points };
        verify::run(session, address, &plan).await?;
    }
    Ok(())
}

async fn create_tenant(address: Address, system_key: &str, id: &str) -> Result<String, Fault> {
    let body = json!({"id": id, "name": id}).to_string();
    Client::new(address).call(&Credential::of_key(system_key), Call::post("/api/v1/tenants", body.into())).await?;
    create_key(address, system_key, json!({"tenant_id": id, "name": id, "role": "audit_admin"})).await
}

async fn create_key(address: Address, by: &str, body: serde_json::Value) -> Result<String, Fault> {
    let call = Call::post("/api/v1/api-keys", body.to_string().into());
    let answer = Client::new(address).call(&Credential::of_key(by), call).await?;
    let created: CreatedKey = serde_json::from_slice(&answer.body).map_err(|_| answer.text())?;
    Ok(created.key)
}

/// The events of one tenant; each tenant has different ones.
fn session(plan: &HostilePlan, tenant: &str, key: &str) -> Arc<Session> {
    let seed = plan.seed ^ tenant.len() as u64 ^ u64::from(tenant.as_bytes().first().copied().unwrap_or(0)) << 8;
    let newest = Timestamp::from_micros(SystemClock.now().as_micros() - DAYS_BACK * MICROS_PER_DAY);
    let events = plan.events.saturating_mul(NonZeroU64::new(4).unwrap_or(NonZeroU64::MIN));
    let corpus = Corpus::new(CorpusPlan::over_thirty_days(seed, events, newest));
    let tenant = Tenant { id: tenant.to_owned(), credential: Credential::of_key(key) };
    Arc::new(Session::new(corpus, vec![tenant], 0))
}

/// Sends this many events at full speed, and returns the ids of some.
async fn fill(
    session: &Arc<Session>,
    address: Address,
    events: NonZeroU64,
) -> Result<Arc<[auditlog_core::id::EventId]>, Fault> {
    let plan = load::Plan {
        connections: NonZeroUsize::new(8).unwrap_or(NonZeroUsize::MIN),
        shape: Shape::Batch(NonZeroU64::new(500).unwrap_or(NonZeroU64::MIN)),
        events: Some(events),
        duration: None,
        rate: None,
        resend_every: None,
        on_loss: OnLoss::Retry(START_MAX),
    };
    let outcome = load::run(session, address, &plan).await;
    match outcome.failures.first() {
        None => Ok(Others::some_ids(session)),
        Some(failure) => Err(format!("the server could not be filled: {failure}").into()),
    }
}
