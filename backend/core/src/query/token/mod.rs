//! The tokeniser: defines a word, for queries and indexes alike.
//!
//! Version 2:
//!
//! - A word is a maximal run of letters, numbers and marks (the general categories L, N and M of Unicode). Everything
//!   else separates words: `get_bucket-acl` is three.
//! - Han, hiragana, katakana, Thai, Lao, Khmer and Myanmar are written without spaces, so that runs of them are no
//!   words. Each of their letters and numbers, with the marks behind it, is a token of its own, which knows whether
//!   another one stands directly before it. A run of them ends where other letters or numbers begin: `2024年` is `2024`
//!   and `年`. A letter is of such a script where its script extensions name no other, a number where its script is
//!   one. The vowels U+0E33 and U+0EB3 and the half-width voicing signs U+FF9E and U+FF9F behind such a character
//!   belong to it like marks.
//! - Tokens are compared by their keys, NFKC(fold(NFKC(token))) with full case folding. Words are found in the text as
//!   sent, and then replaced by their keys: a word whose key contains a space or a sign is one token, in texts and in
//!   queries. The key of a character without spaces is split again, before each of its letters and numbers: half-width
//!   and composed spellings give the tokens of the plain ones.
//! - A token keeps at most 64 bytes of its key, cut at a character boundary; as queries are cut too, a longer word is
//!   found by its first 64 bytes.

mod class;
#[cfg(test)]
mod tests;
mod walk;

use std::ops::ControlFlow;

pub use walk::walk_tokens;

/// The version of the rules above. An index that was built with other rules is rebuilt.
pub const TOKENIZER_VERSION: u32 = 2;

/// The maximum length of a token, in bytes.
pub const TOKEN_BYTES_MAX: usize = 64;

/// How a token stands in its text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TokenKind {
    /// A word.
    Word,
    /// A character of a script without spaces that begins a run of them.
    Starting,
    /// A character of a script without spaces that directly follows another.
    Continuing,
}

/// A token of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Token<'t> {
    /// The key, at most [`TOKEN_BYTES_MAX`] of its bytes.
    pub key: &'t str,
    /// How it stands in its text.
    pub kind: TokenKind,
}

impl<'t> Token<'t> {
    fn word(key: &'t str) -> Self {
        Self { key, kind: TokenKind::Word }
    }
}

/// A token by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnedToken {
    /// The key, at most [`TOKEN_BYTES_MAX`] of its bytes.
    pub key: String,
    /// How it stands in its text.
    pub kind: TokenKind,
}

impl OwnedToken {
    /// A word with this key.
    #[must_use]
    pub fn word(key: impl Into<String>) -> Self {
        Self { key: key.into(), kind: TokenKind::Word }
    }

    /// The token, borrowed.
    #[must_use]
    pub fn as_token(&self) -> Token<'_> {
        Token { key: &self.key, kind: self.kind }
    }
}

impl From<Token<'_>> for OwnedToken {
    fn from(token: Token<'_>) -> Self {
        Self { key: token.key.to_owned(), kind: token.kind }
    }
}

/// The tokens of `text`, each by itself.
#[must_use]
pub fn tokens(text: &str) -> Vec<OwnedToken> {
    let mut tokens = Vec::new();
    let _ = walk_tokens(text, |token, _| {
        tokens.push(token.into());
        ControlFlow::Continue(())
    });
    tokens
}

/// Whether a text ends within a word, or with a character of a script without spaces.
pub(super) fn ends_with_token(text: &str) -> bool {
    text.chars().next_back().is_some_and(|last| class::Class::of(last) != class::Class::Separator)
}
