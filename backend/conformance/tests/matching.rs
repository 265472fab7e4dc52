//! Compares core's evaluation of a filter on one event with the oracle's, for the queries of model runs, and checks
//! that the reported reasons for a match are present in the event.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use auditlog_conformance::{
    fixtures::{START, SeededEntropy, budget, event, prepare, tenant_id},
    model::Material,
    oracle,
};
use auditlog_core::{
    event::{SaltSource, StoredEvent, Visibility, write_json},
    json::{Path, Reader, read_canonical},
    query::{
        BYTES_PER_CHECK, Filter, HIGHLIGHTS_MAX, Highlight, Interruption, Meter, Phrase, PhraseEnd, QueryBudget,
        TokenKind, parse_search, tokens,
    },
};
use serde_json::{Value, json};

const EVENTS: usize = 120;
const FILTERS: usize = 4_000;

#[test]
fn an_event_matches_in_memory_where_the_oracle_says_so() {
    let mut material = Material::new(5, EVENTS);
    let (mut matching, mut selective) = (0, 0);
    for number in 0..FILTERS {
        let filter = material.next_filter();
        let (budget, matcher) = (budget(), filter.matcher());
        let meter = Meter::new(&budget);
        let mut found = 0;
        // A third of the events each time, so that each filter is evaluated on events it was not built from.
        for stored in material.events.iter().skip(number % 3).step_by(3) {
            let expected = oracle::matches(&filter, stored);
            let holds = matcher.matches(stored, &meter);
            assert_eq!(holds, Ok(expected), "filter {number}: {filter:?}\n{stored:?}");
            found += usize::from(expected);
        }
        matching += usize::from(found > 0);
        selective += usize::from(found > 0 && found < EVENTS / 3);
    }
    assert!(matching * 2 > FILTERS, "{matching} filters hold for anything");
    assert!(selective * 3 > FILTERS, "{selective} filters match some events and not all");
}

#[test]
fn what_is_highlighted_is_there_and_matches() {
    let mut material = Material::new(6, EVENTS);
    let mut shown = 0;
    for number in 0..FILTERS {
        let filter = material.next_filter();
        let (budget, matcher) = (budget(), filter.matcher());
        let meter = Meter::new(&budget);
        for stored in material.events.iter().skip(number % 3).step_by(3) {
            for visibility in [Visibility::All, Visibility::WithoutPersonal] {
                let found = matcher.highlights(stored, visibility, &meter).unwrap();
                let holds = found.shown.is_empty() || matcher.matches(stored, &meter).unwrap();
                assert!(holds, "filter {number}: {filter:?}\n{stored:?}");
                assert!(found.omitted == 0 || found.shown.len() == HIGHLIGHTS_MAX);
                let mut json = String::new();
                write_json(stored, visibility, &mut json);
                let event: Value = serde_json::from_str(&json).unwrap();
                for highlight in &found.shown {
                    check(&filter, &event, highlight);
                }
                shown += found.shown.len();
            }
        }
    }
    assert!(shown > FILTERS, "{shown} places");
}

#[test]
fn the_tokens_of_a_text_are_the_oracles() {
    let mut texts: Vec<String> = Vec::new();
    let material = Material::new(7, EVENTS);
    for stored in &material.events {
        let mut json = String::new();
        write_json(stored, Visibility::All, &mut json);
        texts.push(json);
    }
    // Every assigned character of the scripts without spaces, and of some others, behind each of a few characters.
    let blocks = [
        0xa0..=0x58f,
        0x591..=0x6ff,
        0x900..=0x97f,
        0xe01..=0xeff,
        0x1000..=0x109f,
        0x1780..=0x17ff,
        0x1100..=0x11ff,
        0x2070..=0x2190,
        0x2460..=0x24ff,
        0x3000..=0x33ff,
        0x4e00..=0x4e3f,
        0xa9e0..=0xaa7f,
        0xac00..=0xac3f,
        0xf900..=0xf92f,
        0xfb00..=0xfdff,
        0xfe70..=0xffef,
        0x1d400..=0x1d41f,
        0x20000..=0x2001f,
    ];
    for character in blocks.into_iter().flatten().filter_map(char::from_u32) {
        texts.extend(
            ["", "a", "a-", "東", "ก", "か\u{3099}", "e\u{301}"].map(|before| format!("{before}{character}x京")),
        );
    }
    for text in texts {
        let found: Vec<oracle::tokens::Token> = tokens(&text)
            .into_iter()
            .map(|token| oracle::tokens::Token {
                key: token.key,
                is_unspaced: token.kind != TokenKind::Word,
                follows: token.kind == TokenKind::Continuing,
            })
            .collect();
        assert_eq!(found, oracle::tokens::tokens(&text), "{text:?}");
    }
}

