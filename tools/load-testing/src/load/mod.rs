//! Sends events over many connections and records every answer. Knows the API and the record, not who starts or kills
//! the server.

mod batch;
mod outcome;
mod record_file;
mod worker;

use std::{
    num::{NonZeroU64, NonZeroUsize},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use parking_lot::Mutex;

pub use batch::{Batch, Body, tenant_of};
pub use outcome::{Latencies, Meter, Outcome, Percentiles};
pub use record_file::RecordFile;
use worker::{Start, Worker};

use crate::{
    api::{Address, Credential},
    corpus::{
        Corpus, EventNumber,
        dice::{Dice, mix},
    },
    record::Record,
};

/// How events are sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// One request per event.
    Single,
    /// This many events per request, at most 1,000.
    Batch(NonZeroU64),
    /// Of ten requests four are single events, two have 10 events, two 100, one 500 and one 1,000: 172 on average.
    Mixed,
}

impl Shape {
    /// The number of events in the request that begins with event `first`.
    fn events(self, first: EventNumber) -> u64 {
        match self {
            Self::Single => 1,
            Self::Batch(size) => size.get(),
            Self::Mixed => match Dice::new(mix(first.0)).below(10) {
                0..4 => 1,
                4..6 => 10,
                6..8 => 100,
                8 => 500,
                _ => 1_000,
            },
        }
    }

    const fn sends_singly(self, batch: Batch) -> bool {
        match self {
            Self::Single => true,
            Self::Batch(_) => false,
            Self::Mixed => batch.events == 1,
        }
    }
}

/// The reaction to an unavailable server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnLoss {
    /// Send the same events again until it answers, but give up after this long without an answer.
    Retry(Duration),
    /// Record that they are in doubt, and stop: the server was killed on purpose.
    Stop,
}

/// How much to send, and how.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The number of connections.
    pub connections: NonZeroUsize,
    /// Singly or in batches.
    pub shape: Shape,
    /// Stop after this many events of the corpus.
    pub events: Option<NonZeroU64>,
    /// Stop after this long.
    pub duration: Option<Duration>,
    /// The maximum number of events per second. With it each request is due at a fixed time, and its latency counts
    /// from there.
    pub rate: Option<NonZeroU64>,
    /// Send one request in this many twice and compare the receipts.
    pub resend_every: Option<NonZeroU64>,
    /// The reaction to an unavailable server.
    pub on_loss: OnLoss,
}

/// A tenant to send events for.
#[derive(Debug, Clone)]
pub struct Tenant {
    /// Its id.
    pub id: String,
    /// A key that sends and reads.
    pub credential: Credential,
}

/// The state that outlives one server process: the events, the tenants, and the record of the answers.
#[derive(Debug)]
pub struct Session {
    /// The events.
    pub corpus: Corpus,
    /// The tenants.
    pub tenants: Vec<Tenant>,
    /// The record of the answers.
    pub record: Record,
    next_event: AtomicU64,
    unanswered: Mutex<Vec<Batch>>,
}

impl Session {
    /// A session that has sent nothing and begins with event `first_event` of the corpus.
    #[must_use]
    pub fn new(corpus: Corpus, tenants: Vec<Tenant>, first_event: u64) -> Self {
        let record = Record::new(tenants.len());
        Self { corpus, tenants, record, next_event: AtomicU64::new(first_event), unanswered: Mutex::default() }
    }

    /// The number of the next new event.
    #[must_use]
    pub fn next_event(&self) -> u64 {
        self.next_event.load(Ordering::Relaxed)
    }

    fn next_batch(&self, shape: Shape) -> Batch {
        let behind = |first| first + shape.events(EventNumber(first));
        let taken = self.next_event.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |first| Some(behind(first)));
        let first = taken.unwrap_or_else(|first| first);
        let tenant = tenant_of(self.corpus.plan().seed, first, self.tenants.len());
        Batch { tenant, first, events: shape.events(EventNumber(first)) }
    }

    fn take_unanswered(&self) -> Option<Batch> {
        self.unanswered.lock().pop()
    }

    fn put_unanswered(&self, batch: Batch) {
        self.record.doubt(batch.tenant, batch.numbers());
        self.unanswered.lock().push(batch);
    }
}

/// Sends events until the plan is fulfilled or the server is gone, and returns the figures.
pub async fn run(session: &Arc<Session>, address: Address, plan: &Plan) -> Outcome {
    let started = Instant::now();
    let meter = Arc::new(Meter::default());
    run_metered(session, address, plan, &meter).await;
    let mut outcome = meter.take();
    outcome.elapsed = started.elapsed();
    outcome
}

/// The same, with figures that can be read meanwhile.
pub async fn run_metered(session: &Arc<Session>, address: Address, plan: &Plan, meter: &Arc<Meter>) {
    let start = Start { at: Instant::now(), first_event: session.next_event(), meter: Arc::clone(meter) };
    let workers: Vec<_> = (0..plan.connections.get())
        .map(|_| tokio::spawn(Worker::new(Arc::clone(session), address, plan.clone(), start.clone()).run()))
        .collect();
    for worker in workers {
        if let Err(error) = worker.await {
            meter.note(|outcome| outcome.failures.push(format!("a connection's task ended badly: {error}")));
        }
    }
}
