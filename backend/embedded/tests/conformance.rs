//! The embedded store keeps the contracts of core: the suite's sentences, and random runs beside the oracle.

#![expect(clippy::unwrap_used, reason = "what cannot be set up is a failed test")]

use std::sync::Arc;

use auditlog_conformance::{
    fixtures::{ManualClock, SeededEntropy},
    model::{self, ModelReport, Plan, Subject},
    suite,
};
use auditlog_embedded::{EmbeddedStore, Maintenance, Options, check};
use tempfile::TempDir;

fn open(options: Options, clock: &ManualClock) -> EmbeddedStore {
    EmbeddedStore::open(options, Arc::new(clock.clone()), Arc::new(SeededEntropy::new(1))).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_store_passes_the_suite_while_everything_stays_in_the_tail() {
    let place = TempDir::new().unwrap();
    suite::run(async || {
        let directory = TempDir::new_in(place.path()).unwrap().keep();
        let options = Options { maintenance: Maintenance::OnDemand, ..Options::new(directory) };
        Arc::new(open(options, &ManualClock::default()))
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_store_passes_the_suite_while_it_seals_and_compacts_all_the_time() {
    let place = TempDir::new().unwrap();
    suite::run(async || {
        let directory = TempDir::new_in(place.path()).unwrap().keep();
        let options = Options {
            seal_events: 2,
            own_segment_events: 40,
            compaction_inputs_min: 2,
            compaction_events_max: 2_000,
            ..Options::new(directory)
        };
        Arc::new(open(options, &ManualClock::default()))
    })
    .await;
}

/// A store that the model tells what to do, stopped cleanly and abruptly in turn.
struct Told {
    directory: TempDir,
    clock: ManualClock,
    store: Option<EmbeddedStore>,
    reopens: u64,
}

impl Told {
    /// In memory where the system offers it: these runs are about answers, and each waits for thousands of syncs.
    fn new(clock: &ManualClock) -> Self {
        let directory = TempDir::new_in("/dev/shm").or_else(|_| TempDir::new()).unwrap();
        let mut told = Self { directory, clock: clock.clone(), store: None, reopens: 0 };
        told.open();
        told
    }

    fn open(&mut self) {
        let options = Options {
            maintenance: Maintenance::OnDemand,
            own_segment_events: 100,
            ..Options::new(self.directory.path())
        };
        self.store = Some(open(options, &self.clock));
    }
}

impl Subject for Told {
    type Store = EmbeddedStore;

    fn store(&self) -> &EmbeddedStore {
        self.store.as_ref().unwrap()
    }

    async fn seal(&self) -> bool {
        self.store().seal().await.unwrap() > 0
    }

    async fn compact(&self) -> bool {
        self.store().compact().await.unwrap() > 0
    }

    async fn reopen(&mut self) {
        let store = self.store.take().unwrap();
        if self.reopens.is_multiple_of(2) {
            store.close().await.unwrap();
        }
        drop(store);
        self.reopens += 1;
        self.open();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn random_runs_answer_as_the_oracle_does() {
    const RUNS: u64 = 10;
    let mut total = ModelReport::default();
    for seed in 0..RUNS {
        let clock = ManualClock::default();
        let mut subject = Told::new(&clock);
        total += model::run(&mut subject, &clock, Plan { seed, operations: 10_000 }).await;
        drop(subject.store.take());
        let report = check::run(subject.directory.path(), &mut |_| {}).unwrap();
        assert_eq!(report.problems, [], "seed {seed}");
    }
    println!("{total:?}");
    assert!(total.operations >= 100_000, "{total:?}");
    assert!(total.seals >= 1_000, "{total:?}");
    assert!(total.compactions >= 200, "{total:?}");
    assert!(total.reopens >= 200, "{total:?}");
    assert!(total.non_empty_queries * 100 >= total.queries * 70, "{total:?}");
    assert!(total.spanning_queries * 100 >= total.queries * 20, "{total:?}");
    assert!(total.sealed_leaves > 0, "{total:?}");
}
