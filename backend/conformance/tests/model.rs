//! Runs the model on a second oracle: the generator produces runs with enough coverage, and a store that answers
//! wrongly is detected.

use auditlog_conformance::{
    fixtures::ManualClock,
    model::{self, Plan, Subject},
    oracle::Oracle,
};

/// The oracle, which has nothing to seal.
#[derive(Default)]
struct Remembering(Oracle);

impl Subject for Remembering {
    type Store = Oracle;

    fn store(&self) -> &Oracle {
        &self.0
    }

    async fn seal(&self) -> bool {
        true
    }

    async fn compact(&self) -> bool {
        true
    }

    async fn reopen(&mut self) {}
}

#[tokio::test]
async fn a_run_asks_mostly_what_finds_something() {
    let mut subject = Remembering::default();
    let report = model::run(&mut subject, &ManualClock::default(), Plan { seed: 1, operations: 5_000 }).await;
    assert_eq!(report.operations, 5_000);
    assert!(report.duplicates > 100 && report.conflicts > 100, "{report:?}");
    assert!(report.non_empty_queries * 100 >= report.queries * 70, "{report:?}");
    assert!(report.spanning_queries * 100 >= report.queries * 20, "{report:?}");
}

#[tokio::test]
async fn a_run_follows_from_its_seed() {
    let mut reports = Vec::new();
    for seed in [7, 7, 8] {
        let mut subject = Remembering::default();
        reports.push(model::run(&mut subject, &ManualClock::default(), Plan { seed, operations: 500 }).await);
    }
    assert_eq!(reports[0], reports[1]);
    assert_ne!(reports[0], reports[2]);
}
