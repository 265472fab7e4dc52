//! Owns the proof at the end, and states its coverage.
//!
//! For every tenant: each sequence of its log up to the last acknowledged one belongs to exactly one event, or to a
//! record of the server's own; `count=true` reports as many events as sequences; the events of a sample over the whole
//! log are present, complete, and hidden from other tenants. The last events are walked, each compared with its
//! acknowledgement; all events if the log is short enough. Then the server stops, and `auditlog check` reads back every
//! stored byte and recomputes every leaf and root.
//!
//! So for the older part of a long log it is proved that no event is missing or duplicated, and that no stored byte has
//! changed since it was written; that the events are the sent ones is proved for the sample.

use std::{fmt, sync::Arc, time::Instant};

use serde::Serialize;
use tokio::task::spawn_blocking;

use crate::{
    api::{Address, Call, CallError, Client, EventAnswer, PageAnswer},
    campaign::Fault,
    load::Session,
    record::{Kind, Snapshot, TenantIndex},
    server::{DisposableCopy, ServerProcess, check},
    soak::SoakPlan,
    verify::{self, Direction, PointPlan, Verified},
};

/// The number of events of each tenant that are fetched by id, from its whole log.
const POINTS: usize = 1_000;
/// Sequences without an acknowledgement are fetched one by one. They are the server's own records, one or two per
/// tenant.
const UNKNOWN_MAX: usize = 100;

/// The coverage of the proof.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Proved {
    /// Events acknowledged.
    pub acknowledged: u64,
    /// Events sent whose fate is unknown: none unless the server stayed unavailable.
    pub in_doubt: u64,
    /// The total of `count=true` over all tenants.
    pub counted: u64,
    /// Sequences that hold a record of the server's own.
    pub own_records: u64,
    /// The walked and fetched events.
    pub verified: Verified,
    /// Whether `auditlog check` found nothing.
    pub is_clean: bool,
    /// The duration.
    pub check_seconds: f64,
}

/// Proves the acknowledgements and stops the server. Mistakes are among the record's violations.
pub(super) async fn prove(session: &Arc<Session>, server: ServerProcess, plan: &SoakPlan) -> Result<Proved, Fault> {
    let address = server.address();
    let mut proved = Proved {
        acknowledged: session.record.acknowledged(),
        in_doubt: session.record.in_doubt(),
        ..Proved::default()
    };
    let mut first_sequences = Vec::new();
    let is_short = proved.acknowledged <= plan.walk_events;
    let share = plan.walk_events / u64::try_from(session.tenants.len()).unwrap_or(1).max(1);
    let walked_each = if is_short { u64::MAX } else { share };
    for tenant in session.record.tenants() {
        let snapshot = session.record.snapshot(tenant, 0);
        let places = prove_places(session, address, tenant, &snapshot).await?;
        proved.counted += places.counted;
        proved.own_records += places.own_records;
        first_sequences.push(snapshot.end().saturating_sub(walked_each));
    }
    let points = PointPlan { per_tenant: 0, seed: plan.seed };
    let walk = verify::Plan { first_sequences, direction: Direction::NewestFirst, points };
    proved.verified = verify::run(session, address, &walk).await?;
    let points = PointPlan { per_tenant: POINTS, ..points };
    proved.verified.add(&verify::run_points(session, address, points).await?);
    stop_and_check(session, server, plan, &mut proved).await?;
    Ok(proved)
}

/// The sequences of a tenant.
struct Places {
    /// The total of `count=true`; 0 where it is wrong.
    counted: u64,
    /// Those with records of the server's own.
    own_records: u64,
}

