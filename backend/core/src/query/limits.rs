//! Owns the limits on the size of a query. Sensible queries are short, and each part of a query costs time for every
//! event scanned. docs/api/query-language.md has the same table.

use crate::query::{SearchError, error::Span};

/// The longest text of a search box and the longest value of a parameter, in bytes.
pub const SEARCH_BYTES_MAX: usize = 8 * 1024;

/// The maximum number of words of a phrase. In scripts without spaces each character counts as a word, and an
/// identifier that is pasted may be long.
pub const PHRASE_WORDS_MAX: usize = 512;

/// The number of words of a phrase that count as one term: a longer phrase costs hardly more for an event that is
/// scanned, and one look-up a word in an index.
pub const WORDS_PER_TERM: usize = 8;

/// The maximum number of terms of a query: words and phrases, and tests of fields. The exact values of one field are
/// one test together.
pub const TERMS_MAX: usize = 64;

/// The maximum number of values of fields, and of parameters, of a query.
pub const VALUES_MAX: usize = 256;

/// The maximum number of nested parentheses: all code that walks the tree is recursive.
pub const PARENTHESES_MAX: usize = 32;

/// The part of the limits that a query has used, all of its parameters together.
#[derive(Debug, Default)]
pub(super) struct QuerySize {
    terms: usize,
    values: usize,
}

impl QuerySize {
    /// Counts the words of a phrase at `span`.
    pub(super) fn add_words(&mut self, words: usize, span: Span) -> Result<(), SearchError> {
        if words > PHRASE_WORDS_MAX {
            let message = format!(
                "A phrase has at most {PHRASE_WORDS_MAX} words, and this one has {words}. Words joined by punctuation, as \
                 in `a-b`, are one phrase; put spaces between words that may stand apart"
            );
            return Err(span.error("phrase_too_long", message));
        }
        self.add_terms(words.div_ceil(WORDS_PER_TERM), span)
    }

    /// Counts a test of a field.
    pub(super) fn add_test(&mut self, span: Span) -> Result<(), SearchError> {
        self.add_terms(1, span)
    }

    /// Counts a value of a field.
    pub(super) fn add_value(&mut self, span: Span) -> Result<(), SearchError> {
        self.values += 1;
        if self.values > VALUES_MAX {
            return Err(too_many(span, format!("A query has at most {VALUES_MAX} values of fields")));
        }
        Ok(())
    }

    fn add_terms(&mut self, terms: usize, span: Span) -> Result<(), SearchError> {
        self.terms += terms;
        if self.terms > TERMS_MAX {
            let message = format!(
                "A query has at most {TERMS_MAX} words and tests of fields; of a phrase each {WORDS_PER_TERM} words count \
                 as one. Exact values of one field, `field:a,b`, count as one"
            );
            return Err(too_many(span, message));
        }
        Ok(())
    }
}

/// The error for more terms, values or parameters than a query may have.
pub(super) fn too_many(span: Span, message: String) -> SearchError {
    span.error("too_many_terms", message)
}
