//! Owns which queries are worth a try where a query finds nothing: one without its time bounds, one that looks for the
//! value of a field everywhere, one that finds a text anywhere in the values of a field. Whether they find something is
//! for the caller to see.

use crate::{
    query::{
        Field,
        name::Name,
        search::{OutlineKind, OutlineTerm, outline},
        token::ends_with_token,
    },
    timestamp::Timestamp,
};

/// The most alternatives of a query.
pub const ALTERNATIVES_MAX: usize = 16;

/// The fields in whose values a word is looked for, in the order in which they are tried.
const LOOKED_INTO: [Field; 12] = [
    Field::Action,
    Field::AnyActor,
    Field::ActorEmail,
    Field::ActorName,
    Field::TargetId,
    Field::TargetName,
    Field::SourceService,
    Field::ContextUserAgent,
    Field::ExternalId,
    Field::ContextRequestId,
    Field::ContextSessionId,
    Field::ContextTraceId,
];

/// A query that differs from another one in one thing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alternative {
    /// What differs.
    pub kind: AlternativeKind,
    /// The query, as [`super::parse_parameters`] takes it.
    pub parameters: Vec<(String, String)>,
}

/// What differs in an alternative.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AlternativeKind {
    /// It has no time bounds.
    AnyTime,
    /// It compares a value regardless of its case.
    AnyCase,
    /// It looks for the value of a field, or the text behind a colon, everywhere.
    AnyField,
    /// A word such as `or` is an operator in it.
    Operator,
    /// It finds the text as a part of a field's values, or as the beginning of a word.
    PartOfValue,
}

/// The alternatives of a query, the most likely first; at most [`ALTERNATIVES_MAX`]. A query with groups or with `OR`
/// has none of its search text.
#[must_use]
pub fn alternatives(pairs: &[(String, String)], now: Timestamp) -> Vec<Alternative> {
    let read: Vec<QueryParameter<'_>> = pairs.iter().map(|pair| QueryParameter::read(pair, now)).collect();
    let of_parameter = |(index, parameter): (usize, &QueryParameter<'_>)| {
        let alternative = |Replacement { kind, value }| Alternative { kind, parameters: with(pairs, index, value) };
        // Each is as long as the query, so only as many are built as are returned.
        parameter.replacements(ALTERNATIVES_MAX).into_iter().map(alternative).collect::<Vec<_>>()
    };
    let replaced = read.iter().enumerate().flat_map(of_parameter);
    without_time(&read).into_iter().chain(replaced).take(ALTERNATIVES_MAX).collect()
}

/// One parameter of a query.
struct QueryParameter<'a> {
    name: &'a str,
    value: &'a str,
    /// The terms of a search text.
    terms: Vec<OutlineTerm<'a>>,
}

/// Another value of a parameter.
struct Replacement {
    kind: AlternativeKind,
    value: String,
}

impl<'a> QueryParameter<'a> {
    fn read((name, value): &'a (String, String), now: Timestamp) -> Self {
        let terms = if name == "q" { outline(value, now).unwrap_or_default() } else { Vec::new() };
        Self { name, value, terms }
    }

    fn is_time_bound(&self) -> bool {
        let is_of_time = Name::parse(self.name).is_some_and(|name| name.field() == Field::OccurredAt);
        is_of_time && !self.value.starts_with('!') && self.value != "*"
    }

    /// Whether values of the parameter are texts.
    fn has_texts(&self) -> bool {
        matches!(Name::parse(self.name), Some(Name::Field(field)) if field.has_texts())
    }

    /// The first replacements of the value.
    fn replacements(&self, count_max: usize) -> Vec<Replacement> {
        if self.name != "q" {
            return if self.has_texts() { of_value(self.value) } else { Vec::new() };
        }
        let splice = |term: &OutlineTerm<'_>, text: &str| {
            format!("{}{text}{}", &self.value[..term.span.start], &self.value[term.span.end..])
        };
        let likely = |term: &OutlineTerm<'_>| {
            let replacement = match term.kind {
                OutlineKind::Text(text) => of_word(text),
                OutlineKind::Value { value, .. } => anywhere_in_the_event(value),
                OutlineKind::TimeBound | OutlineKind::Other => None,
            };
            replacement.map(|one| Replacement { value: splice(term, &one.value), ..one })
        };
        let parts = |term: &OutlineTerm<'_>| -> Vec<Replacement> {
            match term.kind {
                OutlineKind::Text(text) => of_text(text, |text| splice(term, text)),
                OutlineKind::Value { name, value } => of_value(value)
                    .into_iter()
                    .map(|other| Replacement { value: splice(term, &format!("{name}:{}", other.value)), ..other })
                    .collect(),
                OutlineKind::TimeBound | OutlineKind::Other => Vec::new(),
            }
        };
        let terms = self.terms.iter();
        terms.clone().filter_map(likely).chain(terms.flat_map(parts)).take(count_max).collect()
    }
}

