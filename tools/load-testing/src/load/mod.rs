//! Sends events over many connections and notes every answer. Knows the API and the record, not who starts or kills the
//! server.

mod batch;
mod outcome;
mod worker;

use std::{
    num::{NonZeroU64, NonZeroUsize},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

pub use batch::{Batch, Body, tenant_of};
pub use outcome::{Latencies, Outcome, Percentiles};
use worker::Worker;

use crate::{
    api::{Address, Credential},
    corpus::Corpus,
    record::Record,
};

/// How events are sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// One request an event.
    Single,
    /// So many events a request, at most 1,000.
    Batch(NonZeroU64),
}

impl Shape {
    const fn events(self) -> u64 {
        match self {
            Self::Single => 1,
            Self::Batch(size) => size.get(),
        }
    }
}

/// What to do when the server goes away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnLoss {
    /// Send the same events again until it answers, but give up after so long without one.
    Retry(Duration),
    /// Note that they are in doubt and stop: the server was killed on purpose.
    Stop,
}

/// How much to send, and how.
#[derive(Debug, Clone)]
pub struct Plan {
    /// At the same time.
    pub connections: NonZeroUsize,
    /// Singly or in batches.
    pub shape: Shape,
    /// Stop after so many events of the corpus.
    pub events: Option<NonZeroU64>,
    /// Stop after so long.
    pub duration: Option<Duration>,
    /// At most so many events per second.
    pub rate: Option<NonZeroU64>,
    /// Send one request in so many twice and compare the receipts.
    pub resend_every: Option<NonZeroU64>,
    /// What to do when the server goes away.
    pub on_loss: OnLoss,
}

/// A tenant to send for.
#[derive(Debug, Clone)]
pub struct Tenant {
    /// Its id.
    pub id: String,
    /// A key that writes and reads.
    pub credential: Credential,
}

/// What outlives one server process: the events, who sends them, and what became of them.
#[derive(Debug)]
pub struct Session {
    /// The events.
    pub corpus: Corpus,
    /// For whom they are sent.
    pub tenants: Vec<Tenant>,
    /// What became of them.
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

    /// The number that the next new event will have.
    #[must_use]
    pub fn next_event(&self) -> u64 {
        self.next_event.load(Ordering::Relaxed)
    }

    fn next_batch(&self, shape: Shape) -> Batch {
        let first = self.next_event.fetch_add(shape.events(), Ordering::Relaxed);
        let tenant = tenant_of(self.corpus.plan().seed, first, self.tenants.len());
        Batch { tenant, first, events: shape.events() }
    }

    fn take_unanswered(&self) -> Option<Batch> {
        self.unanswered.lock().unwrap_or_else(PoisonError::into_inner).pop()
    }

    fn put_unanswered(&self, batch: Batch) {
        self.record.doubt(batch.tenant, batch.numbers());
        self.unanswered.lock().unwrap_or_else(PoisonError::into_inner).push(batch);
    }
}

/// Sends events until the plan is fulfilled or the server is gone, and tells how it went.
pub async fn run(session: &Arc<Session>, address: Address, plan: &Plan) -> Outcome {
    let started = Instant::now();
    let first_event = session.next_event();
    let workers: Vec<_> = (0..plan.connections.get())
        .map(|_| tokio::spawn(Worker::new(Arc::clone(session), address, plan.clone(), (started, first_event)).run()))
        .collect();
    let mut outcome = Outcome::default();
    for worker in workers {
        match worker.await {
            Ok(part) => outcome.add(&part),
            Err(error) => outcome.failures.push(format!("a connection's task ended badly: {error}")),
        }
    }
    outcome.elapsed = started.elapsed();
    outcome
}
