//! Owns the errors of the query language: a stable code, a sentence that says what to do, and the position.

/// Why a text is not a valid query.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct SearchError {
    /// Stable, for programs: `unknown_field`.
    pub code: &'static str,
    /// For people: what is wrong and what to write instead.
    pub message: String,
    /// Where the wrong part begins, in bytes of the text. Always a character's boundary.
    pub start: usize,
    /// Where it ends; at least `start`, at most the text's length.
    pub end: usize,
}

/// A part of a text, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) start: usize,
    pub(super) end: usize,
}

impl Span {
    /// The part of `length` bytes from `start`.
    pub(super) const fn of_length(start: usize, length: usize) -> Self {
        Self { start, end: start + length }
    }

    /// This error about this part.
    pub(super) fn error(self, code: &'static str, message: impl Into<String>) -> SearchError {
        SearchError { code, message: message.into(), start: self.start, end: self.end }
    }
}
