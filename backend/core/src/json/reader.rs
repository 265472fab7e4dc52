//! Owns the pull reader: its position in the text, structure and literals. Strings, numbers and skipping have modules
//! of their own.

use std::borrow::Cow;

use super::{JsonError, JsonErrorKind, string::Text};

/// The maximum nesting depth of lists and objects, the outermost one included.
pub const DEPTH_MAX: u32 = 128;

/// One bit for each level from 1 to [`DEPTH_MAX`] + 1, and one that is unused.
const LEVEL_WORDS: usize = (DEPTH_MAX as usize + 2).div_ceil(64);

/// The kind of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// `null`
    Null,
    /// `true` or `false`
    Boolean,
    /// A number.
    Number,
    /// A string.
    String,
    /// A list.
    Array,
    /// An object.
    Object,
}

impl Kind {
    /// The kind in words, for messages.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Boolean => "a boolean",
            Self::Number => "a number",
            Self::String => "a string",
            Self::Array => "an array",
            Self::Object => "an object",
        }
    }
}

/// A position before a value.
#[derive(Debug, Clone, Copy)]
pub struct Mark {
    position: usize,
    depth: u32,
}

/// Reads one JSON text incrementally, in one pass, without building values.
///
/// The caller gets the kind of the next value from [`Reader::peek_kind`] and reads it with the method for that kind.
/// After an error whose kind is malformed the reader must not be used any more; after a refused value it is positioned
/// after that value.
#[derive(Debug)]
pub struct Reader<'a> {
    pub(super) text: &'a str,
    pub(super) position: usize,
    depth: u32,
    depth_max: u32,
    /// One bit for each level: whether the list or object open at that level had a first member.
    started: [u64; LEVEL_WORDS],
}

impl<'a> Reader<'a> {
    /// Starts reading `bytes`.
    ///
    /// # Errors
    /// [`JsonErrorKind::InvalidUtf8`].
    pub fn new(bytes: &'a [u8]) -> Result<Self, JsonError> {
        let text = std::str::from_utf8(bytes)
            .map_err(|error| JsonError { kind: JsonErrorKind::InvalidUtf8, offset: error.valid_up_to() })?;
        Ok(Self { text, position: 0, depth: 0, depth_max: DEPTH_MAX, started: [0; LEVEL_WORDS] })
    }

    /// Starts reading a list of values, each of which may nest as deeply as a single value.
    ///
    /// # Errors
    /// [`JsonErrorKind::InvalidUtf8`].
    pub fn of_list(bytes: &'a [u8]) -> Result<Self, JsonError> {
        Self::new(bytes).map(|reader| Self { depth_max: DEPTH_MAX + 1, ..reader })
    }

    /// The number of bytes read.
    #[must_use]
    pub const fn offset(&self) -> usize {
        self.position
    }

    /// The number of bytes not read yet.
    #[must_use]
    pub const fn bytes_left(&self) -> usize {
        self.text.len() - self.position
    }

    /// The kind of the next value. Consumes only white space.
    ///
    /// # Errors
    /// Malformed where no value begins.
    #[inline]
    pub fn peek_kind(&mut self) -> Result<Kind, JsonError> {
        match self.next_byte()? {
            b'"' => Ok(Kind::String),
            b'{' => Ok(Kind::Object),
            b'[' => Ok(Kind::Array),
            b'-' | b'0'..=b'9' => Ok(Kind::Number),
            b't' | b'f' => Ok(Kind::Boolean),
            b'n' => Ok(Kind::Null),
            _ => Err(self.error(JsonErrorKind::UnexpectedByte)),
        }
    }

    /// Reads `null`.
    ///
    /// # Errors
    /// Malformed where the next value is something else.
    pub fn read_null(&mut self) -> Result<(), JsonError> {
        self.next_byte()?;
        self.literal("null")
    }

    /// Reads `true` or `false`.
    ///
    /// # Errors
    /// Malformed where the next value is something else.
    pub fn read_boolean(&mut self) -> Result<bool, JsonError> {
        if self.next_byte()? == b't' {
            return self.literal("true").map(|()| true);
        }
        self.literal("false").map(|()| false)
    }

    /// Reads `null`, `[]` or `{}` where the next value is one of them, and returns whether it was.
    ///
    /// # Errors
    /// Malformed where no value begins.
    pub fn take_empty(&mut self) -> Result<bool, JsonError> {
        let close = match self.peek_kind()? {
            Kind::Null => return self.read_null().map(|()| true),
            Kind::Array => b']',
            Kind::Object => b'}',
            Kind::Boolean | Kind::Number | Kind::String => return Ok(false),
        };
        let open_at = self.position;
        self.position += 1;
        if self.next_byte()? == close {
            self.position += 1;
            return Ok(true);
        }
        self.position = open_at;
        Ok(false)
    }

    /// The same, where `""` counts as empty too.
    ///
    /// # Errors
    /// Malformed where no value begins.
    #[inline]
    pub fn take_empty_or_empty_text(&mut self) -> Result<bool, JsonError> {
        if self.next_byte()? == b'"' {
            let is_empty = self.text.as_bytes().get(self.position + 1) == Some(&b'"');
            self.position += if is_empty { 2 } else { 0 };
            return Ok(is_empty);
        }
        self.take_empty()
    }

