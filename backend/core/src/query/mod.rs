//! Queries as one typed tree. The search box and the API's parameters parse into it; every executor compiles from it.
//! docs/api/query-language.md describes both syntaxes for users.

mod aggregation;
mod alternatives;
mod budget;
mod combine;
mod contradiction;
mod cursor;
#[cfg(test)]
mod documentation;
mod error;
mod field;
mod filter;
mod fingerprint;
mod form;
mod identifier;
mod key_path;
mod limits;
mod list_cursor;
mod matching;
mod moment;
mod name;
#[cfg(test)]
mod notation;
mod order;
mod parameters;
mod phrase;
mod range;
mod reader;
mod search;
mod stored_text;
mod suggest;
mod token;
mod value;

pub use aggregation::{
    Aggregation, AggregationParameters, Calendar, DISTINCT_EXACT_MAX, FACETS, GROUP_LEVELS_MAX, Grouping, Histogram,
    Interval, METRICS_MAX, Metric, MetricKind, TERMS_LIMIT_DEFAULT, TERMS_LIMIT_MAX, Terms, TimeField, UnknownTimeZone,
    parse_aggregation, parse_field,
};
pub use alternatives::{ALTERNATIVES_MAX, Alternative, AlternativeKind, alternatives};
pub use budget::{BYTES_PER_CHECK, Interruption, Meter, QueryBudget, Turnstile};
pub use cursor::{Cursor, CursorError, CursorKey};
pub use error::SearchError;
pub use field::{Field, StandardField, ValueKind};
pub use filter::{Bounds, FieldTest, Filter, Leaf, Test};
pub use key_path::{KeyPath, Step};
pub use limits::{PARENTHESES_MAX, PHRASE_WORDS_MAX, SEARCH_BYTES_MAX, TERMS_MAX, VALUES_MAX, WORDS_PER_TERM};
pub use list_cursor::ListCursor;
pub use matching::{EventMatcher, HIGHLIGHTS_MAX, Highlight, Highlights};
pub use order::{Order, Position};
pub use parameters::{ParameterError, parse_parameters};
pub use phrase::{Phrase, PhraseEnd, PhraseProgress, PhraseScope};
pub use search::parse_search;
pub use suggest::nearest;
pub use token::{OwnedToken, TOKEN_BYTES_MAX, TOKENIZER_VERSION, Token, TokenKind, tokens, walk_tokens};
