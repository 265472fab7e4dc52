//! Counts are right however often they are requested, and counted events are not read again.

use std::collections::BTreeMap;

use auditlog_core::{
    event::EventDraft,
    query::{Aggregation, Field, FieldTest, Filter, Phrase, PhraseEnd, Test},
    store::{AggregateRequest, EventStore as _, Groups, View},
};
use auditlog_embedded::EmbeddedStore;

use crate::support::{Place, all, append, budget, draft, measured, tenant_id};

/// Filters of which each matches some events and not all.
fn filters() -> [Filter; 3] {
    let field = |field, value: &str| Filter::Field(FieldTest { field, test: Test::OneOf(vec![value.to_owned()]) });
    [
        field(Field::Action, "item.1"),
        Filter::Text(Phrase::of_text("even", PhraseEnd::Whole).unwrap()),
        Filter::Not(Box::new(field(Field::Action, "item.2"))),
    ]
}

/// Whether an event made by [`append_some`] matches the filter at this index of [`filters`].
fn matches(filter: usize, action: &str, message: Option<&str>) -> bool {
    match filter {
        0 => action == "item.1",
        1 => message.is_some_and(|message| message.contains("even")),
        _ => action != "item.2",
    }
}

async fn append_some(place: &Place, store: &EmbeddedStore, tenant: &str, count: u32) {
    let message = |number: u32| if number.is_multiple_of(2) { "an even one" } else { "an odd one" };
    let draft = |number: u32| EventDraft {
        id: Some(place.id()),
        message: Some(message(number).to_owned()),
        ..draft(&format!("item.{}", number % 5))
    };
    append(store, place.batch(tenant, (0..count).map(draft).collect())).await;
}

async fn count(store: &EmbeddedStore, tenant: &str, head: u64, filter: Filter) -> u64 {
    store.count(View { tenant_id: tenant_id(tenant), head, filter }, budget()).await.unwrap()
}

/// Every filter, at every head, twice.
async fn expect_counts(store: &EmbeddedStore, tenant: &str) {
    let events = all(store, tenant).await;
    for head in 0..=events.len() {
        for (number, filter) in filters().into_iter().enumerate() {
            let seen = events[..head].iter().map(|stored| &stored.event);
            let expected = seen.filter(|event| matches(number, &event.action, event.message.as_deref())).count();
            for _ in 0..2 {
                let counted = count(store, tenant, head as u64, filter.clone()).await;
                assert_eq!(counted, expected as u64, "{tenant} below {head}: {filter:?}");
            }
        }
    }
}

#[tokio::test]
async fn counts_stay_right_while_events_move() {
    let place = Place::new();
    let store = place.open_with_tenants(&["acme", "globex"]).await;
    for round in 0..4 {
        append_some(&place, &store, "acme", 20 + round).await;
        append_some(&place, &store, "globex", 7).await;
        expect_counts(&store, "acme").await;
        store.seal().await.unwrap();
        append_some(&place, &store, "globex", 3).await;
        expect_counts(&store, "globex").await;
        expect_counts(&store, "acme").await;
        if round % 2 == 1 {
            store.seal().await.unwrap();
            store.compact().await.unwrap();
            expect_counts(&store, "globex").await;
            expect_counts(&store, "acme").await;
        }
    }
}

#[tokio::test]
async fn what_was_counted_is_not_read_again() {
    let place = Place::new();
    let store = place.open_with_tenants(&["acme"]).await;
    append_some(&place, &store, "acme", 2_000).await;
    store.seal().await.unwrap();
    let read = || measured(&store, "cache_hits") + measured(&store, "cache_misses");
    let [_, even, _] = filters();
    let before = read();
    assert_eq!(count(&store, "acme", 2_000, even.clone()).await, 1_000);
    let (counted, behind) = (read() - before, read());
    assert!(counted > 0.5, "nothing was read to count");
    assert_eq!(count(&store, "acme", 2_000, even.clone()).await, 1_000);
    assert!((read() - behind).abs() < 0.5, "{} blocks were read again", read() - behind);
    // Of the unsealed events, only new ones are counted.
    append_some(&place, &store, "acme", 10).await;
    assert_eq!(count(&store, "acme", 2_010, even).await, 1_005);
    assert!((read() - behind).abs() < 0.5, "{} blocks were read again", read() - behind);
}

/// The number of events with each action, at a head.
async fn actions(store: &EmbeddedStore, head: u64) -> Vec<(String, u64)> {
    let view = View { tenant_id: tenant_id("acme"), head, filter: Filter::All };
    let request = AggregateRequest { view, aggregations: vec![Aggregation::terms(Field::Action, 10)] };
    let found = store.aggregate(request, budget()).await.unwrap().remove(0);
    let Some(Groups::Terms(terms)) = found.groups else { panic!("no groups") };
    terms.groups.into_iter().map(|group| (group.value, group.aggregate.count)).collect()
}

#[tokio::test]
async fn what_is_remembered_of_a_tail_is_gone_on_with_as_it_grows() {
    let place = Place::new();
    let store = place.open_with_tenants(&["acme"]).await;
    let mut size = 0;
    // The tail is sealed in between, so that the cached result begins at another event.
    for (round, count) in [3, 200, 1, 40, 700, 2, 90, 1_000].into_iter().enumerate() {
        append_some(&place, &store, "acme", count).await;
        size += u64::from(count);
        if round == 5 {
            store.seal().await.unwrap();
        }
        let events = all(&store, "acme").await;
        // An older view includes fewer events than the cached result.
        for head in [size, size / 2, size.saturating_sub(1), size, size] {
            let mut expected: BTreeMap<String, u64> = BTreeMap::new();
            for stored in &events[..usize::try_from(head).unwrap()] {
                *expected.entry(stored.event.action.clone()).or_default() += 1;
            }
            let mut expected: Vec<_> = expected.into_iter().collect();
            expected.sort_by(|one, other| (other.1, &one.0).cmp(&(one.1, &other.0)));
            assert_eq!(actions(&store, head).await, expected, "{head} of {size}");
        }
    }
}
