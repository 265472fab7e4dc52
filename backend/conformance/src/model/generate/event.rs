//! Generates events as the JSON that a client would send: every member, each as often as in real logs.

use auditlog_core::{
    event::{Submitter, SubmitterType},
    id::{CredentialId, EventId},
    timestamp::{MICROS_PER_DAY, MICROS_PER_HOUR, MICROS_PER_SECOND, Timestamp},
};
use rand::{Rng, rngs::StdRng};
use serde_json::{Map, Value, json};

use super::{adjusted::spoil, vocabulary as words};
use crate::model::choice::{any, percent, skewed, skewed_index};

/// The numbers of actors and targets to choose from.
const ACTORS: usize = 400;
const THINGS: usize = 2_000;

/// A member, its probability in percent, and the generator of its value.
type Member = (&'static str, u32, fn(&mut StdRng) -> Value);

fn add(rng: &mut StdRng, object: &mut Value, members: &[Member]) {
    for (name, chance, make) in members {
        if percent(rng, *chance) {
            object[*name] = make(rng);
        }
    }
}

/// An event without an id.
pub(in crate::model) fn client_event(rng: &mut StdRng, now: Timestamp) -> Value {
    let mut event = json!({
        "action": skewed(rng, &words::ACTIONS),
        "actor": actor(rng),
        "source": source(rng),
    });
    let optional: &[Member] = &[
        ("category", 30, |rng| json!(skewed(rng, &words::CATEGORIES))),
        ("outcome", 40, outcome),
        ("severity", 50, |rng| json!(skewed(rng, &words::SEVERITIES))),
        ("on_behalf_of", 12, |rng| list(rng, 3, actor)),
        ("targets", 70, |rng| list(rng, 4, target)),
        ("changes", 20, |rng| list(rng, 4, change)),
        ("context", 75, context),
        ("reason", 8, reason),
        ("message", 70, |rng| json!(sentence(rng))),
        ("metadata", 60, |rng| open_object(rng, 5)),
        ("external_id", 15, |rng| json!(format!("rec-{}", skewed_index(rng, 3_000)))),
        ("producer", 15, |rng| json!({ "id": format!("p-{}", rng.random_range(0..4)), "sequence": number(rng) })),
        ("raw", 6, raw),
    ];
    add(rng, &mut event, optional);
    // An id that is derived from one of the system of record needs a time.
    if percent(rng, 60) || !event["external_id"].is_null() {
        event["occurred_at"] = json!(occurred_at(rng, now).to_string());
    }
    if percent(rng, 3) {
        spoil(rng, &mut event, now);
    }
    event
}

/// The credential that sends a request: mostly one of few API keys.
pub(in crate::model) fn submitter(rng: &mut StdRng) -> Submitter {
    let kind = match rng.random_range(0..100) {
        0..80 => SubmitterType::ApiKey,
        80..90 => SubmitterType::Token,
        _ => SubmitterType::User,
    };
    let id = *skewed(rng, &words::CREDENTIALS);
    Submitter::from_parts(kind, CredentialId::parse(id)).expect("every id follows the rule")
}

/// An id as clients create them: mostly of the current time, sometimes of an arbitrarily wrong clock.
pub(in crate::model) fn fresh_id(rng: &mut StdRng, now: Timestamp) -> EventId {
    let micros = match rng.random_range(0..100) {
        0..80 => now.as_micros(),
        80..95 => now.as_micros() - rng.random_range(0..3 * MICROS_PER_DAY),
        _ => rng.random_range(0..2 * now.as_micros()),
    };
    EventId::from_parts(Timestamp::from_micros(micros), rng.random())
}

/// Mostly just now, often late, and often the same as that of another event.
fn occurred_at(rng: &mut StdRng, now: Timestamp) -> Timestamp {
    let now = now.as_micros();
    let micros = match rng.random_range(0..100) {
        0..55 => now - rng.random_range(0..5 * MICROS_PER_SECOND),
        55..70 => (now - rng.random_range(0..60 * MICROS_PER_SECOND)) / MICROS_PER_SECOND * MICROS_PER_SECOND,
        70..80 => now / MICROS_PER_HOUR * MICROS_PER_HOUR,
        80..92 => now - rng.random_range(0..2 * MICROS_PER_DAY),
        92..96 => now + rng.random_range(0..23 * MICROS_PER_HOUR),
        96..99 => rng.random_range(0..now),
        _ => 0,
    };
    Timestamp::from_micros(micros)
}

fn actor(rng: &mut StdRng) -> Value {
    let number = skewed_index(rng, ACTORS);
    let id = match number % 7 {
        0 => format!("user-{number}@example.org"),
        1 => format!("arn:aws:iam::{:012}:user/u{number}", number * 7_919),
        2 => format!("jürgen-{number}"),
        _ => format!("user-{number}"),
    };
    let kind = words::ACTOR_TYPES[number % 13 % words::ACTOR_TYPES.len()];
    let mut actor = json!({ "type": kind });
    if !matches!(kind, "system" | "anonymous" | "unknown") || percent(rng, 60) {
        actor["id"] = json!(id);
    }
    if percent(rng, 40) {
        actor["name"] = json!(format!("{} {number}", words::WORDS[number % words::WORDS.len()]));
    }
    if percent(rng, 20) {
        actor["email"] = json!(format!("u{number}@example.org"));
    }
    if percent(rng, 20) {
        actor["groups"] = list(rng, 3, |rng| json!(any(rng, &words::GROUPS)));
    }
    if percent(rng, 10) {
        actor["attributes"] = open_object(rng, 3);
    }
    actor
}

fn target(rng: &mut StdRng) -> Value {
    let number = skewed_index(rng, THINGS);
    let mut target = json!({});
    if percent(rng, 90) {
        target["type"] = json!(skewed(rng, &words::TARGET_TYPES));
    }
    let is_named = percent(rng, 30);
    if is_named {
        target["name"] = json!(sentence(rng));
    }
    if !is_named || percent(rng, 70) {
        target["id"] = json!(format!("thing-{number}"));
    }
    if percent(rng, 15) {
        target["url"] = json!(format!("https://example.org/things/{number}?q=é"));
    }
    if percent(rng, 10) {
        target["attributes"] = open_object(rng, 3);
    }
    target
}

fn source(rng: &mut StdRng) -> Value {
    let mut source = json!({ "service": skewed(rng, &words::SERVICES) });
    let optional: &[Member] = &[
        ("component", 20, |rng| json!(format!("part-{}", rng.random_range(0..5)))),
        ("version", 30, |rng| json!(format!("1.{}.0", skewed_index(rng, 9)))),
        ("environment", 60, |rng| json!(skewed(rng, &words::ENVIRONMENTS))),
        ("region", 30, |rng| json!(skewed(rng, &words::REGIONS))),
        ("host", 30, |rng| json!(format!("host-{}", skewed_index(rng, 50)))),
    ];
    add(rng, &mut source, optional);
    source
}

fn context(rng: &mut StdRng) -> Value {
    let mut context = json!({});
    let optional: &[Member] = &[
        ("ip", 80, address),
        ("address", 5, |rng| json!(format!("host-{}:443", skewed_index(rng, 50)))),
        ("user_agent", 50, |rng| json!(skewed(rng, &words::AGENTS))),
        ("request_id", 60, |rng| json!(format!("req-{}", rng.random_range(0..100_000)))),
        ("correlation_id", 20, |rng| json!(format!("cor-{}", skewed_index(rng, 500)))),
        ("session_id", 40, |rng| json!(format!("ses-{}", skewed_index(rng, 300)))),
        ("trace_id", 20, |rng| json!(format!("{:032x}", rng.random::<u128>()))),
        ("span_id", 10, |rng| json!(format!("{:016x}", rng.random::<u64>()))),
        ("auth_method", 40, |rng| json!(skewed(rng, &words::AUTH_METHODS))),
        ("location", 15, location),
    ];
    add(rng, &mut context, optional);
    context
}

fn address(rng: &mut StdRng) -> Value {
    let number = skewed_index(rng, 1_000);
    if percent(rng, 20) {
        return json!(format!("2001:db8::{:x}:{number:x}", number % 16));
    }
    let network = any(rng, &["10.0", "10.1", "192.0", "172.16"]);
    json!(format!("{network}.{}.{}", number / 256, number % 256))
}

fn location(rng: &mut StdRng) -> Value {
    json!({ "country": skewed(rng, &words::COUNTRIES), "city": skewed(rng, &words::CITIES) })
}

fn outcome(rng: &mut StdRng) -> Value {
    let mut outcome = json!({ "status": skewed(rng, &words::STATUSES) });
    if percent(rng, 30) {
        outcome["code"] = json!(any(rng, &words::CODES));
    }
    if percent(rng, 20) {
        outcome["reason"] = json!(sentence(rng));
    }
    outcome
}

fn reason(rng: &mut StdRng) -> Value {
    let mut reason = json!({ "text": sentence(rng) });
    if percent(rng, 50) {
        reason["ticket"] = json!(format!("OPS-{}", skewed_index(rng, 90)));
    }
    reason
}

fn change(rng: &mut StdRng) -> Value {
    let mut change = json!({ "path": any(rng, &words::CHANGE_PATHS), "op": any(rng, &["add", "remove", "replace"]) });
    for side in ["old", "new"] {
        if percent(rng, 60) {
            change[side] = json_value(rng, 2);
        }
    }
    change
}

/// Any JSON value, with at most `depth` levels of lists and objects.
fn json_value(rng: &mut StdRng, depth: u32) -> Value {
    match rng.random_range(0..if depth == 0 { 4 } else { 6 }) {
        0 => Value::Null,
        1 => json!(rng.random::<bool>()),
        2 => json!(number(rng)),
        3 => json!(sentence(rng)),
        4 => (0..rng.random_range(0..3)).map(|_| json_value(rng, depth - 1)).collect(),
        _ => {
            let names = (0..rng.random_range(0..3)).map(|_| (*any(rng, &words::METADATA_KEYS)).to_owned());
            let names: Vec<String> = names.collect();
            Value::Object(names.into_iter().map(|name| (name, json_value(rng, depth - 1))).collect())
        }
    }
}

fn raw(rng: &mut StdRng) -> Value {
    let mut raw = json!({ "format": skewed(rng, &words::RAW_FORMATS) });
    if percent(rng, 95) {
        raw["body"] = json!(format!("{{\"text\":\"{}\"}}\n", sentence(rng)));
    }
    if percent(rng, 10) {
        raw["sha256"] = json!(format!("{:064x}", rng.random::<u128>()));
        raw["size"] = json!(number(rng));
        raw["truncated"] = json!(true);
    }
    raw
}

/// An object that producers fill freely, with at most this number of members.
fn open_object(rng: &mut StdRng, count_max: usize) -> Value {
    let mut members = Map::new();
    for _ in 0..rng.random_range(1..=count_max) {
        let value = match rng.random_range(0..12) {
            0 => Value::Null,
            1 => json!(rng.random::<bool>()),
            2 | 3 => json!(number(rng)),
            4 => json!(rng.random::<f64>() * 10_f64.powi(rng.random_range(-30..15))),
            5 => json!(rng.random_range(0..20).to_string()),
            6 => json!(sentence(rng)),
            7 => (0..rng.random_range(0..4)).map(|_| json_value(rng, 2)).collect(),
            8 => json!({ (*skewed(rng, &words::METADATA_KEYS)): json_value(rng, 3) }),
            _ => json!(skewed(rng, &words::ENVIRONMENTS)),
        };
        members.insert((*skewed(rng, &words::METADATA_KEYS)).to_owned(), value);
    }
    Value::Object(members)
}

fn number(rng: &mut StdRng) -> u64 {
    match rng.random_range(0..10) {
        0 => 0,
        1 => 1 << 53,
        2 => rng.random_range(0..1 << 53),
        _ => rng.random_range(0..50),
    }
}

fn sentence(rng: &mut StdRng) -> String {
    let length = if percent(rng, 1) { 100 } else { rng.random_range(1..10) };
    let mut sentence = String::new();
    for place in 0..length {
        // Words of different scripts also stand together without a space.
        if place > 0 && percent(rng, 85) {
            sentence.push(*any(rng, &[' ', ' ', ' ', '-', '、']));
        }
        let word = if percent(rng, 25) { *any(rng, &words::SCRIPTS) } else { *skewed(rng, &words::WORDS) };
        sentence.push_str(word);
    }
    // Only [`spoil`] makes strings beyond the limits of their fields, the smallest of which is 1 KiB.
    sentence.truncate(sentence.floor_char_boundary(1_000));
    sentence
}

fn list(rng: &mut StdRng, count_max: usize, make: impl Fn(&mut StdRng) -> Value) -> Value {
    (0..rng.random_range(1..=count_max)).map(|_| make(rng)).collect()
}