/// An event with long texts of these words.
fn long_event(words: &str) -> StoredEvent {
    let text = words.repeat(4_000 / words.len());
    let metadata: serde_json::Map<_, _> = (0..3).map(|at| (format!("text_{at}"), text[..1_000].into())).collect();
    let sent =
        event(&json!({"message": text, "metadata": metadata, "raw": {"format": "text", "body": text.repeat(8)}}));
    let batch = prepare(&tenant_id("acme"), START, &[sent], &SeededEntropy::new(1));
    let salt = SaltSource { seed: batch.salt_seed, index: 0 };
    StoredEvent { event: batch.events[0].event.clone(), sequence: 0, salt }
}

fn phrase(words: &str) -> Filter {
    Phrase::of_text(words, PhraseEnd::Whole).map_or(Filter::All, Filter::Text)
}

#[test]
fn the_texts_of_an_event_are_examined_once_however_many_phrases_are_asked_for() {
    let stored = long_event("a b c ");
    let budget = budget();
    let examined = |filter: &Filter| {
        let (matching, highlighting) = (Meter::new(&budget), Meter::new(&budget));
        let matcher = filter.matcher();
        assert_eq!(matcher.matches(&stored, &matching), Ok(false));
        assert_eq!(matcher.highlights(&stored, Visibility::All, &highlighting).map(|found| found.shown), Ok(vec![]));
        [matching.examined(), highlighting.examined()]
    };
    let one = examined(&phrase("x"));
    assert!(one[0] > 38_000 && one[0] < 42_000, "{one:?}");
    let alternatives = Filter::Or((0..64).map(|number| phrase(&format!("a b x{number}"))).collect());
    assert_eq!(examined(&alternatives), one);
    let nested = (0..30).fold(phrase("x"), |filter, _| Filter::And(vec![Filter::Or(vec![filter, phrase("a a")])]));
    assert_eq!(examined(&nested), one);
    // What matches is searched again for highlighting: at most twice the text.
    let matching =
        Filter::Or((0..64).map(|number| phrase(&format!("a b c {number}"))).chain([phrase("b c")]).collect());
    let meter = Meter::new(&budget);
    assert_eq!(matching.matcher().highlights(&stored, Visibility::All, &meter).map(|found| found.shown.len()), Ok(64));
    assert!(meter.examined() <= 2 * one[0], "{} bytes", meter.examined());
}

