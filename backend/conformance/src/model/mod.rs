//! Random operations on a store and the oracle side by side; both must return the same answers.
//!
//! A run is a function of its seed. It sends events as clients do (late, repeated, conflicting, for several tenants at
//! once). In between it seals, compacts and reopens the store, also while queries run. It gets single events, walks
//! over all pages and counts by filters that are made to match something. It counts its operations, so that a test can
//! assert that a run covered enough.

mod changes;
mod choice;
mod explain;
mod generate;
mod queries;
mod report;
mod runner;
mod world;

use std::future::Future;

pub use report::ModelReport;

use auditlog_core::{
    event::{SaltSource, StoredEvent},
    id::TenantId,
    query::Filter,
};
use rand::{SeedableRng, rngs::StdRng};

use crate::{
    Store,
    fixtures::{ManualClock, START, SeededEntropy, prepare, tenant_id},
};

/// A store with explicit control of the work it otherwise does automatically.
///
/// None of these methods may change an answer of the store.
pub trait Subject {
    /// The store.
    type Store: Store;

    /// The currently open store.
    fn store(&self) -> &Self::Store;

    /// Moves everything that can be sealed out of the tail. Returns whether there was anything.
    fn seal(&self) -> impl Future<Output = bool>;

    /// Joins sealed data. Returns whether there was anything to join.
    fn compact(&self) -> impl Future<Output = bool>;

    /// Closes the store and opens it again.
    fn reopen(&mut self) -> impl Future<Output = ()>;
}

/// The plan of a run.
#[derive(Debug, Clone, Copy)]
pub struct Plan {
    /// The seed of all random choices.
    pub seed: u64,
    /// The number of operations.
    pub operations: u64,
}

/// Runs a plan on an empty store whose clock is `clock`, and returns the statistics.
///
/// # Panics
/// Where the store's answer differs from the oracle's. The message names seed and operation.
pub async fn run<T: Subject>(subject: &mut T, clock: &ManualClock, plan: Plan) -> ModelReport {
    runner::Runner::new(subject, clock.clone(), plan).run().await
}

/// Events and filters as runs generate them, for tests that need no store.
#[derive(Debug)]
pub struct Material {
    rng: StdRng,
    /// The events of one log, from sequence 0.
    pub events: Vec<StoredEvent>,
}

impl Material {
    /// This number of events, generated from the seed like everything else.
    #[must_use]
    pub fn new(seed: u64, event_count: usize) -> Self {
        let mut rng = StdRng::seed_from_u64(seed);
        let sent: Vec<_> = (0..event_count).map(|_| generate::client_event(&mut rng, START)).collect();
        let tenant: TenantId = tenant_id("material");
        let batch = prepare(&tenant, START, &sent, &SeededEntropy::new(seed));
        let seed = batch.salt_seed;
        let stored = (0_u32..).zip(batch.events).map(|(index, prepared)| StoredEvent {
            event: prepared.event,
            sequence: index.into(),
            salt: SaltSource { seed, index },
        });
        Self { rng, events: stored.collect() }
    }

    /// The next filter: most hold for some of the events.
    pub fn next_filter(&mut self) -> Filter {
        let samples: Vec<StoredEvent> = (0..3).map(|_| choice::any(&mut self.rng, &self.events).clone()).collect();
        generate::filter(&mut self.rng, &samples)
    }
}
