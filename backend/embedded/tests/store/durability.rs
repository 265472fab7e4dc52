//! Every acknowledged event is present exactly once after a restart, however the store stopped.

use auditlog_core::{
    event::EventDraft,
    intake::PreparedBatch,
    store::{EventOutcome, EventStore as _, Intake as _, Receipt, ReceiptStatus, id_conflict},
    timestamp::{MICROS_PER_HOUR, Timestamp},
};
use auditlog_embedded::EmbeddedStore;

use crate::support::{Place, all, append, budget, draft, tenant_id};

/// How a store stops.
#[derive(Debug, Clone, Copy)]
enum Stop {
    Cleanly,
    Abruptly,
}

async fn stop(store: EmbeddedStore, how: Stop) {
    if let Stop::Cleanly = how {
        store.close().await.unwrap();
    }
    drop(store);
}

#[tokio::test]
async fn acknowledged_events_are_there_again_after_either_stop() {
    for how in [Stop::Cleanly, Stop::Abruptly] {
        let place = Place::new();
        let mut store = place.open_with_tenants(&["acme", "globex"]).await;
        let mut sent: Vec<PreparedBatch> = Vec::new();
        for round in 0..6 {
            let sizes = [1, 40, 500, 2];
            for (size, tenant) in sizes.into_iter().zip(["acme", "globex", "acme", "globex"]) {
                let batch = place.fresh(tenant, size + round);
                append(&store, batch.clone()).await;
                sent.push(batch);
            }
            if round % 2 == 1 {
                store.seal().await.unwrap();
            }
            stop(store, how).await;
            store = place.open();
        }
        for tenant in ["acme", "globex"] {
            let own = sent.iter().filter(|batch| batch.tenant_id == tenant_id(tenant));
            let expected: Vec<_> = own.flat_map(|batch| batch.events.iter().map(|event| event.event.clone())).collect();
            let stored = all(&store, tenant).await;
            assert!(stored.iter().zip(0..).all(|(event, sequence)| event.sequence == sequence), "{how:?}");
            let stored: Vec<_> = stored.into_iter().map(|stored| stored.event).collect();
            assert!(stored == expected, "{how:?}: {tenant} holds other events than were acknowledged");
        }
    }
}

#[tokio::test]
async fn sequences_go_on_where_they_were() {
    let place = Place::new();
    let store = place.open_with_tenants(&["acme"]).await;
    assert_eq!(append(&store, place.fresh("acme", 3)).await, [0, 1, 2]);
    drop(store);
    let store = place.open();
    assert_eq!(append(&store, place.fresh("acme", 1)).await, [3]);
    store.seal().await.unwrap();
    assert_eq!(append(&store, place.fresh("acme", 2)).await, [4, 5]);
    store.close().await.unwrap();
    drop(store);
    let store = place.open();
    assert_eq!(append(&store, place.fresh("acme", 1)).await, [6]);
    assert_eq!(store.head(tenant_id("acme")).await.unwrap(), 7);
}

/// The receipt of the only event in a batch.
async fn only(store: &EmbeddedStore, batch: PreparedBatch) -> EventOutcome {
    store.append(batch).await.unwrap().remove(0)
}

#[tokio::test]
async fn a_repeat_is_known_wherever_the_first_one_lies() {
    let place = Place::new();
    let mut store = place.open_with_tenants(&["acme", "globex"]).await;
    let first = EventDraft { id: Some(place.id()), ..draft("door.open") };
    let id = first.id.unwrap();
    let other = EventDraft { id: Some(id), ..draft("door.close") };
    let stored = only(&store, place.batch("acme", vec![first.clone()])).await.unwrap();
    let (Receipt { received_at, .. }, status) = (stored, ReceiptStatus::Duplicate);
    assert_eq!(stored.status, ReceiptStatus::Stored);
    for step in ["tail", "reopened tail", "segment", "reopened segment", "compacted segment"] {
        match step {
            "reopened tail" | "reopened segment" => {
                drop(store);
                store = place.open();
            }
            "segment" => drop(store.seal().await.unwrap()),
            "compacted segment" => {
                append(&store, place.fresh("acme", 5)).await;
                store.seal().await.unwrap();
                assert_eq!(store.compact().await.unwrap(), 1);
            }
            _ => {}
        }
        // A later time of receipt does not make it another event.
        place.clock.set(Timestamp::from_micros(received_at.as_micros() + MICROS_PER_HOUR));
        let batch = |draft: &EventDraft| place.batch("acme", vec![draft.clone()]);
        let duplicate = Ok(Receipt { status, id, sequence: 0, received_at });
        assert_eq!(only(&store, batch(&first)).await, duplicate, "{step}");
        assert_eq!(only(&store, batch(&other)).await, Err(id_conflict(id)), "{step}");
    }
    // Ids are unique within a tenant only.
    let elsewhere = only(&store, place.batch("globex", vec![other])).await.unwrap();
    assert_eq!((elsewhere.status, elsewhere.sequence), (ReceiptStatus::Stored, 0));
}

