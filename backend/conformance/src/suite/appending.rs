//! `Intake::append`: receipts, durability as far as it can be observed in a running store, and reading events back.

use std::iter::zip;

use auditlog_core::{
    event::{AdjustmentCode, SaltSource},
    leaf,
    query::{Filter, Order},
    store::{AppendError, Receipt, ReceiptStatus, TenantChange},
};
use futures_util::FutureExt;
use serde_json::{Value, json};

use super::scene::{Scene, receipt_id, sequences, stored_sequence};
use crate::{
    Store,
    fixtures::{adjusted, crowded, event, everything},
};

fn plain(count: usize) -> Vec<Value> {
    (0..count).map(|number| event(&json!({ "message": format!("number {number}") }))).collect()
}

pub(super) async fn receipts_come_in_order_and_sequences_count_from_zero<S: Store>(scene: Scene<S>) {
    let tenant = scene.tenant("acme").await;
    assert_eq!(scene.head(&tenant).await, 0);
    let mut sequence = 0;
    for size in [1, 3, 1, 40, 2] {
        let batch = scene.prepare(&tenant, &plain(size));
        let received_at = batch.received_at;
        let receipts = scene.append_prepared(batch.clone()).await;
        for (receipt, prepared) in zip(receipts, &batch.events) {
            let status = ReceiptStatus::Stored;
            assert_eq!(receipt, Ok(Receipt { status, id: prepared.event.id, sequence, received_at }));
            sequence += 1;
        }
        assert_eq!(scene.head(&tenant).await, sequence);
    }
}

pub(super) async fn a_stored_event_is_found_at_once_as_it_was_sent<S: Store>(scene: Scene<S>) {
    let tenant = scene.tenant("acme").await;
    let batch = scene.prepare(&tenant, &[event(&json!({})), everything(), event(&json!({ "message": "last" }))]);
    let receipts = scene.append_prepared(batch.clone()).await;
    let view = scene.view(&tenant, Filter::All).await;
    let listed = scene.walk(&view, Order::OldestFirst, 10).await;
    for (index, (prepared, receipt)) in zip(0.., zip(&batch.events, receipts)) {
        let found = scene.get(&tenant, receipt_id(&receipt)).await.expect("a stored event is found");
        assert_eq!(found.event, prepared.event);
        assert_eq!(found.sequence, stored_sequence(&receipt));
        assert_eq!(found.salt, SaltSource { seed: batch.salt_seed, index });
        assert!(listed.contains(&found), "the list shows the event as the look-up does");
    }
}

pub(super) async fn what_is_read_back_gives_the_acknowledged_leaf<S: Store>(scene: Scene<S>) {
    let tenant = scene.tenant("acme").await;
    let mut events = plain(20);
    events.insert(7, everything());
    let batch = scene.prepare(&tenant, &events);
    scene.append_prepared(batch.clone()).await;
    let view = scene.view(&tenant, Filter::All).await;
    let mut stored = scene.walk(&view, Order::NewestFirst, 6).await;
    stored.sort_by_key(|stored| stored.sequence);
    assert_eq!(stored.len(), batch.events.len());
    for (stored, prepared) in zip(stored, batch.events) {
        assert_eq!(leaf::leaf_hash(&stored.event, &stored.salt), prepared.leaf_hash, "event {}", stored.sequence);
    }
}

pub(super) async fn what_was_adjusted_is_read_back_as_it_was_acknowledged<S: Store>(scene: Scene<S>) {
    let tenant = scene.tenant("acme").await;
    let batch = scene.prepare(&tenant, &[event(&json!({})), adjusted(), crowded(), everything()]);
    let codes = |index: usize| batch.events[index].event.adjustments.as_slice().iter().map(|adjusted| adjusted.code);
    for code in AdjustmentCode::ALL {
        assert!(codes(1).chain(codes(2)).any(|found| found == *code), "{code} is not among {:?}", batch.events);
    }
    let receipts = scene.append_prepared(batch.clone()).await;
    let view = scene.view(&tenant, Filter::All).await;
    let listed = scene.walk(&view, Order::NewestFirst, 10).await;
    for (receipt, prepared) in zip(&receipts, &batch.events) {
        let found = scene.get(&tenant, receipt_id(receipt)).await.expect("a stored event is found");
        assert_eq!(found.event, prepared.event);
        assert_eq!(leaf::leaf_hash(&found.event, &found.salt), prepared.leaf_hash);
        assert!(listed.contains(&found), "the list shows the event as the look-up does");
    }
}

pub(super) async fn an_unknown_tenant_is_refused_and_nothing_is_stored<S: Store>(scene: Scene<S>) {
    let later = scene.new_tenant("later");
    let id = later.id.clone();
    let refused = scene.store.append(scene.prepare(&id, &plain(2))).await;
    assert_eq!(refused, Err(AppendError::UnknownTenant(id.clone())));
    scene.change(TenantChange::Create(later)).await.expect("the tenant is new");
    assert_eq!(scene.head(&id).await, 0);
    assert_eq!(stored_sequence(&scene.append(&id, &plain(1)).await[0]), 0);
}

pub(super) async fn dropping_the_future_cancels_nothing<S: Store>(scene: Scene<S>) {
    let tenant = scene.tenant("acme").await;
    let abandoned = scene.prepare(&tenant, &plain(1));
    let id = abandoned.events[0].event.id;
    // Polled once and dropped, as when a client disconnects.
    drop(scene.store.append(abandoned).now_or_never());
    scene.append(&tenant, &plain(1)).await;
    assert_eq!(scene.head(&tenant).await, 2);
    assert!(scene.get(&tenant, id).await.is_some(), "the abandoned event is stored");
}

pub(super) async fn a_batch_may_hold_a_thousand_events<S: Store>(scene: Scene<S>) {
    let tenant = scene.tenant("acme").await;
    let receipts = scene.append(&tenant, &plain(1_000)).await;
    let sequences_given: Vec<u64> = receipts.iter().map(stored_sequence).collect();
    assert_eq!(sequences_given, (0..1_000).collect::<Vec<_>>());
    let view = scene.view(&tenant, Filter::All).await;
    assert_eq!(sequences(&scene.walk(&view, Order::OldestFirst, 333).await), sequences_given);
}
