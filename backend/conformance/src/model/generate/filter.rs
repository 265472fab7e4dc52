//! Generates filters. Most are built from values of stored events, because a query that finds nothing tests little.

use std::net::IpAddr;

use auditlog_core::{
    event::StoredEvent,
    query::{Bounds, Field, FieldTest, Filter, Phrase, PhraseEnd, Test, ValueKind},
    timestamp::MICROS_PER_DAY,
};
use ipnet::IpNet;
use rand::{Rng, rngs::StdRng};

use super::vocabulary as words;
use crate::{
    model::choice::{any, percent, skewed},
    oracle::values::{self, Value},
    oracle::words::searched_texts,
};

/// Fields in which many events agree: those that users narrow by first.
const BROAD: [Field; 10] = [
    Field::OccurredAt,
    Field::ReceivedAt,
    Field::Severity,
    Field::Category,
    Field::OutcomeStatus,
    Field::SubmittedById,
    Field::SourceService,
    Field::ActorType,
    Field::Action,
    Field::SourceEnvironment,
];

/// A filter that holds for one of `samples` with a probability above one half.
pub(in crate::model) fn filter(rng: &mut StdRng, samples: &[StoredEvent]) -> Filter {
    if samples.is_empty() || percent(rng, 8) {
        return Filter::All;
    }
    let [sample, other, third] = [(); 3].map(|()| any(rng, samples));
    match rng.random_range(0..100) {
        0..25 => broad(rng, sample),
        25..50 => narrow(rng, sample),
        50..62 => Filter::And(vec![broad(rng, sample), narrow(rng, sample)]),
        62..70 => Filter::And(vec![broad(rng, sample), not(narrow(rng, other))]),
        70..78 => Filter::Or([sample, other, third].map(|sample| narrow(rng, sample)).to_vec()),
        78..88 => phrase(rng, sample),
        88..93 => not(narrow(rng, sample)),
        93..96 => Filter::And(vec![
            Filter::Or(vec![broad(rng, sample), phrase(rng, other)]),
            not(Filter::And(vec![narrow(rng, third), broad(rng, other)])),
        ]),
        _ => stray(rng),
    }
}

fn not(filter: Filter) -> Filter {
    Filter::Not(Box::new(filter))
}

/// A test that holds for the sample and for many others, where the sample has such a field.
fn broad(rng: &mut StdRng, sample: &StoredEvent) -> Filter {
    let field = any(rng, &BROAD).clone();
    test_of(rng, field, sample).unwrap_or(Filter::All)
}

/// A test of any field that the sample has.
fn narrow(rng: &mut StdRng, sample: &StoredEvent) -> Filter {
    let mut fields: Vec<Field> = Field::standard().iter().map(|line| line.field.clone()).collect();
    let event = &sample.event;
    fields.extend(event.metadata.iter().map(|(key, _)| Field::Metadata(key.to_owned())));
    fields.extend(event.actor.attributes.iter().map(|(key, _)| Field::ActorAttribute(key.to_owned())));
    let of_targets = event.targets.iter().flat_map(|target| target.attributes.iter());
    fields.extend(of_targets.map(|(key, _)| Field::TargetAttribute(key.to_owned())));
    loop {
        let field = any(rng, &fields).clone();
        // Every event has at least an id, so this terminates.
        if let Some(filter) = test_of(rng, field, sample) {
            return filter;
        }
    }
}

/// A test of a field that one of its values in the sample satisfies; `None` where it has none in the sample.
fn test_of(rng: &mut StdRng, field: Field, sample: &StoredEvent) -> Option<Filter> {
    let values = values::of(&field, sample);
    if values.is_empty() {
        return None;
    }
    let test = match any(rng, &values) {
        _ if percent(rng, 6) => Test::Present,
        Value::Time(micros) => Test::Time(time_bounds(rng, *micros)),
        Value::Integer(integer) => Test::Integer(integer_bounds(rng, *integer)),
        Value::Number(number) if percent(rng, 60) => Test::Number(number_bounds(rng, *number)),
        Value::Address(address) if percent(rng, 60) => Test::Network(network_around(rng, *address)),
        value => text_test(rng, field.kind(), values::text(value)?.into_owned()),
    };
    Some(Filter::Field(FieldTest { field, test }))
}

