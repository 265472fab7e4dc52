//! A short notation of filters for test tables: `and(action=[user.login], not(ip in 10.0.0.0/8))`.

use crate::{
    query::{Bounds, FieldTest, Filter, Phrase, PhraseEnd, Test, TokenKind, identifier::is_term},
    timestamp::Timestamp,
};

pub(super) fn now() -> Timestamp {
    Timestamp::parse_rfc3339("2026-11-23T08:00:00Z").unwrap()
}

pub(super) fn notation(filter: &Filter) -> String {
    match filter {
        Filter::All => "all".to_owned(),
        Filter::And(parts) => format!("and({})", list(parts)),
        Filter::Or(parts) if is_term(parts) => match parts.as_slice() {
            [words @ Filter::Text(_), ..] => notation(words).replacen("text", "any", 1),
            _ => "any[]".to_owned(),
        },
        Filter::Or(parts) => format!("or({})", list(parts)),
        Filter::Not(part) => format!("not({})", notation(part)),
        Filter::Text(phrase) => {
            let star = if phrase.end() == PhraseEnd::Prefix { "*" } else { "" };
            format!("text[{}{star}]", phrase_notation(phrase))
        }
        Filter::Field(FieldTest { field, test }) => format!("{}{}", field.name(), test_notation(test)),
    }
}

/// The tokens, with a space before those that need not directly follow the one before them.
fn phrase_notation(phrase: &Phrase) -> String {
    let mut written = String::new();
    for token in phrase.tokens() {
        if !written.is_empty() && token.kind != TokenKind::Continuing {
            written.push(' ');
        }
        written.push_str(&token.key);
    }
    written
}

fn list(parts: &[Filter]) -> String {
    parts.iter().map(notation).collect::<Vec<_>>().join(", ")
}

fn test_notation(test: &Test) -> String {
    match test {
        Test::Present => "=*".to_owned(),
        Test::OneOf(values) => format!("=[{}]", values.join("|")),
        Test::Exactly(values) => format!("==[{}]", values.join("|")),
        Test::Like(pattern) => format!("~{pattern}"),
        Test::Time(bounds) => bounds_notation(bounds, |micros| time_notation(*micros)),
        Test::Integer(bounds) => bounds_notation(bounds, ToString::to_string),
        Test::Number(bounds) => bounds_notation(bounds, ToString::to_string),
        Test::Network(network) => format!(" in {network}"),
    }
}

/// A time without its zero parts: `2026-01-01`, `2026-01-01T10:00:00`.
fn time_notation(micros: i64) -> String {
    let text = Timestamp::from_micros(micros).to_string();
    let text = text.trim_end_matches('Z').trim_end_matches(".000000");
    text.trim_end_matches("T00:00:00").to_owned()
}

fn bounds_notation<T>(bounds: &Bounds<T>, print: impl Fn(&T) -> String) -> String {
    let end = |bound: &Option<T>| bound.as_ref().map(&print).unwrap_or_default();
    format!("<{}..{}>", end(&bounds.from), end(&bounds.to))
}