#[test]
fn a_text_that_is_stored_cut_is_found_by_the_whole_of_it() {
    let long = "aé".repeat(1_000);
    let members = [
        ("external_id", json!({"external_id": long}), Paste::Identifier),
        ("action", json!({"action": long}), Paste::Identifier),
        ("outcome.code", json!({"outcome": {"code": long}}), Paste::Text),
        ("actor.id", json!({"actor": {"type": "user", "id": long}}), Paste::Identifier),
        ("actor.name", json!({"actor": {"type": "user", "id": "x", "name": long}}), Paste::Text),
        (
            "on_behalf_of.email",
            json!({"on_behalf_of": [{"type": "user", "id": "x", "email": long}]}),
            Paste::Identifier,
        ),
        ("target.type", json!({"targets": [{"type": long, "id": "x"}]}), Paste::Text),
        ("target.id", json!({"targets": [{"type": "x", "id": long}]}), Paste::Identifier),
        ("target.url", json!({"targets": [{"type": "x", "id": "x", "url": long}]}), Paste::Text),
        ("source.service", json!({"source": {"service": long}}), Paste::Text),
        ("source.host", json!({"source": {"service": "x", "host": long}}), Paste::Identifier),
        ("context.user_agent", json!({"context": {"user_agent": long}}), Paste::Text),
        ("context.session_id", json!({"context": {"session_id": long}}), Paste::Identifier),
        ("context.span_id", json!({"context": {"span_id": long}}), Paste::Identifier),
        ("reason.ticket", json!({"reason": {"text": "x", "ticket": long}}), Paste::Text),
        ("raw.format", json!({"raw": {"format": long, "body": "x"}}), Paste::Text),
    ];
    for (field, sent, paste) in members {
        let mut sent = event(&sent);
        sent["occurred_at"] = "2026-11-23T08:00:00Z".into();
        let batch = prepare(&tenant_id("acme"), START, &[sent], &SeededEntropy::new(1));
        let salt = SaltSource { seed: batch.salt_seed, index: 0 };
        let stored = StoredEvent { event: batch.events[0].event.clone(), sequence: 0, salt };
        let budget = budget();
        let finds = |query: &str| {
            let filter = parse_search(query, START).unwrap();
            filter.matcher().matches(&stored, &Meter::new(&budget)).unwrap()
        };
        assert!(!stored.event.adjustments.is_empty(), "{field}");
        assert!(finds(&format!("{field}:{long}")) && finds(&format!("{field}:=\"{long}\"")), "{field}");
        assert!(!finds(&format!("{field}:x{long}")), "{field}");
        if paste == Paste::Identifier {
            assert!(finds(&format!("\"{long}\"")), "{field}");
        }
    }
}

/// What a member of an event is for whoever pastes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Paste {
    Identifier,
    Text,
}

#[test]
fn a_budget_ends_the_evaluation_of_an_event() {
    let stored = long_event("word ");
    let cancelled = Arc::new(AtomicBool::new(false));
    let budget = QueryBudget::new(Instant::now() + Duration::from_mins(1), Arc::clone(&cancelled));
    let (filter, meter) = (phrase("absent"), Meter::new(&budget));
    let matcher = filter.matcher();
    assert_eq!(matcher.matches(&stored, &meter), Ok(false));
    cancelled.store(true, Ordering::Relaxed);
    let mut examined = meter.examined();
    while matcher.matches(&stored, &meter) == Ok(false) {
        examined = meter.examined();
    }
    assert!(meter.examined() < 2 * BYTES_PER_CHECK && examined < meter.examined(), "{} bytes", meter.examined());
    let late = QueryBudget::new(Instant::now(), Arc::default());
    let meter = Meter::new(&late);
    assert_eq!(matcher.matches(&stored, &meter), Err(Interruption::DeadlineExceeded));
    let found = matcher.highlights(&stored, Visibility::All, &Meter::new(&late));
    assert_eq!(found, Err(Interruption::DeadlineExceeded));
}

/// The highlighted place exists, and where only words are searched it contains such words.
fn check(filter: &Filter, event: &Value, highlight: &Highlight) {
    let value = event.pointer(&highlight.pointer).unwrap_or_else(|| panic!("{highlight:?} is not in {event}"));
    let text = match value {
        Value::String(text) => text.clone(),
        value => canonical(value),
    };
    let part = text.get(highlight.bytes.clone()).unwrap_or_else(|| panic!("{highlight:?} is not in {text}"));
    assert!(!part.is_empty());
    if let Filter::Text(phrase) = filter {
        let found = tokens(part);
        let sought = phrase.tokens();
        let begins = found.iter().any(|token| token.key.starts_with(&sought[0].key));
        assert!(found.len() >= sought.len() && begins, "{part:?} for {phrase:?}");
    }
}

fn canonical(value: &Value) -> String {
    let (text, mut canonical) = (value.to_string(), String::new());
    let Ok(mut reader) = Reader::new(text.as_bytes()) else { panic!("{text} is not read") };
    assert!(read_canonical(&mut reader, &Path::Root, &mut canonical).is_ok(), "{text} has no canonical form");
    canonical
}