    /// Enters an object. Its members are then read with [`Reader::next_key`] until that returns `None`.
    ///
    /// # Errors
    /// [`JsonErrorKind::TooDeep`] after skipping the object, or malformed.
    #[inline]
    pub fn begin_object(&mut self) -> Result<(), JsonError> {
        self.begin(b'{')
    }

    /// Enters a list. Its items are then announced by [`Reader::next_item`].
    ///
    /// # Errors
    /// [`JsonErrorKind::TooDeep`] after skipping the list, or malformed.
    #[inline]
    pub fn begin_array(&mut self) -> Result<(), JsonError> {
        self.begin(b'[')
    }

    /// Reads the name of the object's next member, or leaves the object.
    ///
    /// # Errors
    /// Malformed; or a refused name, and then the reader is positioned before the member's value.
    #[inline]
    pub fn next_key(&mut self) -> Result<Option<Cow<'a, str>>, JsonError> {
        self.next_key_text()?.map(Text::strict).transpose()
    }

    /// The same, with replacements instead of refused characters.
    ///
    /// # Errors
    /// Malformed.
    #[inline]
    pub fn next_key_text(&mut self) -> Result<Option<Text<'a>>, JsonError> {
        if !self.step(b'}')? {
            return Ok(None);
        }
        let key = match self.take_plain_string() {
            Some(plain) => Text { value: Cow::Borrowed(plain), replaced: None },
            None => self.read_escaped()?,
        };
        self.expect(b':')?;
        Ok(Some(key))
    }

    /// The position of the reader, to which [`Reader::rewind`] returns.
    #[must_use]
    pub const fn mark(&self) -> Mark {
        Mark { position: self.position, depth: self.depth }
    }

    /// Returns to a position before a value that has been read since.
    pub const fn rewind(&mut self, mark: Mark) {
        self.position = mark.position;
        self.depth = mark.depth;
    }

    /// The text that was read since a position.
    #[must_use]
    pub fn read_since(&self, mark: Mark) -> &'a str {
        &self.text[mark.position..self.position]
    }

    /// Whether the list has another item; otherwise leaves the list.
    ///
    /// # Errors
    /// Malformed.
    #[inline]
    pub fn next_item(&mut self) -> Result<bool, JsonError> {
        self.step(b']')
    }

    /// Checks that the text ends here.
    ///
    /// # Errors
    /// [`JsonErrorKind::TrailingBytes`] where anything but white space follows.
    pub fn finish(&mut self) -> Result<(), JsonError> {
        self.skip_white_space();
        if self.position < self.text.len() {
            return Err(self.error(JsonErrorKind::TrailingBytes));
        }
        Ok(())
    }

    fn begin(&mut self, open: u8) -> Result<(), JsonError> {
        if self.depth == self.depth_max {
            let error = self.error(JsonErrorKind::TooDeep);
            self.skim_value()?;
            return Err(error);
        }
        self.expect(open)?;
        self.depth += 1;
        let (word, bit) = self.level();
        self.started[word] &= !bit;
        Ok(())
    }

    /// The place of the open level in `started`.
    #[inline]
    const fn level(&self) -> (usize, u64) {
        ((self.depth / u64::BITS) as usize, 1 << (self.depth % u64::BITS))
    }

    /// Moves to the next member or item, over the comma where one is required; or leaves the container at `close`.
    #[inline]
    fn step(&mut self, close: u8) -> Result<bool, JsonError> {
        let byte = self.next_byte()?;
        if byte == close {
            self.position += 1;
            self.depth -= 1;
            return Ok(false);
        }
        let (word, bit) = self.level();
        if self.started[word] & bit == 0 {
            self.started[word] |= bit;
            return Ok(true);
        }
        // A value must follow the comma, so the reader of that value reports a comma before the closing bracket.
        self.expect(b',')?;
        Ok(true)
    }

    pub(super) const fn error(&self, kind: JsonErrorKind) -> JsonError {
        JsonError { kind, offset: self.position }
    }

    pub(super) fn expect(&mut self, expected: u8) -> Result<(), JsonError> {
        if self.next_byte()? != expected {
            return Err(self.error(JsonErrorKind::UnexpectedByte));
        }
        self.position += 1;
        Ok(())
    }

    /// The next byte that is not white space, without consuming it.
    #[inline]
    pub(super) fn next_byte(&mut self) -> Result<u8, JsonError> {
        self.skip_white_space();
        self.byte().ok_or_else(|| self.error(JsonErrorKind::UnexpectedEnd))
    }

    #[inline]
    pub(super) fn byte(&self) -> Option<u8> {
        self.text.as_bytes().get(self.position).copied()
    }

    #[inline]
    pub(super) fn skip_white_space(&mut self) {
        while let Some(b' ' | b'\n' | b'\r' | b'\t') = self.byte() {
            self.position += 1;
        }
    }

    fn literal(&mut self, word: &str) -> Result<(), JsonError> {
        if !self.text.as_bytes()[self.position..].starts_with(word.as_bytes()) {
            return Err(self.error(JsonErrorKind::UnexpectedByte));
        }
        self.position += word.len();
        Ok(())
    }
}
