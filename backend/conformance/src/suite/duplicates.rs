//! `Intake::append`: repeated ids are duplicates where the client's fields are equal, and conflicts otherwise.

use auditlog_core::{
    id::{EventId, TenantId},
    store::{EventOutcome, Receipt, ReceiptStatus, id_conflict},
    timestamp::{MICROS_PER_DAY, MICROS_PER_HOUR, Timestamp},
};
use serde_json::{Value, json};

use super::scene::{Scene, receipt_id, stored_sequence};
use crate::{
    Store,
    fixtures::{START, adjusted, crowded, event, everything, submitter},
};

const ID: &str = "01c1f2a3-0000-7abc-8def-0123456789ab";

/// Appends `first`, then `second`, and returns both outcomes.
async fn repeat<S: Store>(scene: &Scene<S>, tenant: &TenantId, [first, second]: [&Value; 2]) -> [EventOutcome; 2] {
    let first = scene.append(tenant, std::slice::from_ref(first)).await.remove(0);
    let second = scene.append(tenant, std::slice::from_ref(second)).await.remove(0);
    [first, second]
}

fn assert_duplicate(first: &EventOutcome, second: &EventOutcome) {
    stored_sequence(first);
    let duplicate = first.clone().map(|first| Receipt { status: ReceiptStatus::Duplicate, ..first });
    assert_eq!(*second, duplicate);
}

fn assert_conflict(first: &EventOutcome, second: &EventOutcome) {
    stored_sequence(first);
    assert_eq!(*second, Err(id_conflict(receipt_id(first))));
}

pub(super) async fn an_equal_event_gets_the_first_receipt<S: Store>(scene: Scene<S>) {
    let tenant = scene.tenant("acme").await;
    let [first, second] = repeat(&scene, &tenant, [&everything(), &everything()]).await;
    assert_duplicate(&first, &second);
    assert_eq!(scene.head(&tenant).await, 1, "a duplicate is not stored");
    let next = scene.append(&tenant, &[event(&json!({}))]).await.remove(0);
    assert_eq!(stored_sequence(&next), 1, "a duplicate takes no sequence");
}

pub(super) async fn every_other_content_is_a_conflict<S: Store>(scene: Scene<S>) {
    let tenant = scene.tenant("acme").await;
    let first = everything();
    let receipt = scene.append(&tenant, std::slice::from_ref(&first)).await.remove(0);
    let stored = scene.get(&tenant, receipt_id(&receipt)).await;
    let changed = [
        ("/external_id", json!("INV-1/approval/8")),
        ("/occurred_at", json!("2031-05-06T11:59:58.123457Z")),
        ("/action", json!("invoice.reject")),
        ("/category", json!("other")),
        ("/outcome/status", json!("denied")),
        ("/outcome/code", json!("E_OTHER")),
        ("/outcome/reason", json!("else")),
        ("/severity", json!("high")),
        ("/actor/id", json!("Alice")),
        ("/actor/groups", json!(["admins", "finance"])),
        ("/actor/attributes/level", json!("3")),
        ("/actor/attributes/rights/1", json!([])),
        ("/on_behalf_of/0/name", json!(null)),
        ("/on_behalf_of/1/attributes/temperature", json!(0.8)),
        ("/targets/0/url", json!("https://example.org/i/2")),
        ("/targets/1/type", json!(null)),
        ("/targets/2/name", json!("Ledger of 2032")),
        ("/changes/0/new/by/1", json!(0)),
        ("/changes/1/old", json!({})),
        ("/source/host", json!("billing-8f")),
        ("/context/ip", json!("2001:db8::2")),
        ("/context/address", json!("[2001:db8::1]:443")),
        ("/context/location/city", json!("Potsdam")),
        ("/reason/ticket", json!(null)),
        ("/message", json!("Alice approved invoice 1.")),
        ("/metadata/parent", json!("null")),
        ("/metadata/labels/owners/1/since", json!(2030)),
        ("/producer/sequence", json!(1)),
        ("/raw/body", json!("<34>1")),
        ("/raw/size", json!(52)),
    ];
    for (pointer, value) in changed {
        let mut second = first.clone();
        *second.pointer_mut(pointer).expect("the pointer leads to a member") = value;
        let receipts = scene.append(&tenant, &[second]).await;
        assert_eq!(receipts, [Err(id_conflict(receipt_id(&receipt)))], "changed {pointer}");
    }
    assert_eq!(scene.head(&tenant).await, 1, "a conflicting event is not stored");
    assert_eq!(scene.get(&tenant, receipt_id(&receipt)).await, stored, "the first event stays as it was");
}

pub(super) async fn a_repetition_counts_whichever_credential_sends_it<S: Store>(scene: Scene<S>) {
    let tenant = scene.tenant("acme").await;
    let named = [event(&json!({ "id": ID }))];
    let first = scene.append_prepared(scene.prepare_by(submitter("first"), &tenant, &named)).await.remove(0);
    let second = scene.append_prepared(scene.prepare_by(submitter("second"), &tenant, &named)).await.remove(0);
    assert_duplicate(&first, &second);
    let stored = scene.get(&tenant, receipt_id(&first)).await.expect("the first event is stored");
    assert_eq!(stored.event.submitted_by, submitter("first"), "the event stays the one that was acknowledged");
}

