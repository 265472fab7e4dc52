//! The parameters of the API: one name and one value each, given as often as needed.

use std::collections::BTreeMap;

use crate::{
    query::{
        Field, Filter, SEARCH_BYTES_MAX, SearchError, TERMS_MAX,
        combine::{FieldValues, all_of},
        error::Span,
        form::Written,
        name::Name,
        parse_search,
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
/// Values of one field are alternatives, negated ones (`!v`) are all ruled out, ranges all hold; parameters of different
/// names must all hold. The order of the names makes no difference, so that a client may sort them between two pages.
///
/// # Errors
/// Everything that is wrong, in the order sent.
pub fn parse_parameters(pairs: &[(String, String)], now: Timestamp) -> Result<Filter, Vec<ParameterError>> {
    let mut fields: BTreeMap<Field, FieldValues> = BTreeMap::new();
    let mut searches = Vec::new();
    let mut errors = Vec::new();
    if let Some((parameter, _)) = pairs.get(TERMS_MAX) {
        let message = format!("A query has at most {TERMS_MAX} parameters");
        return Err(vec![of_parameter(parameter, Span { start: 0, end: 0 }.error("too_many_terms", message))]);
    }
    for (parameter, value) in pairs {
        let parsed = check_length(value).and_then(|()| match parameter.as_str() {
            "q" => parse_search(value, now).map(|filter| searches.push(filter)),
            _ => add_value(&mut fields, parameter, value, now),
        });
        errors.extend(parsed.err().map(|error| of_parameter(parameter, error)));
    }
    if !errors.is_empty() {
        return Err(errors);
    }
    let filters = fields.into_values().map(FieldValues::into_filter);
    Ok(all_of(filters.chain(searches.into_iter().filter(|filter| *filter != Filter::All)).collect()))
}

fn check_length(value: &str) -> Result<(), SearchError> {
    if value.len() <= SEARCH_BYTES_MAX {
        return Ok(());
    }
    let span = Span { start: value.floor_char_boundary(SEARCH_BYTES_MAX), end: value.len() };
    Err(span.error("query_too_long", format!("A value has at most {SEARCH_BYTES_MAX} bytes")))
}

fn add_value(
    fields: &mut BTreeMap<Field, FieldValues>,
    parameter: &str,
    value: &str,
    now: Timestamp,
) -> Result<(), SearchError> {
    let Some(name) = Name::parse(parameter) else {
        return Err(Span { start: 0, end: 0 }.error("unknown_parameter", Name::unknown_message(parameter)));
    };
    let written = Written::parse(value, 0)?;
    let meaning = name.meaning(&written, now)?;
    fields.entry(name.field()).or_insert_with_key(|field| FieldValues::new(field.clone())).add(written.sign, meaning);
    Ok(())
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
