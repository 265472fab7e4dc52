//! Writes the corpus of a seed to files: the events and tenants of a measurement with that seed, the values that it
//! looks up, and the expected results. So other systems can be measured and checked on the same data.

use std::{
    collections::BTreeMap,
    io::{self, Write},
    num::{NonZeroU64, NonZeroUsize},
};

use auditlog_core::{query, timestamp::Timestamp};
use serde::Serialize;
use serde_json::Value;

use crate::{
    bench::{expectations::Expectations, ingest::BATCH, keys::Keys},
    corpus::{Content, Corpus, Ending, EventNumber, Plan, RARE_CODE},
    load::tenant_of,
    record::TenantIndex,
};

/// The corpus to write.
#[derive(Debug, Clone)]
pub struct ExportPlan {
    /// The number of events.
    pub events: NonZeroU64,
    /// The number of tenants.
    pub tenants: NonZeroUsize,
    /// The seed.
    pub seed: u64,
    /// The newest time of an event.
    pub newest: Timestamp,
    /// The kind of events.
    pub content: Content,
    /// How many different keys of each kind to name.
    pub needles: usize,
}

/// The queries for the first tenant, and the expected answers.
#[derive(Debug, Serialize)]
pub struct Questions {
    tenant: String,
    seed: u64,
    newest: String,
    all_events: u64,
    #[serde(flatten)]
    keys: Keys,
    common_token_events: u64,
    denied_events: u64,
    rare_code: &'static str,
    rare_code_events: u64,
    /// The number of events of each action.
    actions: BTreeMap<String, u64>,
    /// The number of events of each hour, by its start in seconds since 1970.
    hours: BTreeMap<i64, u64>,
    /// The same for the denied events.
    denied_actions: BTreeMap<String, u64>,
    denied_hours: BTreeMap<i64, u64>,
}

/// Writes one line for each event, in the order in which they are sent: `{"tenant":…,"event":…}`.
pub fn export(plan: &ExportPlan, out: &mut impl Write) -> io::Result<Questions> {
    let corpus = Corpus::new(Plan::over_thirty_days(plan.seed, plan.events, plan.newest).of(plan.content));
    let mut measured = Vec::new();
    let mut line = Vec::new();
    let mut common_token_events = 0;
    for number in (0..plan.events.get()).map(EventNumber) {
        let tenant = tenant_of(plan.seed, number.0 - number.0 % BATCH, plan.tenants.get());
        line.clear();
        write!(line, r#"{{"tenant":"{}","event":"#, name(tenant))?;
        let start = line.len();
        corpus.write_event(number, &mut line);
        if tenant == TenantIndex(0) {
            measured.push(number);
            common_token_events += u64::from(has_token(&line[start..], corpus.word(1))?);
        }
        line.extend_from_slice(b"}\n");
        out.write_all(&line)?;
    }
    let expectations = Expectations::of(corpus.plan(), measured.iter().copied());
    let rare = measured.iter().filter(|&&number| corpus.facts(number).ending == Ending::RareFailure);
    Ok(Questions {
        tenant: name(TenantIndex(0)),
        seed: plan.seed,
        newest: plan.newest.to_string(),
        all_events: plan.events.get(),
        keys: Keys::draw(&corpus, &expectations, plan.needles),
        common_token_events,
        denied_events: expectations.denied.events(),
        rare_code: RARE_CODE,
        rare_code_events: rare.count() as u64,
        actions: expectations.all.actions,
        hours: expectations.all.hours,
        denied_actions: expectations.denied.actions,
        denied_hours: expectations.denied.hours,
    })
}

fn name(tenant: TenantIndex) -> String {
    format!("bench-{}", tenant.0)
}

/// Whether one of the texts that words are searched in has this token.
fn has_token(event: &[u8], token: &str) -> io::Result<bool> {
    let event: Value = serde_json::from_slice(event)?;
    let mut texts = Vec::new();
    for pointer in SEARCHED {
        add_strings(event.pointer(pointer), &mut texts);
    }
    for actor in list(&event, "/on_behalf_of").chain(event.pointer("/actor")) {
        for pointer in ["/id", "/name", "/email", "/groups", "/attributes"] {
            add_strings(actor.pointer(pointer), &mut texts);
        }
    }
    for change in list(&event, "/changes") {
        add_strings(change.pointer("/path"), &mut texts);
        // The value is one text, its JSON. Serde prints its members in another order than RFC 8785, and the same words.
        texts.extend(["/old", "/new"].iter().filter_map(|pointer| change.pointer(pointer)).map(Value::to_string));
    }
    Ok(texts.iter().any(|text| query::tokens(text).iter().any(|found| found.key == token)))
}

/// The searched parts of an event, besides actors and changes.
const SEARCHED: [&str; 14] = [
    "/action",
    "/message",
    "/outcome/code",
    "/outcome/reason",
    "/targets",
    "/source",
    "/context/address",
    "/context/user_agent",
    "/context/auth_method",
    "/context/location",
    "/reason",
    "/metadata",
    "/producer",
    "/raw",
];

fn list<'e>(event: &'e Value, pointer: &str) -> impl Iterator<Item = &'e Value> {
    event.pointer(pointer).and_then(Value::as_array).into_iter().flatten()
}

