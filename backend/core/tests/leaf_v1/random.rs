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
        (option::of(text()), option::of(text())),
        open_object(),
        option::of(producer()),
        option::of(raw()),
        adjustments(),
    );
    let words = (
        select(vec!["create", "read", "update", "delete", "execute", "auth", "grant", "other"]),
        select(vec!["info", "low", "medium", "high", "critical"]),
    );
    (head, words, lists, rest).prop_map(|(head, (category, severity), lists, rest)| {
        let (id, occurred_at, received_at, submitted_by, action, outcome, actor, source) = head;
        let (on_behalf_of, targets, changes) = lists;
        let (context, reason, (message, external_id), metadata, producer, raw, adjustments) = rest;
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
            ("external_id", json!(external_id)),
            ("adjustments", json!(adjustments)),
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
    prop_oneof!["[a-z0-9_.-]{1,40}", "[A-Za-z\u{e9}\u{1f600}\u{fffd}:/][ A-Za-z\u{e9}\u{5d0}/]{0,40}[A-Za-z\u{e9}]"]
}

fn outcome() -> impl Strategy<Value = Value> {
    let status = select(vec!["success", "failure", "denied", "unknown"]);
    (status, option::of(text()), option::of(text())).prop_map(|(status, code, reason)| {
        present([("status", json!(status)), ("code", json!(code)), ("reason", json!(reason))])
    })
}

fn actor() -> impl Strategy<Value = Value> {
    let kind = select(vec!["user", "service", "api_key", "agent", "system", "anonymous", "unknown"]);
    (kind, text(), option::of(text()), option::of(text()), vec(text(), 0..3), open_object()).prop_map(
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
    let named = prop_oneof![
        (text(), option::of(text())).prop_map(|(id, name)| (Some(id), name)),
        text().prop_map(|name| (None, Some(name))),
    ];
    (option::of(text()), named, option::of(text()), open_object()).prop_map(|(kind, (id, name), url, attributes)| {
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
    (option::of(ip), option::of(text()), option::of(text()), option::of(text()), option::of(text())).prop_map(
        |(ip, address, user_agent, request_id, city)| {
            present([
                ("ip", json!(ip)),
                ("address", json!(address)),
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
    (text(), option::of(text()), option::of(("[0-9a-f]{64}", 0..1_u64 << 40))).prop_map(|(format, body, cut)| {
        let (sha256, size) = cut.unzip();
        let truncated = size.map(|_| true);
        present([
            ("format", json!(format)),
            ("body", json!(body)),
            ("sha256", json!(sha256)),
            ("size", json!(size)),
            ("truncated", json!(truncated)),
        ])
    })
}

/// Adjustments of members of every group, in order; the last may count others.
fn adjustments() -> impl Strategy<Value = Vec<Value>> {
    const POINTERS: [&str; 20] = [
        "/action",
        "/actor/id",
        "/changes/0/old/a~1b",
        "/context/ip",
        "/external_id",
        "/message",
        "/metadata",
        "/metadata/a~0b/0",
        "/metadata/\u{fb33}",
        "/metadata/\u{1f600}",
        "/occurred_at",
        "/on_behalf_of/7/name",
        "/outcome/code",
        "/outcome/reason",
        "/producer/id",
        "/raw/body",
        "/reason/ticket",
        "/source/component",
        "/source/host",
        "/targets/31/url",
    ];
    let code = select(vec!["clock", "defaulted", "json_as_text", "number_as_text", "parsed", "replaced", "truncated"]);
    let entry =
        ((select(&POINTERS[..]), code), (option::of(text()), option::of(0..1_u64 << 53), option::of("[0-9a-f]{64}")));
    (vec(entry, 0..8), option::of(1..1_000_000_u64)).prop_map(|(entries, more)| {
        let entries: std::collections::BTreeMap<_, _> = entries.into_iter().collect();
        let entry = |((pointer, code), (original, size, sha256))| {
            present([
                ("pointer", json!(pointer)),
                ("code", json!(code)),
                ("original", json!(original)),
                ("size", json!(size)),
                ("sha256", json!(sha256)),
            ])
        };
        let more = more.map(|size| json!({ "pointer": "", "code": "more", "size": size }));
        entries.into_iter().map(entry).chain(more).collect()
    })
}

/// An object of any names and values, in which empty values are values.
fn open_object() -> impl Strategy<Value = Value> {
    vec((prop_oneof![text(), Just(String::new())], any_json()), 0..4)
        .prop_map(|members| Value::Object(members.into_iter().collect::<Map<_, _>>()))
}

fn scalar() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(|truth| json!(truth)),
        number().prop_map(|number| json!(number)),
        prop_oneof![text(), Just(String::new())].prop_map(|text| json!(text)),
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
