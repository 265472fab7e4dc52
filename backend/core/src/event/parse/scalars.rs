//! Reads simple values and checks their rules: strings, enum words, times, numbers and addresses.

use std::borrow::Cow;

use super::parser::{Parsed, Parser};
use crate::{
    event::{
        AdjustmentCode,
        adjust::{cut_pointer, cut_text},
        limits::{NAME_BYTES_MAX, TEXT_BYTES_MAX},
        violation::code,
    },
    id::EventId,
    json::{Kind, Path, is_pointer},
    timestamp::Timestamp,
};

/// What stands for an empty text that may not be empty.
pub(super) const UNKNOWN: &str = "unknown";

impl<'a> Parser<'a> {
    /// Reads a string of any length. Characters that no event may hold are replaced.
    pub(super) fn string(&mut self, at: &Path<'_>) -> Parsed<Option<Cow<'a, str>>> {
        if let Some(plain) = self.reader.take_plain_string() {
            return Ok(Some(Cow::Borrowed(plain)));
        }
        if !self.expect_kind(at, Kind::String)? {
            return Ok(None);
        }
        let read = self.reader.read_text();
        let Some(text) = self.settle(at, read)? else { return Ok(None) };
        if text.replaced.is_some() {
            self.adjusted(at, AdjustmentCode::Replaced);
        }
        Ok(Some(text.value))
    }

    /// Reads a string, and cuts it to at most `bytes_max` bytes.
    pub(super) fn text(&mut self, at: &Path<'_>, bytes_max: usize) -> Parsed<Option<String>> {
        let Some(text) = self.string(at)? else { return Ok(None) };
        Ok(Some(self.cut(at, text.into_owned(), bytes_max)))
    }

    /// Cuts a text to at most `bytes_max` bytes, where limits apply.
    pub(super) fn cut(&mut self, at: &Path<'_>, mut text: String, bytes_max: usize) -> String {
        if let Some(whole) = cut_text(&mut text, self.limit(bytes_max)) {
            self.truncated(at, whole);
        }
        text
    }

    /// The text, or [`UNKNOWN`] where it is empty.
    pub(super) fn defaulted(&mut self, at: &Path<'_>, text: String) -> String {
        if !text.is_empty() {
            return text;
        }
        self.adjusted(at, AdjustmentCode::Defaulted);
        UNKNOWN.to_owned()
    }

    /// Reads a word of a fixed set.
    pub(super) fn word<T>(
        &mut self,
        at: &Path<'_>,
        names: &[&str],
        parse: impl Fn(&str) -> Option<T>,
    ) -> Parsed<Option<T>> {
        let Some(text) = self.string(at)? else { return Ok(None) };
        let word = parse(&text);
        if word.is_none() {
            self.note(at, code::INVALID_VALUE, format!("it must be one of {}", names.join(", ")));
        }
        Ok(word)
    }

    /// Reads the action: without white space around it, and with replacements for control characters.
    pub(super) fn action(&mut self, at: &Path<'_>) -> Parsed<Option<String>> {
        let Some(sent) = self.string(at)? else { return Ok(None) };
        if !self.applies_limits() {
            return Ok(Some(sent.into_owned()));
        }
        let trimmed = sent.trim();
        if trimmed.is_empty() {
            self.note(at, code::INVALID_VALUE, "it must not be empty");
            return Ok(None);
        }
        let mut action = trimmed.to_owned();
        if action.contains(char::is_control) {
            action = action.replace(char::is_control, "\u{fffd}");
            self.adjusted(at, AdjustmentCode::Replaced);
        }
        let cut = self.cut(at, action, NAME_BYTES_MAX);
        Ok(Some(cut.trim_end().to_owned()))
    }

    pub(super) fn event_id(&mut self, at: &Path<'_>) -> Parsed<Option<EventId>> {
        let Some(text) = self.string(at)? else { return Ok(None) };
        let id = EventId::parse(&text);
        if id.is_none() {
            self.note(at, code::INVALID_VALUE, "it must be a UUID of version 7");
        }
        Ok(id)
    }

    pub(super) fn timestamp(&mut self, at: &Path<'_>) -> Parsed<Option<Timestamp>> {
        let Some(text) = self.string(at)? else { return Ok(None) };
        let time = Timestamp::parse_rfc3339(&text);
        if time.is_none() {
            self.note(at, code::INVALID_TIMESTAMP, "it must be an RFC 3339 time with an offset or Z");
        }
        Ok(time)
    }

    /// Reads a JSON Pointer.
    pub(super) fn pointer(&mut self, at: &Path<'_>) -> Parsed<Option<String>> {
        let Some(pointer) = self.string(at)? else { return Ok(None) };
        if !is_pointer(&pointer) {
            self.note(at, code::INVALID_VALUE, "it must be a JSON Pointer, as /name/0");
            return Ok(None);
        }
        let mut pointer = pointer.into_owned();
        if let Some(whole) = cut_pointer(&mut pointer, self.limit(TEXT_BYTES_MAX)) {
            self.truncated(at, whole);
        }
        Ok(Some(pointer))
    }

    /// Reads a whole number from 0 to 2^53.
    pub(super) fn whole_number(&mut self, at: &Path<'_>) -> Parsed<Option<u64>> {
        if !self.expect_kind(at, Kind::Number)? {
            return Ok(None);
        }
        let read = self.reader.read_number();
        let Some(number) = self.settle(at, read)? else { return Ok(None) };
        if number < 0.0 || number.fract() != 0.0 {
            self.note(at, code::INVALID_VALUE, "it must be a whole number that is not negative");
            return Ok(None);
        }
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "whole, from 0 to 2^53")]
        let number = number as u64;
        Ok(Some(number))
    }

    /// Reads a SHA-256 in lower-case hexadecimal digits.
    pub(super) fn sha256(&mut self, at: &Path<'_>) -> Parsed<Option<[u8; 32]>> {
        let Some(text) = self.string(at)? else { return Ok(None) };
        let hash = parse_lower_hex(text.as_bytes());
        if hash.is_none() {
            self.note(at, code::INVALID_VALUE, "it must be 64 hexadecimal digits in lower case");
        }
        Ok(hash)
    }
}

fn parse_lower_hex(digits: &[u8]) -> Option<[u8; 32]> {
    let (pairs, []) = digits.as_chunks::<2>() else { return None };
    let mut bytes = [0; 32];
    if pairs.len() != bytes.len() {
        return None;
    }
    for (byte, [high, low]) in bytes.iter_mut().zip(pairs) {
        *byte = lower_digit(*high)? << 4 | lower_digit(*low)?;
    }
    Some(bytes)
}

const fn lower_digit(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        _ => None,
    }
}
