//! `EventStore::scan`: the order of the log, bounded steps, heads and budgets.

use auditlog_core::{
    query::{Field, Filter},
    store::{ScanPage, ScanRequest},
    timestamp::{MICROS_PER_SECOND, Timestamp},
};
use serde_json::json;

use super::scene::{Scene, not, one_of, sequences, used_up_budgets};
use crate::{
    Store,
    fixtures::{START, budget, event, tenant_id},
};

/// Events of a small log; they happened in another order than they are stored in.
const EVENTS: u64 = 60;

/// Stores the events in batches of five, every third one by bob, each by the tenant and by another one.
async fn log<S: Store>(scene: &Scene<S>) -> auditlog_core::id::TenantId {
    let (tenant, other) = (scene.tenant("acme").await, scene.tenant("other").await);
    for batch in 0..EVENTS / 5 {
        let numbers = batch * 5..(batch + 1) * 5;
        let events: Vec<_> = numbers
            .map(|number| {
                let seconds = i64::try_from(number * 7 % EVENTS).expect("it is small");
                let occurred_at = Timestamp::from_micros(START.as_micros() - seconds * MICROS_PER_SECOND);
                let id = if number % 3 == 0 { "bob" } else { "alice" };
                event(&json!({ "occurred_at": occurred_at.to_string(), "actor": { "type": "user", "id": id } }))
            })
            .collect();
        scene.append(&tenant, &events).await;
        scene.append(&other, &events).await;
    }
    tenant
}

fn bobs() -> Filter {
    one_of(Field::ActorId, &["bob"])
}

pub(super) async fn events_come_in_the_order_of_the_log<S: Store>(scene: Scene<S>) {
    let tenant = log(&scene).await;
    let view = scene.view(&tenant, Filter::All).await;
    let whole = scene.scan(&view, 0, 1_000).await;
    assert_eq!(sequences(&whole), (0..EVENTS).collect::<Vec<_>>());
    for stored in &whole {
        assert_eq!(scene.get(&tenant, stored.event.id).await.as_ref(), Some(stored), "it is the event as a whole");
    }
    for (filter, rest) in [(bobs(), 0), (not(bobs()), 1)] {
        let view = scene.view(&tenant, filter).await;
        let expected: Vec<u64> = (0..EVENTS).filter(|sequence| (sequence % 3).min(1) == rest).collect();
        assert_eq!(sequences(&scene.scan(&view, 0, 1_000).await), expected);
    }
}

pub(super) async fn pieces_of_any_size_make_the_whole_scan<S: Store>(scene: Scene<S>) {
    let tenant = log(&scene).await;
    for filter in [Filter::All, bobs(), one_of(Field::ActorId, &["nobody"])] {
        let view = scene.view(&tenant, filter).await;
        let whole = scene.scan(&view, 0, 1_000).await;
        for limit in [1, 2, 3, 7, 20, 59, 60, 61] {
            assert_eq!(scene.scan(&view, 0, limit).await, whole, "pieces of {limit}");
        }
        for from in [0, 1, 17, EVENTS - 1, EVENTS, EVENTS + 5] {
            let expected: Vec<_> = whole.iter().filter(|stored| stored.sequence >= from).cloned().collect();
            assert_eq!(scene.scan(&view, from, 4).await, expected, "from {from} on");
        }
    }
}

pub(super) async fn a_scan_ends_at_the_head<S: Store>(scene: Scene<S>) {
    let tenant = log(&scene).await;
    let mut view = scene.view(&tenant, Filter::All).await;
    for head in [0, 1, 33, EVENTS, EVENTS + 3] {
        view.head = head;
        let expected: Vec<u64> = (0..head.min(EVENTS)).collect();
        assert_eq!(sequences(&scene.scan(&view, 0, 9).await), expected, "below {head}");
        let request = ScanRequest { view: view.clone(), from: head, limit: 9 };
        let behind = scene.store.scan(request, budget()).await;
        assert_eq!(behind, Ok(ScanPage { events: Vec::new(), next: head }), "nothing is at the head or behind it");
    }
    view.head = EVENTS;
    let before = scene.scan(&view, 0, 9).await;
    scene.append(&tenant, &[event(&json!({}))]).await;
    assert_eq!(scene.scan(&view, 0, 9).await, before, "what comes later is behind the head");
}

pub(super) async fn an_unknown_tenant_has_nothing_to_scan<S: Store>(scene: Scene<S>) {
    let known = log(&scene).await;
    let mut view = scene.view(&known, Filter::All).await;
    view.tenant_id = tenant_id("nobody");
    let page = scene.store.scan(ScanRequest { view, from: 0, limit: 10 }, budget()).await;
    assert_eq!(page, Ok(ScanPage { events: Vec::new(), next: 0 }));
}

pub(super) async fn a_used_up_budget_ends_a_scan<S: Store>(scene: Scene<S>) {
    let tenant = log(&scene).await;
    let view = scene.view(&tenant, Filter::All).await;
    for (used_up, expected) in used_up_budgets() {
        let request = ScanRequest { view: view.clone(), from: 0, limit: 10 };
        assert_eq!(scene.store.scan(request, used_up).await, Err(expected));
    }
}