#[tokio::test]
async fn a_repeat_inside_one_request_is_known_too() {
    for size in [4, 64] {
        let place = Place::new();
        let store = place.open_with_tenants(&["acme"]).await;
        let (id, other_id) = (place.id(), place.id());
        let first = EventDraft { id: Some(id), ..draft("door.open") };
        let conflict = EventDraft { id: Some(id), ..draft("door.close") };
        let mut drafts = vec![first.clone(), EventDraft { id: Some(other_id), ..draft("a.b") }, first, conflict];
        drafts.extend((4..size).map(|index| draft(&format!("item.{index}"))));
        let receipts = store.append(place.batch("acme", drafts)).await.unwrap();
        let received_at = place.clock_now();
        let status = ReceiptStatus::Duplicate;
        assert_eq!(receipts[2], Ok(Receipt { status, id, sequence: 0, received_at }));
        assert_eq!(receipts[3], Err(id_conflict(id)));
        let stored = receipts.iter().filter_map(|outcome| match outcome {
            Ok(Receipt { status: ReceiptStatus::Stored, sequence, .. }) => Some(*sequence),
            _ => None,
        });
        assert_eq!(stored.collect::<Vec<_>>(), (0..size as u64 - 2).collect::<Vec<_>>());
        drop(store);
        let store = place.open();
        assert_eq!(all(&store, "acme").await.len(), size - 2);
    }
}

#[tokio::test]
async fn an_event_the_server_named_can_be_repeated_by_its_id() {
    let place = Place::new();
    let store = place.open_with_tenants(&["acme"]).await;
    let batch = place.batch("acme", vec![draft("door.open")]);
    let id = batch.events[0].event.id;
    append(&store, batch).await;
    let repeat = EventDraft { id: Some(id), ..draft("door.open") };
    let receipt = only(&store, place.batch("acme", vec![repeat])).await;
    let (status, received_at) = (ReceiptStatus::Duplicate, place.clock_now());
    assert_eq!(receipt, Ok(Receipt { status, id, sequence: 0, received_at }));
}

#[tokio::test]
async fn every_event_is_found_by_its_id_in_its_own_tenant_only() {
    let place = Place::new();
    let store = place.open_with_tenants(&["acme", "globex"]).await;
    let batch = place.fresh("acme", 50);
    append(&store, batch.clone()).await;
    store.seal().await.unwrap();
    let tail = place.fresh("acme", 3);
    append(&store, tail.clone()).await;
    for prepared in batch.events.iter().chain(&tail.events) {
        let id = prepared.event.id;
        let found = store.get(tenant_id("acme"), id, budget()).await.unwrap();
        assert_eq!(found.map(|stored| stored.event), Some(prepared.event.clone()));
        assert_eq!(store.get(tenant_id("globex"), id, budget()).await.unwrap(), None);
    }
}

/// A log whose last sync failed may be in memory alone, so a start must not rely on it any longer: its contents must be
/// in the database before anything is added.
#[tokio::test]
async fn a_start_takes_the_write_ahead_log_into_the_database() {
    let place = Place::new();
    let store = place.open_with_tenants(&["acme"]).await;
    append(&store, place.fresh("acme", 3)).await;
    stop(store, Stop::Abruptly).await;
    let store = place.open();
    let copy = tempfile::tempdir().unwrap();
    std::fs::copy(place.path().join("ledger.db"), copy.path().join("ledger.db")).unwrap();
    let database = rusqlite::Connection::open(copy.path().join("ledger.db")).unwrap();
    let commits: i64 = database.query_row("SELECT COUNT(*) FROM commits", [], |row| row.get(0)).unwrap();
    assert_eq!(commits, 1);
    assert_eq!(append(&store, place.fresh("acme", 1)).await, [3]);
}
