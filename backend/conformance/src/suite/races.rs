//! `Intake::append` under concurrency: the store decides about each event, exactly once.

use std::sync::Arc;

use auditlog_core::{intake::PreparedBatch, store::Receipt};
use serde_json::json;

use super::scene::{Scene, stored_sequence};
use crate::{Store, fixtures::event};

const ID: &str = "01c1f2a3-0000-7abc-8def-0123456789ab";
const RACERS: usize = 16;

/// Appends batches concurrently, each from a task of its own, and returns the receipts in the order of the batches.
async fn race<S: Store>(store: &Arc<S>, batches: Vec<PreparedBatch>) -> Vec<Vec<Receipt>> {
    let racers: Vec<_> = batches
        .into_iter()
        .map(|batch| {
            let store = Arc::clone(store);
            tokio::spawn(async move { store.append(batch).await.expect("the store takes the batch in") })
        })
        .collect();
    let mut receipts = Vec::new();
    for racer in racers {
        receipts.push(racer.await.expect("an append does not panic"));
    }
    receipts
}

pub(super) async fn each_sequence_is_given_once_and_batches_stay_together<S: Store>(scene: Scene<S>) {
    let tenant = scene.tenant("acme").await;
    let mut given = Vec::new();
    for _round in 0..10 {
        let batches = (1..=RACERS).map(|size| scene.prepare(&tenant, &vec![event(&json!({})); size])).collect();
        for receipts in race(&scene.store, batches).await {
            let sequences: Vec<u64> = receipts.into_iter().map(stored_sequence).collect();
            let expected: Vec<u64> = (sequences[0]..).take(sequences.len()).collect();
            assert_eq!(sequences, expected, "the sequences of one batch rise without a gap");
            given.extend(sequences);
        }
    }
    given.sort_unstable();
    let head = scene.head(&tenant).await;
    assert_eq!(given, (0..head).collect::<Vec<_>>(), "each number from 0 is given once");
}

pub(super) async fn of_equal_events_at_once_one_is_stored<S: Store>(scene: Scene<S>) {
    let tenant = scene.tenant("acme").await;
    let named = event(&json!({ "id": ID, "occurred_at": "2031-05-06T11:00:00Z" }));
    let batches = (0..RACERS).map(|_| scene.prepare(&tenant, std::slice::from_ref(&named))).collect();
    let receipts = race(&scene.store, batches).await.concat();
    let stored: Vec<_> = receipts.iter().filter(|receipt| matches!(receipt, Receipt::Stored { .. })).collect();
    let [Receipt::Stored { id, sequence, received_at }] = stored[..] else { panic!("{stored:?} are not one") };
    let duplicate = Receipt::Duplicate { id: *id, sequence: *sequence, received_at: *received_at };
    assert_eq!(receipts.iter().filter(|receipt| **receipt == duplicate).count(), RACERS - 1);
    assert_eq!(scene.head(&tenant).await, 1);
}

pub(super) async fn of_different_events_at_once_one_is_stored<S: Store>(scene: Scene<S>) {
    let tenant = scene.tenant("acme").await;
    let batches = (0..RACERS)
        .map(|number| scene.prepare(&tenant, &[event(&json!({ "id": ID, "message": format!("number {number}") }))]))
        .collect();
    let receipts = race(&scene.store, batches).await.concat();
    let count = |wanted: fn(&Receipt) -> bool| receipts.iter().filter(|receipt| wanted(receipt)).count();
    assert_eq!(count(|receipt| matches!(receipt, Receipt::Stored { .. })), 1);
    assert_eq!(count(|receipt| matches!(receipt, Receipt::Conflict { .. })), RACERS - 1);
    assert_eq!(scene.head(&tenant).await, 1);
}
