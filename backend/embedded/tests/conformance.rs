//! The embedded store passes the conformance suite of core's contracts.

#![expect(clippy::unwrap_used, reason = "what cannot be set up is a failed test")]

use std::sync::Arc;

use auditlog_conformance::{
    fixtures::{ManualClock, SeededEntropy},
    suite,
};
use auditlog_embedded::{EmbeddedStore, Maintenance, Options};
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
