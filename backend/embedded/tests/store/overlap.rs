//! Late and backfilled events: visible at once, in their order, and reflected in the reported overlap of segments.

use auditlog_core::{
    event::EventDraft,
    query::{Filter, Order},
    store::{EventStore as _, ListRequest, Overlap, StorageStatistics, View},
    timestamp::{MICROS_PER_DAY, MICROS_PER_SECOND, Timestamp},
};
use auditlog_embedded::EmbeddedStore;

use crate::support::{NOON, Place, append, budget, draft, tenant_id};

/// A request with an event at each of these seconds after noon.
async fn send(place: &Place, store: &EmbeddedStore, seconds: impl IntoIterator<Item = i64>) {
    let at = |second| Timestamp::from_micros(NOON.as_micros() + second * MICROS_PER_SECOND);
    let event = |second| EventDraft { occurred_at: Some(at(second)), ..draft("clock.tick") };
    append(store, place.batch("acme", seconds.into_iter().map(event).collect())).await;
}

/// The seconds after noon of every event, as a list shows them.
async fn listed(store: &EmbeddedStore) -> Vec<i64> {
    let head = store.head(tenant_id("acme")).await.unwrap();
    let view = View { tenant_id: tenant_id("acme"), head, filter: Filter::All };
    let request = ListRequest { view, order: Order::OldestFirst, after: None, limit: 1_000 };
    let page = store.list(request, budget()).await.unwrap();
    let second = |time: Timestamp| (time.as_micros() - NOON.as_micros()) / MICROS_PER_SECOND;
    page.events.iter().map(|stored| second(stored.event.occurred_at)).collect()
}

async fn kept(store: &EmbeddedStore) -> StorageStatistics {
    store.storage(tenant_id("acme")).await.unwrap()
}

#[tokio::test]
async fn late_and_backfilled_events_are_in_their_place_at_once_and_show_as_overlap() {
    let place = Place::new();
    let store = place.open_with_tenants(&["acme"]).await;
    for first in [0, 100, 200] {
        send(&place, &store, first..first + 100).await;
        store.seal().await.unwrap();
    }
    let in_step = kept(&store).await;
    assert_eq!((in_step.files, in_step.settled_events, in_step.unsettled_bytes), (3, 300, Some(0)));
    assert_eq!(in_step.overlap, Some(Overlap { depth_max: 1, depth_mean: 1.0 }));

    // Late: of a time that is sealed already. Backfilled: a month before all other events.
    let month = -30 * MICROS_PER_DAY / MICROS_PER_SECOND;
    send(&place, &store, [50, 150, 250]).await;
    let late: Vec<i64> = listed(&store).await;
    assert_eq!(late.iter().filter(|second| [50, 150, 250].contains(second)).count(), 6);
    assert!(late.is_sorted());
    send(&place, &store, month..month + 3).await;
    assert_eq!(listed(&store).await[..3], [month, month + 1, month + 2]);
    let unsealed = kept(&store).await;
    assert!(unsealed.unsettled_bytes > Some(0) && unsealed.overlap == in_step.overlap, "{unsealed:?}");

    let before = listed(&store).await;
    store.seal().await.unwrap();
    assert_eq!(listed(&store).await, before);
    let sealed = kept(&store).await;
    assert_eq!((sealed.files, sealed.settled_events), (4, 306));
    assert_eq!(sealed.overlap.map(|overlap| overlap.depth_max), Some(2));
    assert!(sealed.data_bytes > in_step.data_bytes && sealed.index_bytes > in_step.index_bytes, "{sealed:?}");
}
