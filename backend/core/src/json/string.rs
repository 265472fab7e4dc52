//! Reads strings: borrowed from the text where nothing is escaped, otherwise unescaped into memory of their own.

use std::borrow::Cow;

use super::{JsonError, JsonErrorKind, Reader, scan::plain_length};

/// A string in which U+FFFD stands for each character that is refused elsewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text<'a> {
    /// The string.
    pub value: Cow<'a, str>,
    /// The first replaced character: U+0000 or half of a surrogate pair.
    pub replaced: Option<JsonError>,
}

impl<'a> Text<'a> {
    /// The string.
    ///
    /// # Errors
    /// The refusal of the first replaced character.
    pub(super) fn strict(self) -> Result<Cow<'a, str>, JsonError> {
        self.replaced.map_or(Ok(self.value), Err)
    }
}

impl<'a> Reader<'a> {
    /// Reads a string.
    ///
    /// # Errors
    /// Refused for U+0000 and lone surrogates, or malformed.
    #[inline]
    pub fn read_string(&mut self) -> Result<Cow<'a, str>, JsonError> {
        match self.take_plain_string() {
            Some(plain) => Ok(Cow::Borrowed(plain)),
            None => self.read_escaped()?.strict(),
        }
    }

    /// Reads a string in which nothing is escaped. Consumes only white space where the next value is anything else.
    ///
    /// Nearly all strings are plain, and a reference is cheaper to move than a `Result` of a [`Text`]: reading names of
    /// members took 3.3 % of a server's time under ingest, and takes 0.7 % with this, as `perf` measured.
    #[inline]
    pub fn take_plain_string(&mut self) -> Option<&'a str> {
        self.skip_white_space();
        if self.byte() != Some(b'"') {
            return None;
        }
        let bytes = self.text.as_bytes();
        let start = self.position + 1;
        let end = start + plain_length(&bytes[start..]);
        if bytes.get(end) != Some(&b'"') {
            return None;
        }
        self.position = end + 1;
        Some(&self.text[start..end])
    }

    /// Reads a string, with replacements instead of refused characters.
    ///
    /// # Errors
    /// Malformed.
    #[inline]
    pub fn read_text(&mut self) -> Result<Text<'a>, JsonError> {
        match self.take_plain_string() {
            Some(plain) => Ok(Text { value: Cow::Borrowed(plain), replaced: None }),
            None => self.read_escaped(),
        }
    }

    /// Reads a string that has an escape, or is malformed.
    #[cold]
    pub(super) fn read_escaped(&mut self) -> Result<Text<'a>, JsonError> {
        self.expect(b'"')?;
        let mut string = String::new();
        let mut replaced = None;
        loop {
            let run = self.position;
            self.position += plain_length(&self.text.as_bytes()[run..]);
            string.push_str(&self.text[run..self.position]);
            match self.byte() {
                Some(b'"') => {
                    self.position += 1;
                    return Ok(Text { value: Cow::Owned(string), replaced });
                }
                Some(b'\\') => match self.read_escape() {
                    Ok(character) => string.push(character),
                    Err(error) if error.kind.is_malformed() => return Err(error),
                    Err(error) => {
                        string.push(char::REPLACEMENT_CHARACTER);
                        replaced = replaced.or(Some(error));
                    }
                },
                Some(_) => return Err(self.error(JsonErrorKind::ControlCharacter)),
                None => return Err(self.error(JsonErrorKind::UnexpectedEnd)),
            }
        }
    }

    /// Reads one escape, both halves of a surrogate pair together.
    fn read_escape(&mut self) -> Result<char, JsonError> {
        let escape = self.error(JsonErrorKind::InvalidEscape);
        self.position += 1;
        let letter = self.byte().ok_or_else(|| self.error(JsonErrorKind::UnexpectedEnd))?;
        self.position += 1;
        let character = match letter {
            b'"' | b'\\' | b'/' => char::from(letter),
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => return self.read_unicode_escape(escape.offset),
            _ => return Err(escape),
        };
        Ok(character)
    }

    /// Reads what follows `\u`, for an escape that began at `offset`.
    fn read_unicode_escape(&mut self, offset: usize) -> Result<char, JsonError> {
        let lone_surrogate = JsonError { kind: JsonErrorKind::LoneSurrogate, offset };
        let unit = self.read_four_digits()?;
        if unit == 0 {
            return Err(JsonError { kind: JsonErrorKind::NulCharacter, offset });
        }
        if !(0xd800..0xdc00).contains(&unit) {
            return char::from_u32(unit).ok_or(lone_surrogate);
        }
        if !self.text.as_bytes()[self.position..].starts_with(b"\\u") {
            return Err(lone_surrogate);
        }
        let before_second = self.position;
        self.position += 2;
        let second = self.read_four_digits()?;
        if !(0xdc00..0xe000).contains(&second) {
            // The second escape is a character of its own, or the first half of another pair.
            self.position = before_second;
            return Err(lone_surrogate);
        }
        char::from_u32(0x10000 + ((unit - 0xd800) << 10) + (second - 0xdc00)).ok_or(lone_surrogate)
    }

    fn read_four_digits(&mut self) -> Result<u32, JsonError> {
        let mut unit = 0;
        for _ in 0..4 {
            let byte = self.byte().ok_or_else(|| self.error(JsonErrorKind::UnexpectedEnd))?;
            let digit = char::from(byte).to_digit(16).ok_or_else(|| self.error(JsonErrorKind::InvalidEscape))?;
            unit = unit << 4 | digit;
            self.position += 1;
        }
        Ok(unit)
    }
}
