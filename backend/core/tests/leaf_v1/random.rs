//! Random events in canonical form, as chapter 2 of the specification allows them.

use proptest::{collection::vec, option, prelude::*, sample::select};
use serde_json::{Map, Value, json};

/// Any event.
pub(crate) fn canonical_event() -> impl Strategy<Value = Value> {
    let head = (id(), time(), time(), submitter(), action(), outcome(), actor(), source());
    let lists = (vec(actor(), 0..3), vec(target(), 0..3), vec(change(), 0..3));
    let rest = (
        option::of(context()),
        option::of(reason()),
        option::of(text()),
        scalars(),
        option::of(producer()),
        option::of(raw()),
    );
    let words = (
        select(vec!["create", "read", "update", "delete", "execute", "auth", "grant", "other"]),
        select(vec!["info", "low", "medium", "high", "critical"]),
    );
    (head, words, lists, rest).prop_map(|(head, (category, severity), lists, rest)| {
        let (id, occurred_at, received_at, submitted_by, action, outcome, actor, source) = head;
        let (on_behalf_of, targets, changes) = lists;
        let (context, reason, message, metadata, producer, raw) = rest;
        present([
            ("id", json!(id)),
            ("tenant_id", json!("acme")),
            ("occurred_at", json!(occurred_at)),
            ("received_at", json!(received_at)),
            ("submitted_by", submitted_by),
            ("action", json!(action)),
            ("category", json!(category)),
            ("outcome", outcome),
            ("severity", json!(severity)),
            ("actor", actor),
            ("on_behalf_of", json!(on_behalf_of)),
            ("targets", json!(targets)),
            ("changes", json!(changes)),
            ("source", source),
            ("context", json!(context)),
            ("reason", json!(reason)),
            ("message", json!(message)),
            ("metadata", metadata),
            ("producer", json!(producer)),
            ("raw", json!(raw)),
        ])
    })
}

/// An object of the present members: `null`, `[]` and `{}` mean absent.
fn present<const N: usize>(members: [(&str, Value); N]) -> Value {
    let there = members.into_iter().filter(|(_, value)| ![json!(null), json!([]), json!({})].contains(value));
    Value::Object(there.map(|(name, value)| (name.to_owned(), value)).collect())
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-zA-Z0-9 ._:/-]{1,30}",
        "[\u{1}-\u{1f}\"\\\\/\u{7f}]{1,8}",
        "[a\u{e9}\u{301}\u{7ff}\u{800}\u{fb33}\u{fffd}\u{ffff}\u{10000}\u{1f600}\u{10ffff}]{1,12}",
    ]
}

fn id() -> impl Strategy<Value = String> {
    "[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"
}

fn time() -> impl Strategy<Value = String> {
    let date = (1970..2100_u32, 1..=12_u32, 1..=28_u32);
    let clock = (0..24_u32, 0..60_u32, 0..60_u32, 0..1_000_000_u32);
    (date, clock).prop_map(|((year, month, day), (hour, minute, second, micro))| {
        format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{micro:06}Z")
    })
}

fn submitter() -> impl Strategy<Value = Value> {
    prop_oneof![
        (select(vec!["api_key", "token", "user"]), "[a-z0-9-]{1,64}")
            .prop_map(|(kind, id)| json!({ "type": kind, "id": id })),
        Just(json!({ "type": "server" })),
    ]
}

fn action() -> impl Strategy<Value = String> {
    "[a-z0-9_.-]{1,40}"
}

fn outcome() -> impl Strategy<Value = Value> {
    let status = select(vec!["success", "failure", "denied", "unknown"]);
    (status, option::of(text()), option::of(text())).prop_map(|(status, code, reason)| {
        present([("status", json!(status)), ("code", json!(code)), ("reason", json!(reason))])
    })
}

fn actor() -> impl Strategy<Value = Value> {
    let kind = select(vec!["user", "service", "api_key", "agent", "system", "anonymous"]);
    (kind, text(), option::of(text()), option::of(text()), vec(text(), 0..3), scalars()).prop_map(
        |(kind, id, name, email, groups, attributes)| {
            present([
                ("type", json!(kind)),
                ("id", json!(id)),
                ("name", json!(name)),
                ("email", json!(email)),
                ("groups", json!(groups)),
                ("attributes", attributes),
            ])
        },
    )
}

