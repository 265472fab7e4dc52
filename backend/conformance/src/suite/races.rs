//! `Intake::append` and `ControlWriter::commit` under concurrency: the store decides about each event and each change,
//! exactly once.

use std::sync::Arc;

use auditlog_core::{
    id::EventId,
    intake::{Atomicity, PreparedBatch},
    store::{ControlCommit, EventOutcome, Receipt, ReceiptStatus, Tenant, TenantChange, id_conflict, not_stored},
};
use serde_json::json;

use super::scene::{Scene, after_changes, assert_conflict, stored_sequence};
use crate::{Store, fixtures::event};

const ID: &str = "01c1f2a3-0000-7abc-8def-0123456789ab";
const RACERS: usize = 16;

/// Appends batches concurrently, each from a task of its own, and returns the outcomes in the order of the batches.
async fn race<S: Store>(store: &Arc<S>, batches: Vec<PreparedBatch>) -> Vec<Vec<EventOutcome>> {
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
            let sequences: Vec<u64> = receipts.iter().map(stored_sequence).collect();
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
    let of_status = |wanted| receipts.iter().flatten().filter(move |receipt| receipt.status == wanted);
    let stored: Vec<_> = of_status(ReceiptStatus::Stored).collect();
    let [stored] = stored[..] else { panic!("{stored:?} are not one") };
    let duplicate = Receipt { status: ReceiptStatus::Duplicate, ..*stored };
    assert_eq!(of_status(ReceiptStatus::Duplicate).filter(|receipt| **receipt == duplicate).count(), RACERS - 1);
    assert_eq!(scene.head(&tenant).await, 1);
}

pub(super) async fn of_different_events_at_once_one_is_stored<S: Store>(scene: Scene<S>) {
    let tenant = scene.tenant("acme").await;
    let batches = (0..RACERS)
        .map(|number| scene.prepare(&tenant, &[event(&json!({ "id": ID, "message": format!("number {number}") }))]))
        .collect();
    let receipts = race(&scene.store, batches).await.concat();
    let stored: Vec<_> = receipts.iter().flatten().map(|receipt| receipt.status).collect();
    assert_eq!(stored, [ReceiptStatus::Stored]);
    let conflict = Err(id_conflict(EventId::parse(ID).expect("the id is one")));
    assert_eq!(receipts.iter().filter(|outcome| **outcome == conflict).count(), RACERS - 1);
    assert_eq!(scene.head(&tenant).await, 1);
}

pub(super) async fn of_atomic_batches_at_once_that_conflict_one_is_stored<S: Store>(scene: Scene<S>) {
    let tenant = scene.tenant("acme").await;
    let batches: Vec<_> = (0..RACERS)
        .map(|number| {
            let own = event(&json!({ "id": format!("01c1f2a3-0000-7abc-8def-0000000000{number:02x}") }));
            let shared = event(&json!({ "id": ID, "message": format!("number {number}") }));
            let events = [own, event(&json!({})), shared];
            PreparedBatch { atomicity: Atomicity::AllOrNothing, ..scene.prepare(&tenant, &events) }
        })
        .collect();
    let ids: Vec<_> = batches.iter().map(|batch| batch.events[0].event.id).collect();
    let outcomes = race(&scene.store, batches).await;
    let conflict = Err(id_conflict(EventId::parse(ID).expect("the id is one")));
    let refused = vec![Err(not_stored()), Err(not_stored()), conflict];
    let (stored, others): (Vec<_>, Vec<_>) =
        std::iter::zip(ids, outcomes).partition(|(_, outcomes)| *outcomes != refused);
    let [(winner, stored)] = &stored[..] else { panic!("{stored:?} is not one batch") };
    assert_eq!(stored.iter().map(stored_sequence).collect::<Vec<_>>(), [0, 1, 2]);
    assert_eq!(scene.head(&tenant).await, 3);
    assert!(scene.get(&tenant, *winner).await.is_some());
    for (id, _) in others {
        assert_eq!(scene.get(&tenant, id).await, None);
    }
}

pub(super) async fn of_changes_of_one_record_at_once_one_is_made<S: Store>(scene: Scene<S>) {
    let id = scene.tenant("acme").await;
    for round in 0..10 {
        let read = scene.find_tenant(&id).await.expect("the tenant is there");
        let racers: Vec<_> = (0..RACERS)
            .map(|racer| {
                let store = Arc::clone(&scene.store);
                let name = format!("round {round}, racer {racer}");
                let record = scene.prepare(&id, &[event(&json!({ "message": name }))]);
                let renamed = Tenant { name: name.clone(), ..read.clone() };
                let commit = ControlCommit::new(vec![TenantChange::Update(renamed).into()], vec![record]);
                tokio::spawn(async move { (name, store.commit(commit).await) })
            })
            .collect();
        let mut made = Vec::new();
        for racer in racers {
            match racer.await.expect("a commit does not panic") {
                (name, Ok(())) => made.push(name),
                (_, refused) => assert_conflict(&refused),
            }
        }
        let found = scene.find_tenant(&id).await.expect("the tenant is there");
        assert_eq!((made, found.revision), (vec![found.name.clone()], after_changes(round + 1)));
        let messages = scene.messages(&id).await;
        assert_eq!((messages.len(), messages.last()), (round + 1, Some(&found.name)), "one of them is recorded");
    }
}
