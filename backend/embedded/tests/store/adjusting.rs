//! Events with adjusted values are the same after a restart, a seal and a compaction, and so are their repetitions.

use auditlog_conformance::fixtures::{adjusted, crowded, event};
use auditlog_core::{
    event::{EventDraft, parse_event},
    intake::PreparedBatch,
    leaf::leaf_hash,
    store::{Intake as _, Receipt, ReceiptStatus},
};
use auditlog_embedded::{EmbeddedStore, Options, check};
use serde_json::{Value, json};

use crate::support::{Place, all, append};

/// Three events whose ids follow from those in the system of record.
fn drafts(round: usize) -> Vec<EventDraft> {
    let sent = [adjusted(), crowded(), event(&json!({ "occurred_at": "1969-12-31T23:59:59Z" }))];
    let draft = |(number, mut sent): (usize, Value)| {
        sent["external_id"] = json!(format!("rec-{round}-{number}"));
        parse_event(sent.to_string().as_bytes()).unwrap()
    };
    sent.into_iter().enumerate().map(draft).collect()
}

/// The events that were acknowledged, sent again, are duplicates of their first ones.
async fn assert_known(place: &Place, store: &EmbeddedStore, rounds: usize) {
    for round in 0..rounds {
        let outcomes = store.append(place.batch("acme", drafts(round))).await.unwrap();
        for (outcome, sequence) in outcomes.into_iter().zip(3 * round as u64..) {
            let Receipt { status, sequence: known, .. } = outcome.unwrap();
            assert_eq!((status, known), (ReceiptStatus::Duplicate, sequence), "round {round}");
        }
    }
}

async fn assert_kept(store: &EmbeddedStore, acknowledged: &[PreparedBatch]) {
    let expected: Vec<_> = acknowledged.iter().flat_map(|batch| &batch.events).collect();
    let stored = all(store, "acme").await;
    assert_eq!(stored.len(), expected.len());
    for (stored, expected) in stored.iter().zip(expected) {
        assert!(!stored.event.adjustments.is_empty());
        assert_eq!(stored.event, expected.event);
        assert_eq!(leaf_hash(&stored.event, &stored.salt), expected.leaf_hash);
    }
}

#[tokio::test]
async fn adjusted_events_stay_as_they_were_acknowledged() {
    let place = Place::new();
    let mut store = place.open_with_tenants(&["acme"]).await;
    let mut acknowledged = Vec::new();
    for round in 0..3 {
        let batch = place.batch("acme", drafts(round));
        append(&store, batch.clone()).await;
        acknowledged.push(batch);
        drop(store);
        store = place.open_with(Options { compaction_inputs_min: 2, ..place.options() }).unwrap();
        assert_kept(&store, &acknowledged).await;
        assert_known(&place, &store, round + 1).await;
        store.seal().await.unwrap();
        assert_kept(&store, &acknowledged).await;
        assert_known(&place, &store, round + 1).await;
    }
    assert_eq!(store.compact().await.unwrap(), 1);
    store.close().await.unwrap();
    drop(store);
    assert!(check::run(place.path(), &mut |_| {}).unwrap().verification.is_intact());
    store = place.open();
    assert_kept(&store, &acknowledged).await;
    assert_known(&place, &store, 3).await;
}
