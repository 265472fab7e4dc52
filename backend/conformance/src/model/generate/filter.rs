//! Generates filters. Most are built from values of stored events, because a query that finds nothing tests little.

use std::net::IpAddr;

use auditlog_core::{
    event::{JsonObject, JsonValue, StoredEvent, Visibility},
    query::{
        Bounds, Field, FieldTest, Filter, KeyPath, OwnedToken, Phrase, PhraseEnd, PhraseScope, Test, TokenKind,
        ValueKind, parse_search,
    },
    text::Pattern,
    timestamp::MICROS_PER_DAY,
};
use ipnet::IpNet;
use rand::{Rng, rngs::StdRng};

use super::vocabulary as words;
use crate::{
    fixtures::START,
    model::choice::{any, percent, skewed},
    oracle::folding,
    oracle::tokens::Token,
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
        78..84 => phrase(rng, sample),
        84..88 => term(rng, sample),
        88..90 => not(narrow(rng, sample)),
        90..93 => {
            let alternatives = [phrase(rng, sample), term(rng, other), narrow(rng, third)];
            let some = rng.random_range(1..=alternatives.len());
            not(Filter::any_of(alternatives.into_iter().take(some).collect()))
        }
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
    fields.extend(paths(rng, &event.metadata).into_iter().map(Field::Metadata));
    fields.extend(paths(rng, &event.actor.attributes).into_iter().map(Field::ActorAttribute));
    let of_targets: Vec<KeyPath> = event.targets.iter().flat_map(|target| paths(rng, &target.attributes)).collect();
    fields.extend(of_targets.into_iter().map(Field::TargetAttribute));
    loop {
        let field = any(rng, &fields).clone();
        // Every event has at least an id, so this terminates.
        if let Some(filter) = test_of(rng, field, sample) {
            return filter;
        }
    }
}

/// A path to each value of an object that can be written as a path, at any depth.
fn paths(rng: &mut StdRng, object: &JsonObject) -> Vec<KeyPath> {
    let mut written = Vec::new();
    collect_paths(rng, object, "", &mut written);
    written.iter().filter_map(|path| KeyPath::parse(path)).collect()
}

fn collect_paths(rng: &mut StdRng, object: &JsonObject, before: &str, written: &mut Vec<String>) {
    for (name, value) in object.iter() {
        let plain = !name.contains(['"', '\\']);
        let name = if plain && percent(rng, 60) {
            name.to_owned()
        } else {
            format!("\"{}\"", name.replace('\\', "\\\\").replace('"', "\\\""))
        };
        let path = if before.is_empty() { name } else { format!("{before}.{name}") };
        collect_paths_of(rng, value, &path, written);
        written.push(path);
    }
}