/// Adds the strings of a value, at any depth.
fn add_strings(value: Option<&Value>, texts: &mut Vec<String>) {
    match value {
        Some(Value::String(text)) => texts.push(text.clone()),
        Some(Value::Array(items)) => items.iter().for_each(|item| add_strings(Some(item), texts)),
        Some(Value::Object(members)) => members.values().for_each(|member| add_strings(Some(member), texts)),
        Some(Value::Null | Value::Bool(_) | Value::Number(_)) | None => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(seed: u64) -> ExportPlan {
        ExportPlan {
            events: NonZeroU64::new(60_000).unwrap(),
            tenants: NonZeroUsize::new(4).unwrap(),
            seed,
            newest: Timestamp::parse_rfc3339("2026-11-01T00:00:00Z").unwrap(),
            content: Content::Standard,
            needles: 1_000,
        }
    }

    fn written(seed: u64) -> (Vec<u8>, Value) {
        let mut text = Vec::new();
        let questions = export(&plan(seed), &mut text).unwrap();
        (text, serde_json::to_value(questions).unwrap())
    }

    /// How many of the first tenant's lines hold every one of these parts.
    fn lines_with(text: &str, parts: &[&str]) -> u64 {
        let lines = text.lines().filter(|line| line.starts_with(r#"{"tenant":"bench-0""#));
        lines.filter(|line| parts.iter().all(|part| line.contains(part))).count() as u64
    }

    #[test]
    fn the_same_seed_writes_the_same_text() {
        assert_eq!(written(7), written(7));
        assert_ne!(written(7).0, written(8).0);
    }

    #[test]
    fn the_answers_are_what_stands_in_the_file() {
        let (text, questions) = written(7);
        let text = String::from_utf8(text).unwrap();
        let count = |key: &str| questions[key].as_u64().unwrap();
        assert_eq!(text.lines().count() as u64, count("all_events"));
        assert_eq!(lines_with(&text, &[]), count("events"));
        assert_eq!(lines_with(&text, &[r#""status":"denied""#]), count("denied_events"));
        assert_eq!(lines_with(&text, &[r#""code":"quota_exhausted""#]), count("rare_code_events"));
        assert_eq!(
            lines_with(&text, &[r#""action":"user.read""#]),
            questions["actions"]["user.read"].as_u64().unwrap()
        );
        let common = questions["common_token"].as_str().unwrap();
        assert!(count("common_token_events") > lines_with(&text, &[&format!(" {common} ")]));
        for (list, keys) in [("actors", 300), ("targets", 300), ("rare_tokens", 1)] {
            let pairs = questions[list].as_array().unwrap();
            assert!(pairs.len() >= keys, "{} {list}", pairs.len());
            for pair in pairs.iter().step_by(37) {
                let quoted = format!("\"{}\"", pair[0].as_str().unwrap());
                let part = if list == "rare_tokens" { quoted.trim_matches('"') } else { &quoted };
                assert_eq!(lines_with(&text, &[part]), pair[1].as_u64().unwrap(), "{list} {part}");
            }
        }
    }
}