/// Compares the sequences with the acknowledged ones.
async fn prove_places(
    session: &Session,
    address: Address,
    tenant: TenantIndex,
    snapshot: &Snapshot,
) -> Result<Places, CallError> {
    let name = &session.tenants[tenant.0].id;
    let report = |kind: Kind, text: String| session.record.violations().report(kind, format!("tenant {name}: {text}"));
    let mut asking = Asking { session, tenant, client: Client::new(address) };
    let unknown: Vec<u64> = snapshot.unknown().take(UNKNOWN_MAX + 1).collect();
    let doubtful: Vec<String> = snapshot.in_doubt.iter().map(|&number| session.corpus.id(number).to_string()).collect();
    let mut own = 0;
    for sequence in unknown.iter().take(UNKNOWN_MAX) {
        let target = format!("/api/v1/events?limit=2&sequence={sequence}");
        match asking.page(&target, |page| page.events.iter().map(Found::of).collect::<Vec<_>>()).await? {
            Ok(found) if matches!(found.as_slice(), [only] if only.service == "auditlog") => own += 1,
            Ok(found) if matches!(found.as_slice(), [only] if doubtful.contains(&only.id)) => {}
            Ok(found) => report(Kind::Gap, format!("sequence {sequence} was never acknowledged; it holds {found:?}")),
            Err(text) => report(Kind::Refused, text),
        }
    }
    if unknown.len() > UNKNOWN_MAX {
        report(Kind::Gap, format!("{unknown:?} and further sequences were never acknowledged"));
    }
    let total = asking.page("/api/v1/events?limit=1&count=true", |page| page.total).await?;
    match total {
        Ok(Some(total)) if total == snapshot.end() => return Ok(Places { counted: total, own_records: own }),
        Ok(total) => {
            report(Kind::Inconsistent, format!("count=true reports {total:?} of {} sequences", snapshot.end()));
        }
        Err(text) => report(Kind::Refused, text),
    }
    Ok(Places { counted: 0, own_records: own })
}

/// An event at a sequence that was never acknowledged.
#[derive(Debug)]
struct Found {
    id: String,
    service: String,
}

impl Found {
    fn of(event: &EventAnswer<'_>) -> Self {
        Self { id: event.id.to_string(), service: event.source.service.to_string() }
    }
}

struct Asking<'a> {
    session: &'a Session,
    tenant: TenantIndex,
    client: Client,
}

impl Asking<'_> {
    /// The wanted part of a page, or what is wrong with it.
    async fn page<T>(
        &mut self,
        target: &str,
        wanted: impl FnOnce(&PageAnswer<'_>) -> T,
    ) -> Result<Result<T, String>, CallError> {
        let answer = self.client.call(&self.session.tenants[self.tenant.0].credential, Call::get(target)).await?;
        if !answer.status.is_success() {
            return Ok(Err(format!("{target}: {} {}", answer.status, answer.text())));
        }
        let page = serde_json::from_slice(&answer.body);
        Ok(page.map(|page| wanted(&page)).map_err(|error| format!("{target}: unreadable page: {error}")))
    }
}

async fn stop_and_check(
    session: &Session,
    server: ServerProcess,
    plan: &SoakPlan,
    proved: &mut Proved,
) -> Result<(), Fault> {
    let status = server.stop()?;
    if !status.success() {
        let text = format!("a stopped server ended with {status}");
        session.record.violations().report(Kind::Refused, text);
    }
    eprintln!("reading everything back: auditlog check");
    let began = Instant::now();
    let (binary, directory) = (plan.server_binary.clone(), DisposableCopy::original(plan.work_dir.join("data")));
    let report = spawn_blocking(move || check(&binary, &directory)).await??;
    proved.check_seconds = began.elapsed().as_secs_f64();
    proved.is_clean = report.is_clean;
    if !report.is_clean {
        session.record.violations().report(Kind::Damaged, report.output);
    }
    Ok(())
}

impl fmt::Display for Proved {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "proved: {} events acknowledged, {} in doubt; {} counted, {} of them the server's own records; {} walked over, \
             {} got one by one, {} asked for by other tenants; check {} after {:.0} s",
            self.acknowledged,
            self.in_doubt,
            self.counted,
            self.own_records,
            self.verified.walked,
            self.verified.gets,
            self.verified.foreign_gets,
            if self.is_clean { "clean" } else { "found damage" },
            self.check_seconds,
        )
    }
}
