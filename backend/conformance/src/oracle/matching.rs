//! Owns the meaning of filters, from the documentation of `core::query::Filter`.

use auditlog_core::{
    event::StoredEvent,
    query::{FieldTest, Filter, Phrase, PhraseEnd, Test, TokenKind},
};

use super::{
    folding,
    tokens::Token,
    values::{self, Value},
    words::SearchedTexts,
};

/// One event with the tokens of each of its searched texts.
pub(super) struct Candidate<'a> {
    pub(super) stored: &'a StoredEvent,
    pub(super) texts: &'a SearchedTexts,
}

/// Whether an event matches a filter.
pub(super) fn holds(filter: &Filter, candidate: &Candidate<'_>) -> bool {
    match filter {
        Filter::All => true,
        Filter::And(parts) => parts.iter().all(|part| holds(part, candidate)),
        Filter::Or(parts) => parts.iter().any(|part| holds(part, candidate)),
        Filter::Not(part) => !holds(part, candidate),
        Filter::Field(FieldTest { field, test }) => {
            values::of(field, candidate.stored).iter().any(|value| satisfies(value, test))
        }
        Filter::Text(phrase) => candidate.texts.within(phrase.scope()).any(|tokens| stands_in(phrase, tokens)),
    }
}

fn stands_in(phrase: &Phrase, tokens: &[Token]) -> bool {
    let sought = phrase.tokens();
    tokens.windows(sought.len()).any(|window| {
        window.iter().zip(sought).enumerate().all(|(place, (token, sought))| {
            let is_last = place + 1 == window.len();
            let has_key = match phrase.end() {
                PhraseEnd::Prefix if is_last => token.key.starts_with(&sought.key),
                _ => token.key == sought.key,
            };
            // The first character of a phrase may stand anywhere in a run.
            let follows = token.follows && place > 0;
            let kind = match sought.kind {
                TokenKind::Word => (false, false),
                TokenKind::Starting => (true, false),
                TokenKind::Continuing => (true, true),
            };
            has_key && kind == (token.is_unspaced, follows)
        })
    })
}

fn satisfies(value: &Value<'_>, test: &Test) -> bool {
    match (test, value) {
        (Test::Present, _) => true,
        (Test::OneOf(keys), value) => values::text(value).is_some_and(|text| keys.contains(&folding::key(&text))),
        (Test::Exactly(texts), value) => values::text(value).is_some_and(|text| texts.iter().any(|one| *one == text)),
        (Test::Like(pattern), value) => {
            values::text(value).is_some_and(|text| folding::is_like(pattern.pieces(), &folding::key(&text)))
        }
        (Test::Time(bounds), Value::Time(micros)) => bounds.contain(micros),
        (Test::Integer(bounds), Value::Integer(integer)) => bounds.contain(integer),
        (Test::Number(bounds), Value::Number(number)) => bounds.contain(number),
        (Test::Network(network), Value::Address(address)) => network.contains(address),
        (Test::Time(_) | Test::Integer(_) | Test::Number(_) | Test::Network(_), _) => false,
    }
}
