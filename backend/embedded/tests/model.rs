//! Random operations on the embedded store and the oracle: sealing, compacting and reopening change no answer.

use std::{
    path::Path,
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

/// The runs, unless `MODEL_RUNS` says otherwise. Several runs on new stores cover more young stores than one long run
/// would, and in short ones the oracle, which scans its whole log for each query, costs less.
const RUNS: u64 = 9;
const OPERATIONS: u64 = 5_000;
/// Those of the first run, in which logs become larger.
const OPERATIONS_LONG: u64 = 10_000;
/// Runs at a time, each on a thread of its own.
const THREADS: usize = 2;

/// Large enough for a whole run of this size.
const CACHE_BYTES_AMPLE: u64 = 32 << 20;
/// So small that most of the requested data has to be read and verified again.
const CACHE_BYTES_SCARCE: u64 = 256 << 10;

struct Embedded {
    options: Options,
    clock: ManualClock,
    /// `None` only while the store is reopened, because it holds the directory's lock.
    store: Option<EmbeddedStore>,
    reopens: u64,
}

fn options(data_dir: &Path, cache_bytes_max: u64) -> Options {
    Options {
        maintenance: Maintenance::OnDemand,
        // So small that runs of this size have tenants with segments of their own, and segments too large to join.
        own_segment_events: 100,
        compaction_events_max: 4_000,
        cache_bytes_max,
        ..Options::new(data_dir)
    }
}

fn open(options: &Options, clock: &ManualClock) -> EmbeddedStore {
    EmbeddedStore::open(options.clone(), Arc::new(clock.clone()), Arc::new(SeededEntropy::new(3)))
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

    /// Every other time the store stops as in a crash.
    async fn reopen(&mut self) {
        self.reopens += 1;
        if self.reopens.is_multiple_of(2) {
            self.store().close().await.expect("the store can be closed");
        }
        self.store = None;
        self.store = Some(open(&self.options, &self.clock));
    }
}

fn run(plan: Plan, cache_bytes_max: u64) -> ModelReport {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime can be made");
    // In memory where the system offers it: these runs test answers, and each would wait for thousands of syncs.
    let directory = TempDir::new_in("/dev/shm").or_else(|_| TempDir::new()).expect("a directory can be made");
    let clock = ManualClock::default();
    let options = options(directory.path(), cache_bytes_max);
    let store = open(&options, &clock);
    let mut subject = Embedded { options, clock: clock.clone(), store: Some(store), reopens: 0 };
    let report = runtime.block_on(model::run(&mut subject, &clock, plan));
    drop(subject);
    let checked = check::run(directory.path(), &mut |_| {}).expect("the data directory can be checked");
    assert!(checked.verification.is_intact(), "what run {} left behind: {checked:?}", plan.seed);
    println!("run {}: {report:?}", plan.seed);
    report
}

#[test]
fn random_operations_get_the_oracles_answers() {
    let run_count = std::env::var("MODEL_RUNS").map_or(RUNS, |runs| runs.parse().expect("MODEL_RUNS is a number"));
    let next_seed = AtomicU64::new(0);
    let runs = || {
        let next = || Some(next_seed.fetch_add(1, Ordering::Relaxed)).filter(|seed| *seed < run_count);
        let seeds = std::iter::from_fn(next);
        let operations = |seed| if seed == 0 { OPERATIONS_LONG } else { OPERATIONS };
        let run = |seed| run(Plan { seed, operations: operations(seed) }, CACHE_BYTES_AMPLE);
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
    assert!(total.operations >= 50_000, "{total:?}");
    assert!(total.adjusted >= 1_000, "{total:?}");
    assert!(total.seals >= 500, "{total:?}");
    assert!(total.compactions >= 100, "{total:?}");
    assert!(total.reopens >= 100, "{total:?}");
    assert!(total.queries >= 20_000, "{total:?}");
    assert!(total.non_empty_queries * 100 >= total.queries * 70, "{total:?}");
    assert!(total.spanning_queries * 100 >= total.queries * 20, "{total:?}");
    assert!(total.sealed_leaves >= total.stored, "{total:?}");
}

#[test]
fn answers_do_not_depend_on_what_is_cached() {
    let report = run(Plan { seed: 1_000, operations: 1_500 }, CACHE_BYTES_SCARCE);
    assert!(report.seals > 10 && report.reopens > 0, "{report:?}");
}
