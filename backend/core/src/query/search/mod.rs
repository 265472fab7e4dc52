//! The search box's language: terms and how they combine. docs/api/query-language.md has the grammar.

mod expression;
mod outline;
#[cfg(test)]
mod properties;
mod scanner;
mod term;
#[cfg(test)]
mod tests;

use crate::{
    query::{Filter, SEARCH_BYTES_MAX, SearchError, contradiction::contradiction, error::Span, limits::QuerySize},
    timestamp::Timestamp,
};
use expression::Expression;
pub(super) use outline::{OutlineKind, OutlineTerm, outline};
#[cfg(test)]
pub(super) use tests::BAD;

/// Parses the text of a search box. Relative times count back from `now`. An empty text is [`Filter::All`].
///
/// # Errors
/// The first error, with its position.
pub fn parse_search(text: &str, now: Timestamp) -> Result<Filter, SearchError> {
    let filter = parse_part(text, now, &mut QuerySize::default())?;
    match contradiction(&filter) {
        None => Ok(filter),
        Some(found) => Err(Span { start: 0, end: text.len() }.error("empty_range", found.message)),
    }
}

/// Parses a text that is one part of a query.
pub(super) fn parse_part(text: &str, now: Timestamp, size: &mut QuerySize) -> Result<Filter, SearchError> {
    if text.len() > SEARCH_BYTES_MAX {
        let span = Span { start: text.floor_char_boundary(SEARCH_BYTES_MAX), end: text.len() };
        return Err(span.error("query_too_long", format!("A query has at most {SEARCH_BYTES_MAX} bytes")));
    }
    Expression::new(text, now, size).parse()
}
