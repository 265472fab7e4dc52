//! Core's evaluation of a filter on one event is held to the oracle's, over what runs of the model ask; and what it tells of
//! why an event matches is there.

use auditlog_conformance::{model::Material, oracle};
use auditlog_core::{
    event::{Visibility, write_json},
    json::{Path, Reader, read_canonical},
    query::{Filter, HIGHLIGHTS_MAX, Highlight, tokens},
};
use serde_json::Value;

const EVENTS: usize = 120;
const FILTERS: usize = 4_000;

#[test]
fn an_event_matches_in_memory_where_the_oracle_says_so() {
    let mut material = Material::new(5, EVENTS);
    let (mut matching, mut selective) = (0, 0);
    for number in 0..FILTERS {
        let filter = material.next_filter();
        let mut found = 0;
        // A third of the events each time, so that each filter meets events it was not made of.
        for stored in material.events.iter().skip(number % 3).step_by(3) {
            let expected = oracle::matches(&filter, stored);
            assert_eq!(filter.matches(stored), expected, "filter {number}: {filter:?}\n{stored:?}");
            found += usize::from(expected);
        }
        matching += usize::from(found > 0);
        selective += usize::from(found > 0 && found < EVENTS / 3);
    }
    assert!(matching * 2 > FILTERS, "{matching} filters hold for anything");
    assert!(selective * 3 > FILTERS, "{selective} filters tell events apart");
}

#[test]
fn what_is_highlighted_is_there_and_matches() {
    let mut material = Material::new(6, EVENTS);
    let mut shown = 0;
    for number in 0..FILTERS {
        let filter = material.next_filter();
        for stored in material.events.iter().skip(number % 3).step_by(3) {
            for visibility in [Visibility::All, Visibility::WithoutPersonal] {
                let found = filter.highlights(stored, visibility);
                assert!(found.shown.is_empty() || filter.matches(stored), "filter {number}: {filter:?}\n{stored:?}");
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

/// The place is there, and where only words are sought it holds such words.
fn check(filter: &Filter, event: &Value, highlight: &Highlight) {
    let value = event.pointer(&highlight.pointer).unwrap_or_else(|| panic!("{highlight:?} is not in {event}"));
    let of_change = highlight.pointer.ends_with("/old") || highlight.pointer.ends_with("/new");
    let text = match value {
        Value::String(text) if !of_change => text.clone(),
        value => canonical(value),
    };
    let part = text.get(highlight.bytes.clone()).unwrap_or_else(|| panic!("{highlight:?} is not in {text}"));
    assert!(!part.is_empty());
    if let Filter::Text(phrase) = filter {
        let found = tokens(part);
        let sought = phrase.tokens();
        assert!(found.len() >= sought.len() && found[0].starts_with(&sought[0]), "{part:?} for {phrase:?}");
    }
}

fn canonical(value: &Value) -> String {
    let (text, mut canonical) = (value.to_string(), String::new());
    let Ok(mut reader) = Reader::new(text.as_bytes()) else { panic!("{text} is not read") };
    assert!(read_canonical(&mut reader, &Path::Root, &mut canonical).is_ok(), "{text} has no canonical form");
    canonical
}
