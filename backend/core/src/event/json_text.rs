//! Owns an opaque JSON value, whose structure is never inspected: the old and new values of changes.

use crate::json::{LocatedError, Path, Reader, read_canonical};

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
}
