//! `EventStore::list`, `count` and `head`: order, pages, heads, positions and budgets.

use auditlog_core::{
    event::StoredEvent,
    id::TenantId,
    query::{Field, Filter, Order, Position},
    store::{ListRequest, PAGE_BYTES_MAX},
    timestamp::{MICROS_PER_SECOND, Timestamp},
};
use serde_json::{Value, json};

use super::scene::{Scene, one_of, sequences, used_up_budgets};
use crate::{
    Store,
    fixtures::{START, budget, event},
};

/// Seconds before [`START`] at which the events happened, in the order they are stored: late ones, equal ones.
const SECONDS_BEFORE: [i64; 12] = [50, 40, 30, 45, 45, 10, 86_400, 5, 45, 5, 60, 1];

fn before_start(seconds: i64) -> Timestamp {
    Timestamp::from_micros(START.as_micros() - seconds * MICROS_PER_SECOND)
}

fn at(seconds_before: i64) -> Value {
    event(&json!({ "occurred_at": before_start(seconds_before).to_string() }))
}

async fn late_events<S: Store>(scene: &Scene<S>) -> TenantId {
    let tenant = scene.tenant("acme").await;
    for seconds in SECONDS_BEFORE {
        scene.append(&tenant, &[at(seconds)]).await;
    }
    tenant
}

/// The sequences of [`late_events`], oldest first.
fn oldest_first() -> Vec<u64> {
    vec![6, 10, 0, 3, 4, 8, 1, 2, 5, 7, 9, 11]
}

fn position(stored: &StoredEvent) -> Position {
    Position { occurred_at: stored.event.occurred_at, sequence: stored.sequence }
}

pub(super) async fn both_orders_go_by_time_and_then_sequence<S: Store>(scene: Scene<S>) {
    let tenant = late_events(&scene).await;
    let view = scene.view(&tenant, Filter::All).await;
    let rising = scene.walk(&view, Order::OldestFirst, 100).await;
    let mut falling = scene.walk(&view, Order::NewestFirst, 100).await;
    assert_eq!(sequences(&rising), oldest_first());
    falling.reverse();
    assert_eq!(falling, rising);
}

pub(super) async fn pages_of_any_size_make_the_whole_walk<S: Store>(scene: Scene<S>) {
    let tenant = late_events(&scene).await;
    let view = scene.view(&tenant, Filter::All).await;
    for order in [Order::NewestFirst, Order::OldestFirst] {
        let whole = scene.walk(&view, order, usize::MAX).await;
        assert_eq!(whole.len(), SECONDS_BEFORE.len());
        for limit in 1..=SECONDS_BEFORE.len() + 1 {
            assert_eq!(scene.walk(&view, order, limit).await, whole, "pages of {limit}, {order:?}");
        }
    }
}

pub(super) async fn the_last_page_says_so_exactly<S: Store>(scene: Scene<S>) {
    let tenant = late_events(&scene).await;
    let view = scene.view(&tenant, Filter::All).await;
    let size = SECONDS_BEFORE.len();
    for order in [Order::NewestFirst, Order::OldestFirst] {
        for limit in [1, size - 1, size, size + 1] {
            let page = scene.page(ListRequest { view: view.clone(), order, after: None, limit }).await;
            assert_eq!(page.events.len(), limit.min(size));
            let expected = page.events.last().map(position).filter(|_| limit < size);
            assert_eq!(page.next, expected, "a page of {limit}, {order:?}");
        }
    }
}

pub(super) async fn a_page_of_large_events_ends_early<S: Store>(scene: Scene<S>) {
    let tenant = scene.tenant("acme").await;
    let attribute = |number: i64| (format!("text_{number}"), Value::from("y".repeat(1_000)));
    let metadata = (0..28).map(attribute).collect::<serde_json::Map<_, _>>();
    let large = event(&json!({ "metadata": metadata, "raw": { "format": "text", "body": "x".repeat(32_000) } }));
    for _ in 0..3 {
        scene.append(&tenant, &vec![large.clone(); 100]).await;
    }
    let view = scene.view(&tenant, Filter::All).await;
    for order in [Order::NewestFirst, Order::OldestFirst] {
        let page = scene.page(ListRequest { view: view.clone(), order, after: None, limit: 1_000 }).await;
        let bytes: usize = page.events.iter().map(|stored| stored.event.text_bytes()).sum();
        assert!(!page.events.is_empty() && bytes <= PAGE_BYTES_MAX, "{} events of {bytes} bytes", page.events.len());
        assert_eq!(page.next, page.events.last().map(position), "there is more, {order:?}");
        let walked = sequences(&scene.walk(&view, order, 1_000).await);
        let rising: Vec<u64> = (0..300).collect();
        let falling: Vec<u64> = (0..300).rev().collect();
        assert_eq!(walked, if order == Order::OldestFirst { rising } else { falling });
    }
}