fn text_test(rng: &mut StdRng, kind: ValueKind, text: String) -> Test {
    if matches!(kind, ValueKind::Text | ValueKind::Scalar) && percent(rng, 35) {
        let ends: Vec<usize> = text.char_indices().map(|(at, one)| at + one.len_utf8()).collect();
        if !ends.is_empty() {
            return Test::Prefix(text[..*any(rng, &ends)].to_owned());
        }
    }
    let mut texts = vec![text];
    if percent(rng, 30) {
        let others: &[&str] = match kind {
            ValueKind::Word | ValueKind::Id | ValueKind::Address => &[],
            _ => &words::WORDS,
        };
        texts.extend((0..others.len().min(3)).map(|_| (*any(rng, others)).to_owned()));
    }
    texts.sort();
    texts.dedup();
    Test::OneOf(texts)
}

fn time_bounds(rng: &mut StdRng, micros: i64) -> Bounds<i64> {
    let reach = if percent(rng, 50) { 10 * MICROS_PER_DAY } else { 1_000_000 };
    let bounds = [micros - rng.random_range(0..reach), micros + rng.random_range(0..reach)];
    sides(rng, bounds)
}

fn integer_bounds(rng: &mut StdRng, integer: u64) -> Bounds<u64> {
    let bounds = [integer - rng.random_range(0..=integer), integer + rng.random_range(0..100)];
    sides(rng, bounds)
}

fn number_bounds(rng: &mut StdRng, number: f64) -> Bounds<f64> {
    let reach = number.abs() * rng.random::<f64>();
    sides(rng, [number - reach, number + reach])
}

/// Both ends, or one of them.
fn sides<T>(rng: &mut StdRng, [from, to]: [T; 2]) -> Bounds<T> {
    match rng.random_range(0..3) {
        0 => Bounds { from: Some(from), to: None },
        1 => Bounds { from: None, to: Some(to) },
        _ => Bounds { from: Some(from), to: Some(to) },
    }
}

fn network_around(rng: &mut StdRng, address: IpAddr) -> IpNet {
    let longest = if address.is_ipv4() { 32 } else { 128 };
    let network = IpNet::new(address, rng.random_range(0..=longest)).expect("the length fits the family");
    network.trunc()
}

/// Words that occur in the sample, where it has any; of the last often only a prefix.
fn phrase(rng: &mut StdRng, sample: &StoredEvent) -> Filter {
    let mut texts = searched_texts(&sample.event);
    texts.retain(|tokens| !tokens.is_empty());
    if texts.is_empty() {
        return broad(rng, sample);
    }
    let tokens = any(rng, &texts);
    let length = rng.random_range(1..=tokens.len().min(3));
    let start = rng.random_range(0..=tokens.len() - length);
    let mut sought = tokens[start..start + length].to_vec();
    let end = if percent(rng, 40) { PhraseEnd::Prefix } else { PhraseEnd::Whole };
    if let Some(last) = sought.last_mut().filter(|_| end == PhraseEnd::Prefix) {
        let characters = last.chars().count();
        *last = last.chars().take(rng.random_range(1..=characters)).collect();
    }
    Phrase::of_tokens(sought, end).map_or(Filter::All, Filter::Text)
}

/// A value that stored events have only by chance.
fn stray(rng: &mut StdRng) -> Filter {
    let words = format!("{} {}", skewed(rng, &words::WORDS), rng.random_range(0..100));
    let fields = [Field::ActorId, Field::Message, Field::ContextRequestId, Field::Metadata("none".to_owned())];
    let test = if percent(rng, 50) { Test::OneOf(vec![words]) } else { Test::Prefix(words) };
    Filter::Field(FieldTest { field: any(rng, &fields).clone(), test })
}