pub(super) async fn equality_is_that_of_the_normal_form<S: Store>(scene: Scene<S>) {
    let tenant = scene.tenant("acme").await;
    let first = event(&json!({
        "id": ID,
        "occurred_at": "2031-05-06T11:00:00Z",
        "category": "read",
        "metadata": { "a": 1, "b": 0 },
        "context": { "ip": "2001:db8::1" },
    }));
    let second = event(&json!({
        "id": ID,
        "occurred_at": "2031-05-06T13:00:00.0000009+02:00",
        "outcome": { "status": "success", "code": null },
        "severity": "info",
        "targets": [],
        "changes": null,
        "metadata": { "b": -0.0, "a": 1.0 },
        "context": { "ip": "2001:0DB8:0::1", "location": {} },
    }));
    let [first, second] = repeat(&scene, &tenant, [&first, &second]).await;
    assert_duplicate(&first, &second);
}

pub(super) async fn a_repetition_inside_one_batch_counts_too<S: Store>(scene: Scene<S>) {
    let tenant = scene.tenant("acme").await;
    let named = |message: &str| event(&json!({ "id": ID, "message": message }));
    let batch = [event(&json!({})), named("one"), named("one"), named("two"), event(&json!({}))];
    let receipts = scene.append(&tenant, &batch).await;
    assert_eq!(
        [stored_sequence(&receipts[0]), stored_sequence(&receipts[1]), stored_sequence(&receipts[4])],
        [0, 1, 2]
    );
    assert_duplicate(&receipts[1], &receipts[2]);
    assert_conflict(&receipts[1], &receipts[3]);
    assert_eq!(scene.head(&tenant).await, 3);
}

pub(super) async fn an_absent_time_equals_the_time_of_receipt<S: Store>(scene: Scene<S>) {
    let tenant = scene.tenant("acme").await;
    let at = |number: u8, time: Option<Timestamp>| {
        let mut event = event(&json!({ "id": format!("01c1f2a3-0000-7abc-8def-0123456789{number:02x}") }));
        if let Some(time) = time {
            event["occurred_at"] = json!(time.to_string());
        }
        event
    };
    let earlier = Timestamp::from_micros(START.as_micros() - 1);
    let [first, second] = repeat(&scene, &tenant, [&at(1, None), &at(1, None)]).await;
    assert_duplicate(&first, &second);
    let [first, second] = repeat(&scene, &tenant, [&at(2, Some(earlier)), &at(2, Some(earlier))]).await;
    assert_duplicate(&first, &second);
    let [first, second] = repeat(&scene, &tenant, [&at(3, Some(earlier)), &at(3, None)]).await;
    assert_conflict(&first, &second);
    let [first, second] = repeat(&scene, &tenant, [&at(4, None), &at(4, Some(earlier))]).await;
    assert_conflict(&first, &second);

    let absent_first = scene.append(&tenant, &[at(5, None)]).await.remove(0);
    let received_at = absent_first.as_ref().expect("the event is stored").received_at;
    let given_second = scene.append(&tenant, &[at(5, Some(received_at))]).await.remove(0);
    assert_duplicate(&absent_first, &given_second);
}

pub(super) async fn a_replaced_time_is_compared_as_it_was_sent<S: Store>(scene: Scene<S>) {
    let tenant = scene.tenant("acme").await;
    let at = |number: u8, time: &str| {
        let id = format!("01c1f2a3-0000-7abc-8def-0123456789{number:02x}");
        event(&json!({ "id": id, "occurred_at": time }))
    };
    let old = "1969-12-31T23:59:59.25Z";
    let [first, second] = repeat(&scene, &tenant, [&at(1, old), &at(1, old)]).await;
    assert_duplicate(&first, &second);
    let stored = scene.get(&tenant, receipt_id(&first)).await.expect("the first event is stored");
    assert_eq!(stored.event.occurred_at, stored.event.received_at, "the time was replaced");
    let other = "1969-12-31T23:59:59.250001Z";
    let [first, second] = repeat(&scene, &tenant, [&at(2, old), &at(2, other)]).await;
    assert_conflict(&first, &second);
    // Too far ahead when it is received first, and not any more when it is received again.
    let ahead = Timestamp::from_micros(scene.tick().as_micros() + MICROS_PER_DAY + 1_500).to_string();
    let [first, second] = repeat(&scene, &tenant, [&at(3, &ahead), &at(3, &ahead)]).await;
    assert_duplicate(&first, &second);
    let stored = scene.get(&tenant, receipt_id(&first)).await.expect("the first event is stored");
    assert_eq!(stored.event.occurred_at, stored.event.received_at, "the time was replaced");
    assert_eq!(scene.head(&tenant).await, 3);
}

