//! The parameters of the API: each has one name and one value, and may be repeated.

use std::collections::BTreeMap;

use crate::{
    query::{
        Field, Filter, SEARCH_BYTES_MAX, SearchError, VALUES_MAX,
        combine::{Added, FieldValues},
        contradiction::{Contradiction, contradiction},
        error::Span,
        form::Written,
        limits::{QuerySize, too_many},
        name::Name,
        search::parse_part,
    },
    timestamp::Timestamp,
};

/// Why a parameter is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{parameter}: {detail}")]
pub struct ParameterError {
    /// The parameter's name as it was sent.
    pub parameter: String,
    /// Stable, for programs: those of [`SearchError`], and `unknown_parameter`.
    pub code: &'static str,
    /// For people: what is wrong and what to write instead.
    pub detail: String,
    /// Where the wrong part of the value begins, in bytes.
    pub start: usize,
    /// Where it ends.
    pub end: usize,
}

/// Parses decoded pairs of names and values: fields, `since`, `until`, and `q` for the search box's language.
///
/// Values of one field are alternatives, negated ones (`!v`) are all excluded, ranges must all hold; parameters of
/// different names must all hold. The order of the names makes no difference, so that a client may sort them between
/// two pages.
///
/// # Errors
/// All errors, in the order sent.
pub fn parse_parameters(pairs: &[(String, String)], now: Timestamp) -> Result<Filter, Vec<ParameterError>> {
    let mut fields: BTreeMap<Field, FieldValues> = BTreeMap::new();
    let mut searches = Vec::new();
    let mut errors = Vec::new();
    let mut size = QuerySize::default();
    if let Some((parameter, _)) = pairs.get(VALUES_MAX) {
        let message = format!("A query has at most {VALUES_MAX} parameters");
        return Err(vec![of_parameter(parameter, too_many(Span { start: 0, end: 0 }, message))]);
    }
    for (parameter, value) in pairs {
        let parsed = check_length(value).and_then(|()| match parameter.as_str() {
            "q" => parse_part(value, now, &mut size).map(|filter| searches.push(filter)),
            _ => add_value(&mut fields, &mut size, Parameter { name: parameter, value }, now),
        });
        errors.extend(parsed.err().map(|error| of_parameter(parameter, error)));
    }
    if !errors.is_empty() {
        return Err(errors);
    }
    let filters = fields.into_values().map(FieldValues::into_filter);
    let filter = Filter::all_of(filters.chain(searches.into_iter().filter(|filter| *filter != Filter::All)).collect());
    match contradiction(&filter) {
        None => Ok(filter),
        Some(found) => Err(vec![contradicting_parameter(pairs, found)]),
    }
}

/// The error of the last parameter that bounds the field.
fn contradicting_parameter(pairs: &[(String, String)], found: Contradiction) -> ParameterError {
    let bounds = |(name, _): &&(String, String)| {
        name == "q" || Name::parse(name).is_some_and(|name| name.field() == found.field)
    };
    let (parameter, value) = pairs.iter().rev().find(bounds).map_or(("q", ""), |(name, value)| (name, value));
    of_parameter(parameter, Span { start: 0, end: value.len() }.error("empty_range", found.message))
}

fn check_length(value: &str) -> Result<(), SearchError> {
    if value.len() <= SEARCH_BYTES_MAX {
        return Ok(());
    }
    let span = Span { start: value.floor_char_boundary(SEARCH_BYTES_MAX), end: value.len() };
    Err(span.error("query_too_long", format!("A value has at most {SEARCH_BYTES_MAX} bytes")))
}

/// A parameter, decoded.
#[derive(Clone, Copy)]
struct Parameter<'a> {
    name: &'a str,
    value: &'a str,
}

fn add_value(
    fields: &mut BTreeMap<Field, FieldValues>,
    size: &mut QuerySize,
    parameter: Parameter<'_>,
    now: Timestamp,
) -> Result<(), SearchError> {
    let Some(name) = Name::parse(parameter.name) else {
        return Err(Span { start: 0, end: 0 }.error("unknown_parameter", Name::unknown_message(parameter.name)));
    };
    let written = Written::parse(parameter.value, 0)?;
    let meaning = name.meaning(&written, now)?;
    size.add_value(written.span)?;
    let values = fields.entry(name.field()).or_insert_with_key(|field| FieldValues::new(field.clone()));
    match values.add(written.sign, meaning) {
        Added::Test => size.add_test(written.span),
        Added::ToSet => Ok(()),
    }
}