fn target() -> impl Strategy<Value = Value> {
    (text(), text(), option::of(text()), option::of(text()), scalars()).prop_map(|(kind, id, name, url, attributes)| {
        present([
            ("type", json!(kind)),
            ("id", json!(id)),
            ("name", json!(name)),
            ("url", json!(url)),
            ("attributes", attributes),
        ])
    })
}

fn change() -> impl Strategy<Value = Value> {
    let path = select(vec!["", "/a", "/a/0", "/a~1b~0c", "/é"]);
    let operation = select(vec!["add", "remove", "replace"]);
    (path, operation, option::of(any_json()), option::of(any_json())).prop_map(|(path, operation, old, new)| {
        // `null`, `[]` and `{}` are values here, so absent members are removed before they are inserted.
        let mut change = json!({ "path": path, "op": operation });
        for (name, value) in [("old", old), ("new", new)] {
            if let Some(value) = value {
                change[name] = value;
            }
        }
        change
    })
}

fn source() -> impl Strategy<Value = Value> {
    (text(), option::of(text()), option::of(text())).prop_map(|(service, component, host)| {
        present([("service", json!(service)), ("component", json!(component)), ("host", json!(host))])
    })
}

fn context() -> impl Strategy<Value = Value> {
    let ip = prop_oneof![
        any::<[u8; 4]>().prop_map(|octets| std::net::Ipv4Addr::from(octets).to_string()),
        (1_u16.., 1_u16..).prop_map(|(one, two)| format!("2001:db8::{one:x}:{two:x}")),
    ];
    (option::of(ip), option::of(text()), option::of(text()), option::of(text())).prop_map(
        |(ip, user_agent, request_id, city)| {
            present([
                ("ip", json!(ip)),
                ("user_agent", json!(user_agent)),
                ("request_id", json!(request_id)),
                ("location", present([("city", json!(city))])),
            ])
        },
    )
}

fn reason() -> impl Strategy<Value = Value> {
    (text(), option::of(text())).prop_map(|(text, ticket)| present([("text", json!(text)), ("ticket", json!(ticket))]))
}

fn producer() -> impl Strategy<Value = Value> {
    (text(), 0..=1_u64 << 53).prop_map(|(id, sequence)| json!({ "id": id, "sequence": sequence }))
}

fn raw() -> impl Strategy<Value = Value> {
    prop_oneof![
        (text(), text()).prop_map(|(format, body)| json!({ "format": format, "body": body })),
        (text(), "[0-9a-f]{64}", 32_769..1_u64 << 40).prop_map(|(format, sha256, size)| {
            json!({ "format": format, "sha256": sha256, "size": size, "truncated": true })
        }),
    ]
}

fn scalars() -> impl Strategy<Value = Value> {
    vec((text(), scalar()), 0..4).prop_map(|members| Value::Object(members.into_iter().collect::<Map<_, _>>()))
}

fn scalar() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(|truth| json!(truth)),
        number().prop_map(|number| json!(number)),
        text().prop_map(|text| json!(text)),
    ]
}

/// Doubles of every size that an event may hold: up to 2^53.
fn number() -> impl Strategy<Value = f64> {
    let any = prop::num::f64::NORMAL | prop::num::f64::SUBNORMAL | prop::num::f64::ZERO;
    prop_oneof![
        any.prop_filter("at most 2^53", |number| number.abs() <= 9_007_199_254_740_992.0),
        (i32::MIN.., 0..1_u32 << 22).prop_map(|(high, low)| f64::from(high) * 4_194_304.0 + f64::from(low)),
        (-1_000_000..1_000_000_i32, 0..12_i32).prop_map(|(digits, scale)| f64::from(digits) / 10_f64.powi(scale)),
    ]
}

fn any_json() -> impl Strategy<Value = Value> {
    scalar().prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Value::Array),
            vec((text(), inner), 0..4).prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}