pub(super) async fn what_was_adjusted_is_compared_too<S: Store>(scene: Scene<S>) {
    let tenant = scene.tenant("acme").await;
    for (number, sent) in (1..).zip([adjusted(), crowded()]) {
        let id = json!(format!("01c1f2a3-0000-7abc-8def-0123456789{number:02x}"));
        let mut sent = sent.clone();
        sent["id"] = id;
        let [first, second] = repeat(&scene, &tenant, [&sent, &sent]).await;
        assert_duplicate(&first, &second);
        // Behind the end of what is kept, so that only the adjustment differs.
        let mut other = sent.clone();
        other["message"] = json!(format!("{}.", sent["message"].as_str().expect("the message is a text")));
        let second = scene.append(&tenant, &[other]).await.remove(0);
        assert_conflict(&first, &second);
    }
    let replaced = |message: &str| event(&json!({ "id": ID, "message": message }));
    let [first, second] = repeat(&scene, &tenant, [&replaced("a\u{0}b"), &replaced("a\u{fffd}b")]).await;
    assert_conflict(&first, &second);
}

/// An event with an id in the system of record and none of its own.
fn recorded(external_id: &str, changed: &Value) -> Value {
    let mut event = event(&json!({ "external_id": external_id, "occurred_at": "2031-05-06T11:00:00.0005Z" }));
    for (name, value) in changed.as_object().expect("changed members are an object") {
        event[name] = value.clone();
    }
    event
}

pub(super) async fn an_external_id_stands_for_an_id<S: Store>(scene: Scene<S>) {
    let tenant = scene.tenant("acme").await;
    let sent = recorded("INV-1", &json!({}));
    let [first, second] = repeat(&scene, &tenant, [&sent, &sent]).await;
    assert_duplicate(&first, &second);
    let conflicting = [
        json!({ "message": "something else" }),
        // Of the same millisecond, and so of the same id.
        json!({ "occurred_at": "2031-05-06T11:00:00.0009Z" }),
    ];
    for changed in conflicting {
        let second = scene.append(&tenant, &[recorded("INV-1", &changed)]).await.remove(0);
        assert_conflict(&first, &second);
    }
    let others = [
        recorded("INV-2", &json!({})),
        recorded("INV-1", &json!({ "source": { "service": "ledger" } })),
        recorded("INV-1", &json!({ "occurred_at": "2031-05-06T11:00:00.001Z" })),
        recorded("INV-1", &json!({ "occurred_at": "1969-12-31T00:00:00Z" })),
        recorded(&"x".repeat(300), &json!({})),
        recorded(&format!("{}y", "x".repeat(299)), &json!({})),
    ];
    for (sequence, other) in (1..).zip(&others) {
        let [first, second] = repeat(&scene, &tenant, [other, other]).await;
        assert_duplicate(&first, &second);
        assert_eq!(stored_sequence(&first), sequence, "{other} is an event of its own");
    }
    let batch = scene.append(&tenant, &[recorded("INV-3", &json!({})), recorded("INV-3", &json!({}))]).await;
    assert_duplicate(&batch[0], &batch[1]);
    let with_its_id = recorded("INV-1", &json!({ "id": receipt_id(&first).to_string() }));
    let second = scene.append(&tenant, &[with_its_id]).await.remove(0);
    assert_duplicate(&first, &second);
}

pub(super) async fn an_id_goes_before_an_external_id<S: Store>(scene: Scene<S>) {
    let tenant = scene.tenant("acme").await;
    let named = |number: u8, external_id: &str| {
        let id = format!("01c1f2a3-0000-7abc-8def-0123456789{number:02x}");
        event(&json!({ "id": id, "external_id": external_id }))
    };
    let [first, second] = repeat(&scene, &tenant, [&named(1, "INV-1"), &named(1, "INV-1")]).await;
    assert_duplicate(&first, &second);
    let second = scene.append(&tenant, &[named(1, "INV-2")]).await.remove(0);
    assert_conflict(&first, &second);
    let [first, second] = repeat(&scene, &tenant, [&named(2, "INV-1"), &named(3, "INV-1")]).await;
    assert_eq!([stored_sequence(&first), stored_sequence(&second)], [1, 2], "the events have ids of their own");
}

pub(super) async fn ids_of_any_hour_are_remembered<S: Store>(scene: Scene<S>) {
    let tenant = scene.tenant("acme").await;
    let hours = [0, 1, 2, 400_000, 535_000, 537_731, 537_732, 537_733, 900_000_i64];
    let named = |hour: i64| {
        let id = EventId::from_parts(Timestamp::from_micros(hour * MICROS_PER_HOUR), [7; 10]);
        event(&json!({ "id": id.to_string(), "message": format!("hour {hour}") }))
    };
    let events: Vec<Value> = hours.into_iter().map(named).collect();
    let first = scene.append(&tenant, &events).await;
    let second = scene.append(&tenant, &events).await;
    for (first, second) in first.into_iter().zip(second) {
        assert_duplicate(&first, &second);
        assert!(scene.get(&tenant, receipt_id(&first)).await.is_some());
    }
}