fn of_parameter(parameter: &str, error: SearchError) -> ParameterError {
    ParameterError {
        parameter: parameter.to_owned(),
        code: error.code,
        detail: error.message,
        start: error.start,
        end: error.end,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::query::notation::{notation, now};

    fn pairs(query: &str) -> Vec<(String, String)> {
        let pair = |pair: &str| pair.split_once('=').map(|(name, value)| (name.to_owned(), value.to_owned()));
        query.split('&').filter_map(pair).collect()
    }

    #[test]
    fn parameters_mean_what_they_say() {
        let cases = [
            ("", "all"),
            ("actor=alice", "actor=[alice]"),
            ("actor=bob&actor=alice", "actor=[alice|bob]"),
            ("target=a,b", "target.id=[a,b]"),
            ("target=a&target.id=b", "target.id=[a|b]"),
            (
                "action=user.*&action=key.create&action=!user.login",
                "and(or(action=[key.create], action~user.*), not(action=[user.login]))",
            ),
            ("actor=!a&actor=!b&actor=!c*", "and(not(actor=[a|b]), not(actor~c*))"),
            ("ip=*&actor.email=!*", "and(not(actor.email=*), context.ip=*)"),
            ("actor==*!x", "actor==[*!x]"),
            ("actor=!=!x", "not(actor==[!x])"),
            ("actor.name==", "actor.name==[]"),
            ("actor.name=\"x\"", "actor.name=[\"x\"]"),
            ("sequence=>=5&sequence=<9", "and(sequence<5..>, sequence<..8>)"),
            ("ip=10.0.0.0/8&ip=!10.1.0.0/16", "and(context.ip in 10.0.0.0/8, not(context.ip in 10.1.0.0/16))"),
            ("metadata.my key=v w", "metadata.my key=[v w]"),
            (
                "target.attributes.a b=*&actor.attributes.n=1..2",
                "and(actor.attributes.n<1..2>, target.attributes.a b=*)",
            ),
            ("severity=>=high&severity=!critical", "and(severity=[critical|high], not(severity=[critical]))"),
            ("since=1d&until=1h", "and(occurred_at<2026-11-22T08:00:00..>, occurred_at<..2026-11-23T06:59:59.999999>)"),
            ("q=", "all"),
            ("q=a OR b&actor==*", "and(actor==[*], or(any[a], any[b]))"),
            ("q=payroll -run&actor=a", "and(actor=[a], and(any[payroll], not(any[run])))"),
        ];
        for (query, expected) in cases {
            let meaning = parse_parameters(&pairs(query), now()).map(|filter| notation(&filter));
            assert_eq!(meaning.as_deref(), Ok(expected), "{query}");
        }
    }

    #[test]
    fn the_order_of_the_names_makes_no_difference() {
        let one = parse_parameters(&pairs("actor=a&since=2026-01-01&metadata.x=1&outcome=denied"), now());
        let other = parse_parameters(&pairs("outcome.status=denied&metadata.x=1&since=2026-01-01&actor=a"), now());
        assert_eq!(one.map(|filter| filter.fingerprint()), other.map(|filter| filter.fingerprint()));
    }

    #[test]
    fn every_bad_parameter_is_named() {
        let query = "actor=a&acton=x&outcome=failed&outcome=success,denied&sequence=!&q=a actr:b&ip=1.2.3&actor=a*b*c*d*e*f*g*h*i*";
        let errors = parse_parameters(&pairs(query), now()).expect_err("all but the first are wrong");
        let named: Vec<_> =
            errors.iter().map(|error| (&*error.parameter, error.code, error.start, error.end)).collect();
        let expected = [
            ("acton", "unknown_parameter", 0, 0),
            ("outcome", "unknown_word", 0, 6),
            ("outcome", "unknown_word", 0, 14),
            ("sequence", "missing_value", 0, 1),
            ("q", "unknown_field", 2, 6),
            ("ip", "invalid_network", 0, 5),
            ("actor", "too_many_stars", 0, 18),
        ];
        assert_eq!(named, expected);
        assert_eq!(errors[0].detail, "There is no field `acton`. Did you mean `action`?");
    }

    #[test]
    fn parameters_are_bounded() {
        let pair = ("actor".to_owned(), "a".to_owned());
        assert!(parse_parameters(&vec![pair.clone(); VALUES_MAX], now()).is_ok());
        let errors = parse_parameters(&vec![pair; VALUES_MAX + 1], now()).expect_err("one too many");
        assert_eq!(errors.iter().map(|error| error.code).collect::<Vec<_>>(), ["too_many_terms"]);
        let long = [("actor".to_owned(), "é".repeat(SEARCH_BYTES_MAX))];
        let errors = parse_parameters(&long, now()).expect_err("too long");
        assert_eq!((errors[0].code, errors[0].start), ("query_too_long", SEARCH_BYTES_MAX));
    }

    #[test]
    fn all_parameters_of_a_query_have_one_bound_together() {
        let words = ("q".to_owned(), vec!["a"; 32].join(" "));
        assert!(parse_parameters(&[words.clone(), words.clone()], now()).is_ok());
        let errors = parse_parameters(&[words.clone(), words, ("q".to_owned(), "x y".to_owned())], now());
        let errors = errors.expect_err("two too many");
        assert_eq!((errors.len(), errors[0].code, errors[0].start), (1, "too_many_terms", 0));
        let prefixes: Vec<_> = (0..65).map(|n| (format!("metadata.k{n}"), "a*".to_owned())).collect();
        assert!(parse_parameters(&prefixes[..64], now()).is_ok());
        let errors = parse_parameters(&prefixes, now()).expect_err("one too many");
        assert_eq!((errors[0].parameter.as_str(), errors[0].code), ("metadata.k64", "too_many_terms"));
        let ids = format!("actor:{}", "a,".repeat(255) + "a");
        let errors = parse_parameters(&[("q".to_owned(), ids), ("actor".to_owned(), "b".to_owned())], now());
        assert_eq!(errors.expect_err("one too many")[0].code, "too_many_terms");
    }
}
