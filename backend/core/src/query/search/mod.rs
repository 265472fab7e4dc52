//! The search box's language: terms side by side, all of which must hold. docs/api/query-language.md has the grammar.

#[cfg(test)]
mod properties;
mod scanner;
mod term;
#[cfg(test)]
mod tests;

use crate::{
    query::{Filter, SEARCH_BYTES_MAX, SearchError, combine::all_of, error::Span},
    timestamp::Timestamp,
};
use scanner::Scanner;
use term::Terms;
#[cfg(test)]
pub(super) use tests::BAD;

/// Parses the text of a search box. Relative times count back from `now`. An empty text is [`Filter::All`].
///
/// # Errors
/// The first thing that is wrong, with its place.
pub fn parse_search(text: &str, now: Timestamp) -> Result<Filter, SearchError> {
    if text.len() > SEARCH_BYTES_MAX {
        let span = Span { start: text.floor_char_boundary(SEARCH_BYTES_MAX), end: text.len() };
        return Err(span.error("query_too_long", format!("A query has at most {SEARCH_BYTES_MAX} bytes")));
    }
    let mut terms = Terms::new(Scanner::new(text), now);
    let mut filters = Vec::new();
    while let Some(filter) = terms.next_term()? {
        filters.push(filter);
    }
    Ok(all_of(filters))
}