/// The same query without its time bounds. `None` where it has none.
fn without_time(read: &[QueryParameter<'_>]) -> Option<Alternative> {
    let bounds =
        |parameter: &QueryParameter<'_>| parameter.terms.iter().any(|term| term.kind == OutlineKind::TimeBound);
    if !read.iter().any(|parameter| parameter.is_time_bound() || bounds(parameter)) {
        return None;
    }
    let mut parameters = Vec::new();
    for parameter in read.iter().filter(|parameter| !parameter.is_time_bound()) {
        let value = if bounds(parameter) { without_bounds(parameter) } else { parameter.value.to_owned() };
        if parameter.name != "q" || !value.is_empty() {
            parameters.push((parameter.name.to_owned(), value));
        }
    }
    Some(Alternative { kind: AlternativeKind::AnyTime, parameters })
}

fn without_bounds(parameter: &QueryParameter<'_>) -> String {
    let mut kept = String::new();
    let mut at = 0;
    for term in parameter.terms.iter().filter(|term| term.kind == OutlineKind::TimeBound) {
        push_words(&mut kept, &parameter.value[at..term.span.start]);
        at = term.span.end;
    }
    push_words(&mut kept, &parameter.value[at..]);
    kept
}

/// Appends a piece of a search text. An `AND` at its ends joined it to what is removed.
fn push_words(kept: &mut String, piece: &str) {
    let piece = piece.trim();
    let piece = piece.strip_prefix("AND").filter(|rest| !rest.starts_with(is_of_text)).unwrap_or(piece).trim();
    let piece = piece.strip_suffix("AND").filter(|rest| !rest.ends_with(is_of_text)).unwrap_or(piece).trim();
    if piece.is_empty() {
        return;
    }
    if !kept.is_empty() {
        kept.push(' ');
    }
    kept.push_str(piece);
}

fn is_of_text(character: char) -> bool {
    !character.is_whitespace()
}

/// What a word most likely stands for: an operator that was not written in capitals, or a text behind the name of a
/// field that does not exist.
fn of_word(text: &str) -> Option<Replacement> {
    let operator = ["AND", "OR", "NOT"].into_iter().find(|operator| operator.eq_ignore_ascii_case(text));
    if let Some(operator) = operator {
        return Some(Replacement { kind: AlternativeKind::Operator, value: operator.to_owned() });
    }
    text.split_once(':').and_then(|(_, value)| anywhere_in_the_event(value))
}

/// Looks for a value everywhere. `None` for one that is compared exactly, and for one that a search text cannot hold.
fn anywhere_in_the_event(value: &str) -> Option<Replacement> {
    let text = unquoted(value);
    let is_plain = !text.is_empty() && !text.starts_with('=') && !text.contains(['"', '\\']);
    is_plain.then(|| Replacement { kind: AlternativeKind::AnyField, value: format!("\"{text}\"") })
}

/// Looks for the text of a term at the beginning of words, and in the values of fields.
fn of_text(text: &str, splice: impl Fn(&str) -> String) -> Vec<Replacement> {
    let Some(pattern) = anywhere(text) else { return Vec::new() };
    let part = |value| Replacement { kind: AlternativeKind::PartOfValue, value };
    let beginning = (ends_with_token(text) && !text.contains(':')).then(|| part(splice(&format!("{text}*"))));
    let in_field = |field: &Field| part(splice(&format!("{}:{pattern}", field.name())));
    beginning.into_iter().chain(LOOKED_INTO.iter().map(in_field)).collect()
}

/// Other forms of a field's value.
fn of_value(value: &str) -> Vec<Replacement> {
    if let Some(exact) = value.strip_prefix('=') {
        let is_plain = exact.starts_with('"') || anywhere(exact).is_some();
        let any_case = Replacement { kind: AlternativeKind::AnyCase, value: exact.to_owned() };
        return if is_plain { vec![any_case] } else { Vec::new() };
    }
    let text = unquoted(value);
    let part = |value| Replacement { kind: AlternativeKind::PartOfValue, value };
    anywhere(text).map(part).into_iter().collect()
}

/// The text between the quotes of a value, or the whole value without quotes.
fn unquoted(value: &str) -> &str {
    value.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(value)
}

/// The pattern that finds a text anywhere in a value. `None` where an unquoted value cannot hold the text.
fn anywhere(text: &str) -> Option<String> {
    let is_special = |character: char| character.is_whitespace() || "*,\"()\\".contains(character);
    let is_marked = text.starts_with(['!', '=', '<', '>']) || text.contains("..");
    (!text.is_empty() && !is_marked && !text.contains(is_special)).then(|| format!("*{text}*"))
}

/// A copy of a query in which one parameter has another value.
fn with(pairs: &[(String, String)], index: usize, value: String) -> Vec<(String, String)> {
    let mut pairs = pairs.to_vec();
    if let Some(pair) = pairs.get_mut(index) {
        pair.1 = value;
    }
    pairs
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::query::{notation::now, parse_parameters};

    fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    fn found(query: &[(&str, &str)]) -> Vec<(AlternativeKind, String)> {
        let shown = |parameters: &[(String, String)]| {
            parameters.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("&")
        };
        let found = alternatives(&pairs(query), now());
        found.iter().map(|one| (one.kind, shown(&one.parameters))).collect()
    }

    #[test]
    fn a_query_with_time_bounds_is_tried_without_them() {
        for (query, expected) in [
            (&[("q", "outcome:failure,denied since:7d")][..], "q=outcome:failure,denied"),
            (
                &[("q", "since:7d AND outcome:failure,denied AND until:1d AND ip:::/0")],
                "q=outcome:failure,denied ip:::/0",
            ),
            (&[("q", "since:7d AND\nANDes since:1d")], "q=ANDes"),
            (&[("q", "since:7d"), ("since", "2026-01-01")], ""),
            (&[("q", "a OR b"), ("occurred_at", "<2026-01-01")], "q=a OR b"),
            (&[("q", "a:b occurred_at:>=2026-01-01,<2026-02-01")], "q=a:b"),
            (&[("q", "\"a b\" occurred_at:2026-01-01,2026-01-02")], "q=\"a b\""),
        ] {
            assert_eq!(found(query).first(), Some(&(AlternativeKind::AnyTime, expected.to_owned())), "{query:?}");
        }
        assert!(found(&[("q", "-since:7d outcome:failure,denied"), ("occurred_at", "!<2026-01-01")]).is_empty());
    }

    #[test]
    fn a_text_is_looked_for_in_the_values_of_fields() {
        let found = found(&[("q", "outcome:failure,denied role_assum -x")]);
        for (one, expected) in found.iter().zip(["role_assum*", "action:*role_assum*"]) {
            let expected = format!("q=outcome:failure,denied {expected} -x");
            assert_eq!(*one, (AlternativeKind::PartOfValue, expected));
        }
        assert_eq!(found.len(), 1 + LOOKED_INTO.len());
    }

    #[test]
    fn a_value_is_looked_for_everywhere_and_a_word_may_be_an_operator() {
        for (query, kind, expected) in [
            ("actor:mara@acme.example x", AlternativeKind::AnyField, "q=\"mara@acme.example\" x"),
            ("invoice:4711", AlternativeKind::AnyField, "q=\"4711\""),
            ("actor:a or outcome:denied,failure", AlternativeKind::AnyField, "q=\"a\" or outcome:denied,failure"),
            ("outcome:denied,failure Or -x b", AlternativeKind::Operator, "q=outcome:denied,failure OR -x b"),
        ] {
            assert_eq!(found(&[("q", query)]).first(), Some(&(kind, expected.to_owned())), "{query}");
        }
    }

    #[test]
    fn a_value_is_compared_in_any_case_and_as_a_part() {
        assert_eq!(found(&[("q", "actor:=Alice")]), [(AlternativeKind::AnyCase, "q=actor:Alice".to_owned())]);
        assert_eq!(
            found(&[("q", "actor:alic")]),
            [
                (AlternativeKind::AnyField, "q=\"alic\"".to_owned()),
                (AlternativeKind::PartOfValue, "q=actor:*alic*".to_owned()),
            ]
        );
        assert_eq!(
            found(&[("actor", "alic"), ("limit", "x y")]),
            [(AlternativeKind::PartOfValue, "actor=*alic*&limit=x y".to_owned())]
        );
        assert_eq!(found(&[("q", "outcome:failure severity:high"), ("outcome", "failure")]), []);
        assert_eq!(found(&[("actor", "!alic"), ("actor", "a*"), ("actor", "a..b")]), []);
    }

    #[test]
    fn every_alternative_is_a_query() {
        for query in
            ["a b c d", "arn:aws:s3:::x since:1d", "actor:=x target.id:\"y z\" metadata.a.b:c", "-a AND \"b c\"* d"]
        {
            let found = alternatives(&pairs(&[("q", query)]), now());
            assert!(!found.is_empty() && found.len() <= ALTERNATIVES_MAX, "{query}");
            for one in found {
                assert!(parse_parameters(&one.parameters, now()).is_ok(), "{query}: {:?}", one.parameters);
            }
        }
    }
}
