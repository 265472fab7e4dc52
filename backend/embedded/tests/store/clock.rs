//! The clock: within a log `received_at` falls by at most 60 s, unless the operator resets the clock, which is audited.

use auditlog_core::{
    event::StoredEvent,
    store::{AppendError, ControlError, EventStore as _, Health, Intake as _},
    timestamp::{MICROS_PER_DAY, MICROS_PER_HOUR, MICROS_PER_SECOND, Timestamp},
};
use auditlog_embedded::{ClockCheck, OpenError, Options};

use crate::support::{NOON, Place, all, append, create_tenants, draft, record, refusal, tenant_id};

fn after_noon(micros: i64) -> Timestamp {
    Timestamp::from_micros(NOON.as_micros() + micros)
}

/// The actions of the events at which `received_at` falls by more than permitted.
fn falls(events: &[StoredEvent]) -> Vec<String> {
    let mut newest = i64::MIN;
    let mut falls = Vec::new();
    for event in events.iter().map(|stored| &stored.event) {
        let received_at = event.received_at.as_micros();
        if newest.saturating_sub(received_at) > 60 * MICROS_PER_SECOND {
            falls.push(event.action.clone());
            newest = received_at;
        }
        newest = newest.max(received_at);
    }
    falls
}

#[tokio::test]
async fn a_clock_that_was_ahead_blocks_later_starts_only_until_it_is_reset() {
    for sealed in [false, true] {
        let place = Place::new();
        let store = place.open_with_tenants(&["acme", "globex"]).await;
        append(&store, place.fresh("acme", 3)).await;
        append(&store, place.fresh("globex", 3)).await;
        let jumped = after_noon(30 * MICROS_PER_DAY);
        place.clock.set(jumped);
        append(&store, place.fresh("acme", 2)).await;
        if sealed {
            store.seal().await.unwrap();
        }
        drop(store);

        let now = after_noon(60 * MICROS_PER_SECOND);
        place.clock.set(now);
        let error = place.open_with(place.options()).err().unwrap();
        assert!(matches!(error, OpenError::Clock { .. }), "{error}");
        assert!(error.to_string().contains("--reset-clock"), "{error}");

        let overridden = Options { clock_check: ClockCheck::Override, ..place.options() };
        let store = place.open_with(overridden).unwrap();
        let ahead = store.logs_ahead().unwrap();
        assert_eq!(ahead.now, now);
        assert_eq!(ahead.logs.iter().map(|log| &log.tenant_id).collect::<Vec<_>>(), [&tenant_id("acme")]);
        assert_eq!(ahead.logs[0].newest, jumped);
        assert!(matches!(refusal(&store, place.fresh("acme", 1)).await, AppendError::ClockBehind { .. }));
        store.reset_clock(now, vec![place.batch("acme", vec![draft("clock.reset")])]).await.unwrap();
        assert_eq!(store.health(), Health::Ready);
        append(&store, place.fresh("acme", 4)).await;
        append(&store, place.fresh("globex", 4)).await;
        drop(store);

        // The reset is permanent: the wrong time of the clock does not return, wherever the events are.
        for round in 0..3 {
            let store = place.open();
            assert_eq!(store.logs_ahead().unwrap().logs, [], "{round}");
            append(&store, place.fresh("acme", 1)).await;
            store.seal().await.unwrap();
            if round == 1 {
                store.close().await.unwrap();
            }
        }
        let store = place.open();
        let (acme, globex) = (all(&store, "acme").await, all(&store, "globex").await);
        assert_eq!((acme.len(), globex.len()), (13, 7));
        assert_eq!(falls(&acme), ["clock.reset"]);
        assert_eq!(falls(&globex), Vec::<String>::new());
    }
}

#[tokio::test]
async fn a_clock_that_is_put_back_a_little_is_held_until_it_has_caught_up() {
    let place = Place::new();
    let store = place.open_with_tenants(&["acme"]).await;
    let clock = store.receipt_clock();
    append(&store, place.fresh("acme", 1)).await;
    place.clock.set(after_noon(-10 * MICROS_PER_HOUR));
    let held = after_noon(-60 * MICROS_PER_SECOND);
    assert_eq!(clock.now(), held);
    // Requests with the time of the underlying clock are refused, and nothing of them is stored.
    let error = refusal(&store, place.fresh("acme", 1)).await;
    assert!(matches!(error, AppendError::ClockBehind { newest, .. } if newest == NOON), "{error}");
    let refused = record(&store, vec![], vec![place.fresh("acme", 1)]).await.unwrap_err();
    assert!(matches!(refused, ControlError::NotStored(AppendError::ClockBehind { .. })), "{refused}");
    place.clock.set(held);
    append(&store, place.fresh("acme", 1)).await;
    drop(store);
    // The same applies after a start.
    place.clock.set(after_noon(-MICROS_PER_HOUR));
    let store = place.open();
    assert_eq!(store.receipt_clock().now(), held);
    assert_eq!(store.health(), Health::Ready);
    place.clock.set(after_noon(1));
    assert_eq!(store.receipt_clock().now(), after_noon(1), "it has caught up");
    append(&store, place.fresh("acme", 1)).await;
    let events = all(&store, "acme").await;
    assert_eq!((events.len(), falls(&events)), (3, Vec::new()));
}

#[tokio::test]
async fn a_clock_that_falls_far_behind_is_held_and_intake_goes_on() {
    let place = Place::new();
    let store = place.open_with_tenants(&["acme"]).await;
    append(&store, place.fresh("acme", 1)).await;
    place.clock.set(after_noon(-2 * MICROS_PER_DAY));
    let held = after_noon(-60 * MICROS_PER_SECOND);
    assert_eq!((store.receipt_clock().now(), store.health()), (held, Health::Ready));
    place.clock.set(held);
    append(&store, place.fresh("acme", 1)).await;
    place.clock.set(NOON);
    append(&store, place.fresh("acme", 1)).await;
    let events = all(&store, "acme").await;
    assert_eq!((events.len(), falls(&events)), (3, Vec::new()));
}

/// Requests overtake each other between the clock and the writer.
#[tokio::test]
async fn a_request_that_was_overtaken_by_less_than_a_minute_is_stored() {
    let place = Place::new();
    let store = place.open();
    create_tenants(&store, &["acme"]).await;
    let late = place.fresh("acme", 1);
    place.clock.set(after_noon(59 * MICROS_PER_SECOND));
    append(&store, place.fresh("acme", 1)).await;
    store.append(late).await.unwrap();
    assert_eq!(falls(&all(&store, "acme").await), Vec::<String>::new());
}
