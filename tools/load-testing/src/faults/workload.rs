//! Owns the small workload whose calls are made to fail: every kind of file that the server writes, with as few calls
//! as possible. Requests are sent one after the other, and the store's own work is awaited, so that the calls have the
//! same order in each run.

use std::{
    num::{NonZeroU64, NonZeroUsize},
    sync::Arc,
    time::{Duration, Instant},
};

use tokio::time::sleep;

use crate::{
    api::{Address, Call, CallError, Client, Credential},
    load::{self, OnLoss, Session, Shape},
    record::Kind,
    server::Metrics,
    verify::{self, Direction, PointPlan, Verified},
};

/// A batch of this many events makes a segment.
const SEAL_EVENTS: u64 = 16;
/// The write-ahead log is checkpointed at a quarter of this: twice in the workload.
const WAL_BYTES_MAX: u64 = 4 << 20;
/// The segments of this many batches are merged, and one remains.
const COMPACTION_INPUTS: u64 = 8;
const BATCHES: u64 = 9;
/// After these batches a single event is sent.
const SINGLES_BEHIND: [u64; 3] = [2, 5, 8];
/// After this batch everything is read.
const READ_BEHIND: u64 = 4;
/// The limit for the store's own work. It takes milliseconds.
const UPKEEP_MAX: Duration = Duration::from_secs(10);
/// The polling interval for its completion.
const POLL: Duration = Duration::from_millis(1);

/// The result of the workload.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Driven {
    /// The number of events in the first request that failed.
    pub first_refused: Option<u64>,
}

/// The server's settings that make so few events sufficient.
pub(super) fn settings() -> Vec<(&'static str, String)> {
    vec![
        ("AUDITLOG__STORAGE__SEAL_EVENTS", SEAL_EVENTS.to_string()),
        ("AUDITLOG__STORAGE__WAL_BYTES_MAX", WAL_BYTES_MAX.to_string()),
        ("AUDITLOG__STORAGE__MIN_FREE_BYTES", (16 << 20).to_string()),
        ("AUDITLOG__LOG__LEVEL", "warn".to_owned()),
    ]
}

/// Sends everything, whatever the answers.
pub(super) async fn drive(session: &Arc<Session>, address: Address) -> Result<Driven, CallError> {
    let mut driven = Driven::default();
    for batch in 0..BATCHES {
        driven.send(session, address, SEAL_EVENTS).await;
        wait_for_upkeep(session, address, batch + 1).await;
        if SINGLES_BEHIND.contains(&batch) {
            driven.send(session, address, 1).await;
            wait_for_upkeep(session, address, batch + 1).await;
        }
        if batch == READ_BEHIND {
            prove(session, address).await?;
        }
    }
    Ok(driven)
}

/// Sends a few more events; all of them must be accepted.
pub(super) async fn send_more(session: &Arc<Session>, address: Address) {
    let mut driven = Driven::default();
    driven.send(session, address, SEAL_EVENTS).await;
    driven.send(session, address, 1).await;
    if driven.first_refused.is_some() {
        session
            .record
            .violations()
            .report(Kind::Refused, "events are refused though nothing fails any more".to_owned());
    }
}

/// Reads everything and compares.
pub(super) async fn prove(session: &Arc<Session>, address: Address) -> Result<Verified, CallError> {
    let points = PointPlan { per_tenant: 8, seed: 7 };
    let plan = verify::Plan { first_sequences: Vec::new(), direction: Direction::NewestFirst, points };
    verify::run(session, address, &plan).await
}

/// Whether the server reports that it is ready.
pub(super) async fn is_ready(address: Address) -> bool {
    let answer = Client::new(address).call(&Credential::none(), Call::get("/health/ready")).await;
    answer.is_ok_and(|answer| answer.status.is_success())
}

impl Driven {
    async fn send(&mut self, session: &Arc<Session>, address: Address, events: u64) {
        let events = NonZeroU64::new(events).unwrap_or(NonZeroU64::MIN);
        let plan = load::Plan {
            connections: NonZeroUsize::MIN,
            shape: if events == NonZeroU64::MIN { Shape::Single } else { Shape::Batch(events) },
            events: Some(events),
            duration: None,
            rate: None,
            resend_every: None,
            on_loss: OnLoss::Stop,
        };
        let outcome = load::run(session, address, &plan).await;
        if !outcome.failures.is_empty() {
            self.first_refused.get_or_insert(events.get());
        }
    }
}

/// Waits until the tail is sealed, the segments of this many batches are merged and the log is checkpointed, or the
/// server reports that one of these failed.
async fn wait_for_upkeep(session: &Session, address: Address, batches: u64) {
    let began = Instant::now();
    #[expect(clippy::cast_precision_loss, reason = "a few megabytes")]
    let (tail_max, wal_max) = (SEAL_EVENTS as f64, WAL_BYTES_MAX as f64 / 4.0);
    let compactions = if batches < COMPACTION_INPUTS { 0.0 } else { 1.0 };
    loop {
        let metrics = Metrics::ask(address).await;
        let is_done = metrics.sum("auditlog_store_tail_events") < tail_max
            && metrics.sum("auditlog_store_wal_bytes") < wal_max
            && metrics.sum("auditlog_store_compactions_total") >= compactions;
        if is_done || !is_ready(address).await {
            return;
        }
        if began.elapsed() > UPKEEP_MAX {
            let text = "the store neither did its own work in time nor said that it cannot".to_owned();
            return session.record.violations().report(Kind::Refused, text);
        }
        sleep(POLL).await;
    }
}
