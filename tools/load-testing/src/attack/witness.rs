//! Owns the tenant that is not attacked: its requests, its latencies, and the server's memory meanwhile.

use std::{collections::BTreeMap, time::Duration};

use serde::Serialize;
use serde_json::json;
use tokio::time::{Instant, sleep, sleep_until, timeout_at};

use crate::{
    api::{Address, Call, Client, Credential},
    load::{Latencies, Percentiles},
    server::memory_of,
};

/// The interval between two requests of a kind.
const EVERY: Duration = Duration::from_millis(20);
/// How long after the end an answer is awaited. A missing answer counts with the time waited.
const PATIENCE: Duration = Duration::from_secs(10);
/// The interval between two readings of the server's memory.
const SAMPLE_EVERY: Duration = Duration::from_millis(20);

/// A measured kind of request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Figure {
    /// `/health/live`, which needs only the runtime.
    Live,
    /// The newest 50 events.
    NewestPage,
    /// Sending one event.
    SingleEvent,
}

impl Figure {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Live, Self::NewestPage, Self::SingleEvent];
}

/// The tenant that behaves.
#[derive(Debug, Clone)]
pub(super) struct Witness {
    pub address: Address,
    pub key: Credential,
    /// The process of the server.
    pub process: u32,
}

/// The observations of a period.
#[derive(Debug, Clone, Default)]
pub(super) struct Seen {
    latencies: BTreeMap<Figure, Latencies>,
    /// The refusals, by kind.
    pub refusals: BTreeMap<Figure, BTreeMap<String, u64>>,
    /// The highest memory of the server.
    pub resident_mib: u64,
}

impl Seen {
    pub(super) fn percentiles(&self, figure: Figure) -> Percentiles {
        self.latencies.get(&figure).cloned().unwrap_or_default().percentiles()
    }

    fn add(&mut self, other: Self) {
        self.latencies.extend(other.latencies);
        self.refusals.extend(other.refusals);
        self.resident_mib = self.resident_mib.max(other.resident_mib);
    }
}

impl Witness {
    /// Sends all kinds of requests at a steady rate for this long.
    pub(super) async fn watch(&self, duration: Duration) -> Seen {
        let (live, newest, single, memory) = tokio::join!(
            self.ask(Figure::Live, duration),
            self.ask(Figure::NewestPage, duration),
            self.ask(Figure::SingleEvent, duration),
            self.sample_memory(duration),
        );
        let mut seen = live;
        for other in [newest, single, memory] {
            seen.add(other);
        }
        seen
    }

    /// Each request is due at a fixed time, and its latency counts from there and not from when it could be sent: a
    /// stall of a second delays all requests behind it.
    async fn ask(&self, figure: Figure, duration: Duration) -> Seen {
        let mut client = Client::new(self.address);
        let (mut latencies, mut refusals) = (Latencies::default(), BTreeMap::<String, u64>::new());
        let end = Instant::now() + duration;
        let mut due = Instant::now();
        while due < end {
            sleep_until(due).await;
            let answer = timeout_at(end + PATIENCE, client.call(&self.key, call(figure))).await;
            latencies.note(due.elapsed());
            match answer {
                Ok(Ok(answer)) if answer.status.is_success() => {}
                Ok(Ok(answer)) => *refusals.entry(answer.status.as_u16().to_string()).or_default() += 1,
                Ok(Err(_)) => *refusals.entry("closed".to_owned()).or_default() += 1,
                Err(_) => {
                    *refusals.entry("no answer".to_owned()).or_default() += 1;
                    break;
                }
            }
            due += EVERY;
        }
        Seen { latencies: [(figure, latencies)].into(), refusals: [(figure, refusals)].into(), resident_mib: 0 }
    }

    async fn sample_memory(&self, duration: Duration) -> Seen {
        let end = Instant::now() + duration;
        let mut highest = 0;
        while Instant::now() < end {
            highest = memory_of(self.process).map_or(0, |memory| memory.resident_kib).max(highest);
            sleep(SAMPLE_EVERY).await;
        }
        Seen { resident_mib: highest / 1_024, ..Seen::default() }
    }
}

fn call(figure: Figure) -> Call<'static> {
    match figure {
        Figure::Live => Call::get("/health/live"),
        Figure::NewestPage => Call::get("/api/v1/events?limit=50"),
        Figure::SingleEvent => {
            let event = json!({
                "action": "witness.write", "actor": {"type": "user", "id": "witness"}, "source": {"service": "witness"}
            });
            Call::post("/api/v1/events", event.to_string().into())
        }
    }
}