pub(super) async fn later_events_are_behind_the_head<S: Store>(scene: Scene<S>) {
    let tenant = late_events(&scene).await;
    let view = scene.view(&tenant, Filter::All).await;
    let before = scene.walk(&view, Order::NewestFirst, 100).await;
    // One newer than all, one in the midst of the walk, one older than all.
    scene.append(&tenant, &[at(0), at(45), at(900_000)]).await;
    assert_eq!(scene.walk(&view, Order::NewestFirst, 5).await, before);
    assert_eq!(scene.count(view.clone()).await, before.len() as u64);
    for head in 0..=view.head + 3 {
        let mut view = view.clone();
        view.head = head;
        let mut seen = sequences(&scene.walk(&view, Order::OldestFirst, 4).await);
        seen.sort_unstable();
        assert_eq!(seen, (0..head).collect::<Vec<_>>());
        assert_eq!(scene.count(view).await, head);
    }
}

pub(super) async fn a_position_need_not_be_an_events<S: Store>(scene: Scene<S>) {
    let tenant = late_events(&scene).await;
    let view = scene.view(&tenant, Filter::All).await;
    let positions = [
        (before_start(0), u64::MAX >> 1),
        (before_start(45), 0),
        (before_start(45), 4),
        (before_start(45), 5),
        (before_start(45), 99),
        (before_start(44), 0),
        (Timestamp::EPOCH, 0),
    ];
    let whole = scene.walk(&view, Order::OldestFirst, 100).await;
    for (occurred_at, sequence) in positions {
        let after = Position { occurred_at, sequence };
        let request = |order| ListRequest { view: view.clone(), order, after: Some(after), limit: 100 };
        let rising = scene.page(request(Order::OldestFirst)).await.events;
        let mut falling = scene.page(request(Order::NewestFirst)).await.events;
        falling.reverse();
        let (older, newer): (Vec<_>, Vec<_>) = whole
            .iter()
            .filter(|stored| position(stored) != after)
            .cloned()
            .partition(|stored| position(stored) < after);
        assert_eq!(sequences(&rising), sequences(&newer), "behind {after:?}, rising");
        assert_eq!(sequences(&falling), sequences(&older), "behind {after:?}, falling");
    }
}

pub(super) async fn filters_and_pages_go_together<S: Store>(scene: Scene<S>) {
    let tenant = scene.tenant("acme").await;
    for number in 0..60_i64 {
        let mut event = at(number * 7 % 60);
        event["actor"]["id"] = json!(if number % 3 == 0 { "bob" } else { "alice" });
        scene.append(&tenant, &[event]).await;
    }
    let view = scene.view(&tenant, one_of(Field::ActorId, &["bob"])).await;
    let whole = scene.walk(&view, Order::NewestFirst, 100).await;
    assert_eq!(whole.len(), 20);
    assert!(whole.iter().all(|stored| stored.event.actor.id == "bob"));
    assert!(whole.is_sorted_by(|one, other| position(one) > position(other)));
    for limit in [1, 3, 19, 20, 21] {
        assert_eq!(scene.walk(&view, Order::NewestFirst, limit).await, whole, "pages of {limit}");
    }
    assert_eq!(scene.count(view).await, 20);
}

pub(super) async fn unknown_tenants_are_empty<S: Store>(scene: Scene<S>) {
    let known = late_events(&scene).await;
    let id = {
        let view = scene.view(&known, Filter::All).await;
        scene.walk(&view, Order::NewestFirst, 1).await[0].event.id
    };
    let unknown = crate::fixtures::tenant_id("nobody");
    assert_eq!(scene.head(&unknown).await, 0);
    assert_eq!(scene.get(&unknown, id).await, None);
    let mut view = scene.view(&known, Filter::All).await;
    view.tenant_id = unknown;
    assert_eq!(scene.count(view.clone()).await, 0);
    let page = scene.page(ListRequest { view, order: Order::NewestFirst, after: None, limit: 10 }).await;
    assert_eq!((page.events.len(), page.next), (0, None));
}

pub(super) async fn a_used_up_budget_ends_a_query<S: Store>(scene: Scene<S>) {
    let tenant = scene.tenant("acme").await;
    // More rows than may pass between two checks of the budget.
    for _batch in 0..3 {
        scene.append(&tenant, &vec![event(&json!({})); 1_000]).await;
    }
    let view = scene.view(&tenant, one_of(Field::ActorId, &["nobody"])).await;
    for (used_up, expected) in used_up_budgets() {
        let request = ListRequest { view: view.clone(), order: Order::NewestFirst, after: None, limit: 10 };
        assert_eq!(scene.store.list(request, used_up.clone()).await, Err(expected.clone()));
        assert_eq!(scene.store.count(view.clone(), used_up).await, Err(expected));
    }
    assert_eq!(scene.store.count(view, budget()).await, Ok(0), "the store goes on");
}
