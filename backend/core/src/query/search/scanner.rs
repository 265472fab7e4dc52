//! Owns the position in the text, and reads runs, quotes and spaces. Knows no fields.

use crate::query::{SearchError, error::Span};

/// A text and the position up to which it has been read.
#[derive(Clone, Copy)]
pub(super) struct Scanner<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Scanner<'a> {
    /// Starts at the beginning of the text.
    pub(super) fn new(text: &'a str) -> Self {
        Self { text, at: 0 }
    }

    /// The number of bytes read.
    pub(super) fn at(&self) -> usize {
        self.at
    }

    /// The text between a position and this one.
    pub(super) fn read_since(&self, start: usize) -> &'a str {
        &self.text[start..self.at]
    }

    /// The next character.
    pub(super) fn peek(&self) -> Option<char> {
        self.text[self.at..].chars().next()
    }

    /// Whether a term ends here.
    pub(super) fn at_gap(&self) -> bool {
        self.peek().is_none_or(|next| next.is_whitespace() || next == ')')
    }

    /// Skips to a position ahead.
    pub(super) fn skip_to(&mut self, at: usize) {
        self.at = at;
    }

    /// Reads `expected` if it comes next.
    pub(super) fn eat(&mut self, expected: char) -> bool {
        let found = self.peek() == Some(expected);
        if found {
            self.at += expected.len_utf8();
        }
        found
    }

    /// Reads up to the next whitespace or one of `stops`.
    pub(super) fn run(&mut self, stops: &[char]) -> &'a str {
        let rest = &self.text[self.at..];
        let end = rest.find(|character: char| character.is_whitespace() || stops.contains(&character));
        let run = &rest[..end.unwrap_or(rest.len())];
        self.at += run.len();
        run
    }

    /// Reads whitespace.
    pub(super) fn skip_whitespace(&mut self) {
        let rest = &self.text[self.at..];
        self.at += rest.len() - rest.trim_start().len();
    }

    /// Reads a quoted text, which begins here. In it `\"` is a quote and `\\` a backslash; any other backslash is
    /// literal, because people paste paths.
    pub(super) fn quoted(&mut self) -> Result<String, SearchError> {
        let start = self.at;
        let mut content = String::new();
        let mut characters = self.text[start..].char_indices().skip(1).peekable();
        while let Some((offset, character)) = characters.next() {
            match character {
                '"' => {
                    self.at = start + offset + 1;
                    return Ok(content);
                }
                '\\' => {
                    let escaped = characters.next_if(|(_, next)| matches!(next, '"' | '\\'));
                    content.push(escaped.map_or('\\', |(_, next)| next));
                }
                _ => content.push(character),
            }
        }
        let span = Span { start, end: self.text.len() };
        Err(span.error("unterminated_quote", "This quote is never closed; a quote inside of a text is written `\\\"`"))
    }
}
