//! Generates values that are adjusted: those of end users and foreign systems that no event may hold as they are.

use auditlog_core::timestamp::{MICROS_PER_DAY, Timestamp};
use rand::{Rng, rngs::StdRng};
use serde_json::{Value, json};

use super::vocabulary as words;
use crate::model::choice::{any, percent, skewed};

/// Changes a part of an event.
type Spoiler = fn(&mut StdRng, &mut Value);

/// Replaces values of an event by some that will be adjusted.
pub(super) fn spoil(rng: &mut StdRng, event: &mut Value, now: Timestamp) {
    const SPOILERS: [Spoiler; 8] = [texts, characters, numbers, nesting, names, addresses, empty_texts, changes];
    for _ in 0..rng.random_range(1..3) {
        any(rng, &SPOILERS)(rng, event);
    }
    if percent(rng, 30) {
        event["occurred_at"] = json!(wrong_time(rng, now).to_string());
    }
    // These are expensive, because every search reads all texts.
    match rng.random_range(0..100) {
        0 => event["raw"] = json!({ "format": "syslog", "body": text_of(rng, 140_000) }),
        4..8 => event["metadata"] = (0..300).map(|number| (format!("member_{number}"), json!(number))).collect(),
        8..12 => event["metadata"] = json!({ "lines": vec!["line\u{0}"; 80] }),
        _ => {}
    }
}

/// Before 1970, or more than a day ahead.
fn wrong_time(rng: &mut StdRng, now: Timestamp) -> Timestamp {
    let micros = if percent(rng, 50) {
        -rng.random_range(1..MICROS_PER_DAY)
    } else {
        now.as_micros() + MICROS_PER_DAY + rng.random_range(1..MICROS_PER_DAY)
    };
    Timestamp::from_micros(micros)
}

fn text_of(rng: &mut StdRng, bytes: usize) -> String {
    let word = format!("{} ", skewed(rng, &words::WORDS));
    word.repeat(bytes / word.len() + 1)
}

/// Longer than their fields may be.
fn texts(rng: &mut StdRng, event: &mut Value) {
    event["message"] = json!(text_of(rng, 8_200));
    event["actor"]["name"] = json!(text_of(rng, 1_030));
    event["context"]["user_agent"] = json!(text_of(rng, 2_050));
    if percent(rng, 20) {
        event["external_id"] = json!(format!("{}{}", "x".repeat(256), rng.random_range(0..3)));
        ensure_time(event);
    }
}

/// An id that is derived from one of the system of record needs a time.
fn ensure_time(event: &mut Value) {
    if event["occurred_at"].is_null() {
        event["occurred_at"] = json!("2031-05-06T00:00:00Z");
    }
}

/// U+0000, which no text may hold.
fn characters(rng: &mut StdRng, event: &mut Value) {
    event["message"] = json!(format!("{}\u{0}{}", skewed(rng, &words::WORDS), skewed(rng, &words::WORDS)));
    event["actor"]["id"] = json!(format!("user-\u{0}{}", rng.random_range(0..3)));
    event["metadata"]["\u{0}"] = json!("a\u{0}");
}

/// Beyond ±2^53.
fn numbers(rng: &mut StdRng, event: &mut Value) {
    event["metadata"]["env"] = json!((1_u64 << 53) + rng.random_range(1..3));
    event["metadata"]["ratio"] = json!([i64::MIN, { "a": 1e300 }]);
}

/// Deeper than eight levels.
fn nesting(rng: &mut StdRng, event: &mut Value) {
    let levels = rng.random_range(8..12);
    let inner = json!(skewed(rng, &words::WORDS));
    event["metadata"]["parent"] = (0..levels).fold(inner, |inner, _| json!({ "a": [inner] }));
}

/// Names of members beyond their limit, which stay distinct.
fn names(rng: &mut StdRng, event: &mut Value) {
    let name = "größe".repeat(60);
    event["actor"]["attributes"] = json!({ (name.clone()): 1, (format!("{name}{}", rng.random_range(0..3))): 2 });
}

fn addresses(rng: &mut StdRng, event: &mut Value) {
    let number = rng.random_range(0..256);
    let sent = [
        format!("10.0.{number}.1:51234"),
        format!("192.0.2.{number}, 10.0.0.1"),
        format!("[2001:db8::{number:x}]:443"),
        format!("fe80::{number:x}%eth0"),
        format!("gateway-{number}"),
    ];
    event["context"]["ip"] = json!(any(rng, &sent));
}

/// Empty where a text is required.
fn empty_texts(rng: &mut StdRng, event: &mut Value) {
    event["reason"] = json!({ "text": "", "ticket": format!("OPS-{}", rng.random_range(0..9)) });
    event["targets"] = json!([{ "type": "document", "id": "" }, { "name": "" }]);
}

/// Values beyond their limit, and more changes than an event may have.
fn changes(rng: &mut StdRng, event: &mut Value) {
    let count = *any(rng, &[1, 70]);
    let change = |number: usize| json!({ "path": format!("/{number}"), "op": "add", "new": number });
    event["changes"] = (0..count).map(change).collect();
    event["changes"][0]["new"] = json!([text_of(rng, 9_000), 1]);
}
