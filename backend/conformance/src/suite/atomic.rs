//! `Intake::append` of a batch that is stored as a whole or not at all.

use auditlog_core::{
    id::TenantId,
    intake::{Atomicity, PreparedBatch},
    store::{EventOutcome, Receipt, ReceiptStatus, id_conflict, not_stored},
};
use serde_json::{Value, json};

use super::scene::{Scene, receipt_id, stored_sequence};
use crate::{Store, fixtures::event};

/// An event with one of a few ids.
fn named(number: u8, message: &str) -> Value {
    event(&json!({ "id": format!("01c1f2a3-0000-7abc-8def-0123456789{number:02x}"), "message": message }))
}

fn prepare_atomic<S: Store>(scene: &Scene<S>, tenant: &TenantId, events: &[Value]) -> PreparedBatch {
    PreparedBatch { atomicity: Atomicity::AllOrNothing, ..scene.prepare(tenant, events) }
}

async fn append_atomic<S: Store>(scene: &Scene<S>, tenant: &TenantId, events: &[Value]) -> Vec<EventOutcome> {
    scene.append_prepared(prepare_atomic(scene, tenant, events)).await
}

pub(super) async fn a_batch_without_a_conflict_is_stored_as_any_other<S: Store>(scene: Scene<S>) {
    let tenant = scene.tenant("acme").await;
    let first = scene.append(&tenant, &[named(1, "one")]).await.remove(0);
    let batch = [event(&json!({})), named(1, "one"), named(2, "two"), named(2, "two")];
    let outcomes = append_atomic(&scene, &tenant, &batch).await;
    let duplicate_of =
        |first: &EventOutcome| first.clone().map(|receipt| Receipt { status: ReceiptStatus::Duplicate, ..receipt });
    assert_eq!([stored_sequence(&outcomes[0]), stored_sequence(&outcomes[2])], [1, 2]);
    assert_eq!([&outcomes[1], &outcomes[3]], [&duplicate_of(&first), &duplicate_of(&outcomes[2])]);
    assert_eq!(scene.head(&tenant).await, 3);
}

pub(super) async fn a_conflict_leaves_nothing_of_the_batch<S: Store>(scene: Scene<S>) {
    let tenant = scene.tenant("acme").await;
    let first = scene.append(&tenant, &[named(1, "one"), named(2, "two")]).await;
    let batch = [event(&json!({})), named(1, "one"), named(2, "another"), named(3, "three")];
    let prepared = prepare_atomic(&scene, &tenant, &batch);
    let ids: Vec<_> = prepared.events.iter().map(|prepared| prepared.event.id).collect();
    let outcomes = scene.append_prepared(prepared).await;
    let conflict = Err(id_conflict(receipt_id(&first[1])));
    assert_eq!(outcomes, [Err(not_stored()), Err(not_stored()), conflict, Err(not_stored())]);
    assert_eq!(scene.head(&tenant).await, 2, "nothing of the batch is stored");
    for id in [ids[0], ids[3]] {
        assert_eq!(scene.get(&tenant, id).await, None);
    }
    let free = scene.append(&tenant, &[named(3, "another three")]).await.remove(0);
    assert_eq!(stored_sequence(&free), 2, "its ids and sequences are free");
}

pub(super) async fn a_conflict_inside_the_batch_leaves_nothing_either<S: Store>(scene: Scene<S>) {
    let tenant = scene.tenant("acme").await;
    let batch = [named(1, "one"), named(1, "one"), named(1, "another")];
    let prepared = prepare_atomic(&scene, &tenant, &batch);
    let id = prepared.events[0].event.id;
    let outcomes = scene.append_prepared(prepared).await;
    assert_eq!(outcomes, [Err(not_stored()), Err(not_stored()), Err(id_conflict(id))]);
    assert_eq!((scene.head(&tenant).await, scene.get(&tenant, id).await), (0, None));
}