fn collect_paths_of(rng: &mut StdRng, value: &JsonValue, path: &str, written: &mut Vec<String>) {
    match value {
        JsonValue::List(items) => items.iter().for_each(|item| collect_paths_of(rng, item, path, written)),
        JsonValue::Object(object) => collect_paths(rng, object, path, written),
        JsonValue::Null | JsonValue::Boolean(_) | JsonValue::Number(_) | JsonValue::String(_) => {}
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
    let is_text = matches!(kind, ValueKind::Text | ValueKind::Scalar);
    if is_text
        && percent(rng, 35)
        && let Some(pattern) = pattern(rng, &text)
    {
        return Test::Like(pattern);
    }
    if is_text && percent(rng, 15) {
        return Test::Exactly(vec![if percent(rng, 70) { text } else { respelled(rng, &text) }]);
    }
    let mut texts = vec![folding::key(&respelled(rng, &text))];
    if percent(rng, 30) {
        let others: &[&str] = match kind {
            ValueKind::Word | ValueKind::Id | ValueKind::Address => &[],
            _ => &words::WORDS,
        };
        texts.extend((0..others.len().min(3)).map(|_| {
            let other = any(rng, others);
            folding::key(other)
        }));
    }
    texts.sort();
    texts.dedup();
    Test::OneOf(texts)
}

/// The text in another case.
fn respelled(rng: &mut StdRng, text: &str) -> String {
    match rng.random_range(0..3) {
        0 => text.to_uppercase(),
        1 => text.to_lowercase(),
        _ => text.to_owned(),
    }
}

/// A pattern that the text matches: its beginning, its end, or some of its parts with stars between them.
fn pattern(rng: &mut StdRng, text: &str) -> Option<Pattern> {
    let characters: Vec<char> = respelled(rng, text).chars().filter(|character| *character != '*').collect();
    let parts = rng.random_range(1..=3);
    let mut written = String::new();
    let mut at = 0;
    for part in 0..parts {
        if part > 0 || percent(rng, 40) {
            written.push('*');
            at += rng.random_range(0..=characters.len().saturating_sub(at).min(4));
        }
        let end = (at + rng.random_range(1..=6)).min(characters.len());
        written.extend(&characters[at.min(end)..end]);
        at = end;
    }
    if at < characters.len() {
        written.push('*');
    }
    Pattern::parse(&written).ok()
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
    let scope = if percent(rng, 25) { PhraseScope::WithoutPersonal } else { PhraseScope::Every };
    let all = searched_texts(&sample.event);
    // Some phrases of a scope are in texts outside of it only.
    let texts: Vec<&[Token]> = all.within(PhraseScope::Every).filter(|tokens| !tokens.is_empty()).collect();
    if texts.is_empty() {
        return broad(rng, sample);
    }
    let tokens = any(rng, &texts);
    let length = rng.random_range(1..=tokens.len().min(3));
    let start = rng.random_range(0..=tokens.len() - length);
    let mut sought: Vec<OwnedToken> = tokens[start..start + length].iter().map(sought_token).collect();
    let end = if percent(rng, 40) { PhraseEnd::Prefix } else { PhraseEnd::Whole };
    if let Some(last) = sought.last_mut().filter(|_| end == PhraseEnd::Prefix) {
        let characters = last.key.chars().count();
        last.key = last.key.chars().take(rng.random_range(1..=characters)).collect();
    }
    Phrase::of_tokens(sought, end).map_or(Filter::All, |phrase| Filter::Text(phrase.within(scope)))
}

/// What a text that is pasted into the search box means to a caller: an identifying value or some words of the sample,
/// as they are or in quotes.
fn term(rng: &mut StdRng, sample: &StoredEvent) -> Filter {
    let identifying = [
        Field::Id,
        Field::ExternalId,
        Field::Action,
        Field::AnyActor,
        Field::ActorEmail,
        Field::TargetId,
        Field::SourceHost,
        Field::ContextIp,
        Field::ContextRequestId,
        Field::Message,
    ];
    let values = values::of(any(rng, &identifying), sample);
    let Some(text) = values.first().and_then(values::text) else { return phrase(rng, sample) };
    let text = respelled(rng, &text);
    let written =
        if percent(rng, 50) { text } else { format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"")) };
    let visibility = if percent(rng, 40) { Visibility::WithoutPersonal } else { Visibility::All };
    parse_search(&written, START).map_or(Filter::All, |filter| filter.for_reader(visibility))
}

fn sought_token(token: &Token) -> OwnedToken {
    let kind = match (token.is_unspaced, token.follows) {
        (false, _) => TokenKind::Word,
        (true, false) => TokenKind::Starting,
        (true, true) => TokenKind::Continuing,
    };
    OwnedToken { key: token.key.clone(), kind }
}

/// A value that stored events have only by chance.
fn stray(rng: &mut StdRng) -> Filter {
    let words = format!("{} {}", skewed(rng, &words::WORDS), rng.random_range(0..100));
    let fields = [Field::ActorId, Field::Message, Field::ContextRequestId, Field::Metadata(KeyPath::of_name("none"))];
    let pattern = Pattern::prefix(&words).ok().filter(|_| percent(rng, 50));
    let test = pattern.map_or_else(|| Test::OneOf(vec![folding::key(&words)]), Test::Like);
    Filter::Field(FieldTest { field: any(rng, &fields).clone(), test })
}
