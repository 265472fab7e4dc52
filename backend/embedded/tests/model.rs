//! Random operations over the embedded store and the oracle: sealing, compacting and opening again change no answer.

use std::{
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    thread,
};

use auditlog_conformance::{
    fixtures::{ManualClock, SeededEntropy},
    model::{self, ModelReport, Plan, Subject},
};
use auditlog_embedded::{EmbeddedStore, Maintenance, Options, check};
use tempfile::TempDir;

/// Several runs from nothing see more young stores than one long run would.
const RUNS: u64 = 10;
const OPERATIONS: u64 = 10_000;
/// Runs at a time, each on a thread of its own.
const THREADS: usize = 2;

struct Embedded {
    data_dir: PathBuf,
    clock: ManualClock,
    /// Gone only while the store is opened again: it holds the directory's lock.
    store: Option<EmbeddedStore>,
    reopens: u64,
}

fn open(data_dir: &Path, clock: &ManualClock) -> EmbeddedStore {
    let options = Options {
        maintenance: Maintenance::OnDemand,
        // So little that runs of this size have tenants with segments of their own and full caches.
        own_segment_events: 100,
        cache_bytes_max: 32 << 20,
        compaction_events_max: 4_000,
        ..Options::new(data_dir)
    };
    EmbeddedStore::open(options, Arc::new(clock.clone()), Arc::new(SeededEntropy::new(3)))
        .unwrap_or_else(|error| panic!("the store does not open: {error}"))
}

impl Subject for Embedded {
    type Store = EmbeddedStore;

    fn store(&self) -> &EmbeddedStore {
        self.store.as_ref().expect("the store is open")
    }

    async fn seal(&self) -> bool {
        self.store().seal().await.expect("the tail can be sealed") > 0
    }

    async fn compact(&self) -> bool {
        self.store().compact().await.expect("segments can be joined") > 0
    }

    /// Every other time the store stops as a crash would leave it.
    async fn reopen(&mut self) {
        self.reopens += 1;
        if self.reopens.is_multiple_of(2) {
            self.store().close().await.expect("the store can be closed");
        }
        self.store = None;
        self.store = Some(open(&self.data_dir, &self.clock));
    }
}

fn run(seed: u64) -> ModelReport {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime can be made");
    // In memory where the system offers it: these runs are about answers, and each would wait for thousands of syncs.
    let directory = TempDir::new_in("/dev/shm").or_else(|_| TempDir::new()).expect("a directory can be made");
    let clock = ManualClock::default();
    let store = open(directory.path(), &clock);
    let data_dir = directory.path().to_owned();
    let mut subject = Embedded { data_dir, clock: clock.clone(), store: Some(store), reopens: 0 };
    let report = runtime.block_on(model::run(&mut subject, &clock, Plan { seed, operations: OPERATIONS }));
    drop(subject);
    let checked = check::run(directory.path(), &mut |_| {}).expect("the data directory can be checked");
    assert_eq!(checked.problems, [], "what run {seed} left behind");
    println!("run {seed}: {report:?}");
    report
}

#[test]
fn random_operations_get_the_oracles_answers() {
    let next_seed = AtomicU64::new(0);
    let runs = || {
        let seeds = std::iter::from_fn(|| Some(next_seed.fetch_add(1, Ordering::Relaxed)).filter(|seed| *seed < RUNS));
        seeds.map(run).fold(ModelReport::default(), |mut total, report| {
            total += report;
            total
        })
    };
    let mut total = ModelReport::default();
    thread::scope(|scope| {
        let workers: Vec<_> = (0..THREADS).map(|_| scope.spawn(runs)).collect();
        for worker in workers {
            total += worker.join().expect("every answer is the oracle's");
        }
    });
    println!("{total:#?}");
    assert!(total.operations >= 100_000, "{total:?}");
    assert!(total.seals >= 1_000, "{total:?}");
    assert!(total.compactions >= 200, "{total:?}");
    assert!(total.reopens >= 200, "{total:?}");
    assert!(total.non_empty_queries * 100 >= total.queries * 70, "{total:?}");
    assert!(total.spanning_queries * 100 >= total.queries * 20, "{total:?}");
    assert!(total.sealed_leaves >= total.stored, "{total:?}");
}
