//! Owns the well-behaved clients and their latencies: senders of batches and of single events at a rate well below the
//! server's capacity, and readers at a steady rate.

use std::{
    collections::BTreeMap,
    num::{NonZeroU64, NonZeroUsize},
    sync::Arc,
    time::{Duration, Instant},
};

use auditlog_core::id::EventId;
use serde::Serialize;
use tokio::time::{MissedTickBehavior, interval};

use crate::{
    api::{Address, Call, Client, Credential},
    corpus::dice::Dice,
    hostile::scene::Scene,
    load::{self, Latencies, OnLoss, Outcome, Percentiles, Session, Shape},
    record::{Kind as Promise, TenantIndex},
};

/// Events in a batch.
const BATCH: u64 = 200;
/// Single events per second.
const SINGLES_PER_SECOND: u64 = 200;
/// The interval between requests of each sort of reader.
const READ_EVERY: Duration = Duration::from_millis(20);
/// Connections, and events per batch, of a crowd that sends as fast as possible: more than the writer's queue holds.
const CROWD: usize = 96;
pub(super) const CROWD_BATCH: u64 = 1_000;
/// How long a sender retries an event.
const PATIENCE: Duration = Duration::from_mins(2);

/// The well-behaved clients.
#[derive(Debug, Clone)]
pub(super) struct Others {
    pub address: Address,
    /// Sends batches.
    pub batches: Arc<Session>,
    /// Sends single events.
    pub singles: Arc<Session>,
    /// Events per second in batches.
    pub events_per_second: NonZeroU64,
    /// Ids to query, and the key for them.
    pub reader: Reader,
}

/// A reader and its queries.
#[derive(Debug, Clone)]
pub(super) struct Reader {
    pub key: Credential,
    pub ids: Arc<[EventId]>,
}

/// A measured operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Figure {
    /// From sending a batch to its acknowledgement.
    Batch,
    /// The same of a single event.
    Single,
    /// Requesting the newest 50 events.
    NewestPage,
    /// Requesting one event by its id.
    Needle,
}

impl Figure {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Batch, Self::Single, Self::NewestPage, Self::Needle];
}

/// The measurements of well-behaved clients in phases of one sort.
#[derive(Debug, Clone, Default)]
pub(super) struct Seen {
    latencies: BTreeMap<Figure, Latencies>,
    pub stored: u64,
    /// Answers 429 and 503, and connections that broke; the event was acknowledged in the end.
    pub overloads: u64,
    pub reconnects: u64,
}

impl Seen {
    pub(super) fn add(&mut self, other: &Self) {
        for (figure, latencies) in &other.latencies {
            self.latencies.entry(*figure).or_default().add(latencies);
        }
        self.stored += other.stored;
        self.overloads += other.overloads;
        self.reconnects += other.reconnects;
    }

    pub(super) fn percentiles(&self, figure: Figure) -> Percentiles {
        self.latencies.get(&figure).cloned().unwrap_or_default().percentiles()
    }

    fn note_sent(&mut self, figure: Figure, outcome: &Outcome) {
        self.latencies.entry(figure).or_default().add(&outcome.latencies);
        self.stored += outcome.stored;
        self.overloads += outcome.overloads;
        self.reconnects += outcome.retries;
    }
}

impl Others {
    /// Sends and reads for this long.
    pub(super) async fn run_for(&self, duration: Duration) -> Seen {
        let send = |session: &Arc<Session>, plan: load::Plan| {
            let (session, address) = (Arc::clone(session), self.address);
            async move { load::run(&session, address, &plan).await }
        };
        let batches = send(&self.batches, plan(Shape::Batch(nonzero(BATCH)), self.events_per_second, duration));
        let singles = send(&self.singles, plan(Shape::Single, nonzero(SINGLES_PER_SECOND), duration));
        let newest = self.read(Figure::NewestPage, duration);
        let needles = self.read(Figure::Needle, duration);
        let (batches, singles, newest, needles) = tokio::join!(batches, singles, newest, needles);
        let mut seen = newest;
        seen.add(&needles);
        seen.note_sent(Figure::Batch, &batches);
        seen.note_sent(Figure::Single, &singles);
        for failure in batches.failures.into_iter().chain(singles.failures) {
            self.batches.record.violations().report(Promise::Refused, format!("a sender gave up: {failure}"));
        }
        seen
    }

    async fn read(&self, figure: Figure, duration: Duration) -> Seen {
        let began = Instant::now();
        let mut dice = Dice::new(self.batches.next_event());
        let mut client = Client::new(self.address);
        let mut seen = Seen::default();
        let mut pace = interval(READ_EVERY);
        pace.set_missed_tick_behavior(MissedTickBehavior::Delay);
        while began.elapsed() < duration {
            pace.tick().await;
            let target = match figure {
                Figure::NewestPage => "/api/v1/events?limit=50".to_owned(),
                _ => format!("/api/v1/events/{}", self.id(&mut dice)),
            };
            let asked = Instant::now();
            // A server without a free place may close an idle connection; the reader then retries once.
            let answer = match client.call(&self.reader.key, Call::get(&target)).await {
                Err(_) => {
                    seen.reconnects += 1;
                    client.call(&self.reader.key, Call::get(&target)).await
                }
                answered => answered,
            };
            seen.latencies.entry(figure).or_default().note(asked.elapsed());
            let wrong = match answer {
                Ok(answer) if answer.status.is_success() => continue,
                Ok(answer) => format!("{} {}", answer.status, answer.text()),
                Err(error) => error.to_string(),
            };
            self.batches.record.violations().report(Promise::Refused, format!("{target}: {wrong}"));
        }
        seen
    }

    fn id(&self, dice: &mut Dice) -> EventId {
        let ids = &self.reader.ids;
        ids[usize::try_from(dice.below(ids.len() as u64)).unwrap_or(0)]
    }

    /// Ids of stored events, spread over the log.
    pub(super) fn some_ids(session: &Session) -> Arc<[EventId]> {
        let sent = session.record.snapshot(TenantIndex(0), 0);
        sent.acknowledged().step_by(97).map(|known| session.corpus.id(known.number)).collect()
    }
}

/// Sends without a pause from many connections for this long.
pub(super) async fn crowd(scene: &Scene, duration: Duration) -> Outcome {
    let connections = NonZeroUsize::new(CROWD).unwrap_or(NonZeroUsize::MIN);
    let batch = Shape::Batch(nonzero(CROWD_BATCH));
    let plan = load::Plan { connections, rate: None, ..plan(batch, NonZeroU64::MIN, duration) };
    let outcome = load::run(&scene.crowd, scene.others.address, &plan).await;
    for failure in &outcome.failures {
        scene.violated(Promise::Refused, format!("a sender gave up: {failure}"));
    }
    outcome
}

fn plan(shape: Shape, rate: NonZeroU64, duration: Duration) -> load::Plan {
    load::Plan {
        connections: NonZeroUsize::new(4).unwrap_or(NonZeroUsize::MIN),
        shape,
        events: None,
        duration: Some(duration),
        rate: Some(rate),
        resend_every: None,
        on_loss: OnLoss::Retry(PATIENCE),
    }
}

fn nonzero(value: u64) -> NonZeroU64 {
    NonZeroU64::new(value).unwrap_or(NonZeroU64::MIN)
}
