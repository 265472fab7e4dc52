//! Owns a JSON value that is kept as text: the old and new values of changes. Of its structure only the strings in it
//! matter, which are searched for words.

use crate::json::{JsonError, Kind, LocatedError, Path, Reader, read_canonical};

/// Any JSON value as its RFC 8785 text.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct JsonText(String);

impl JsonText {
    /// Reads one JSON value, canonical or not.
    pub fn parse(text: &str) -> Result<Self, LocatedError> {
        let locate = |error| LocatedError { error, pointer: String::new() };
        let mut reader = Reader::new(text.as_bytes()).map_err(locate)?;
        let value = Self::read(&mut reader, &Path::Root);
        // The reader has consumed a refused value to its end; a text that is not JSON at all is the more serious error.
        if !matches!(&value, Err(located) if located.error.kind.is_malformed()) {
            reader.finish().map_err(locate)?;
        }
        value
    }

    /// Reads the next value. After a refusal the reader is positioned after the value.
    pub(super) fn read(reader: &mut Reader<'_>, at: &Path<'_>) -> Result<Self, LocatedError> {
        let mut text = String::new();
        read_canonical(reader, at, &mut text)?;
        Ok(Self(text))
    }

    /// Wraps a text that is canonical already.
    pub(super) const fn from_canonical(text: String) -> Self {
        Self(text)
    }

    /// The canonical text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Passes each string among its values to `found`, at any depth, with its position, until `found` returns true.
    /// Returns whether it did. `at` is the position of the whole value.
    pub(crate) fn any_string(&self, at: &Path<'_>, found: &mut dyn FnMut(&Path<'_>, &str) -> bool) -> bool {
        let read = Reader::new(self.0.as_bytes()).and_then(|mut reader| any_string(&mut reader, at, found));
        // The text was read when the value was made.
        read.unwrap_or(false)
    }
}

fn any_string(
    reader: &mut Reader<'_>,
    at: &Path<'_>,
    found: &mut dyn FnMut(&Path<'_>, &str) -> bool,
) -> Result<bool, JsonError> {
    match reader.peek_kind()? {
        Kind::String => Ok(found(at, &reader.read_string()?)),
        Kind::Array => {
            reader.begin_array()?;
            let mut index = 0;
            while reader.next_item()? {
                if any_string(reader, &at.item(index), found)? {
                    return Ok(true);
                }
                index += 1;
            }
            Ok(false)
        }
        Kind::Object => {
            reader.begin_object()?;
            while let Some(name) = reader.next_key()? {
                if any_string(reader, &at.member(&name), found)? {
                    return Ok(true);
                }
            }
            Ok(false)
        }
        Kind::Null | Kind::Boolean | Kind::Number => reader.skim_value().map(|()| false),
    }
}
