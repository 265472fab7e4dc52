//! Owns named scalars: `metadata`, and the `attributes` of actors and targets.

use std::borrow::Cow;

use crate::json::{
    self, JsonError, JsonErrorKind, Kind, LocatedError, Path, Reader, compare_names, write_number, write_string,
};

/// A JSON value without structure.
#[derive(Debug, Clone, PartialEq)]
pub enum Scalar {
    /// JSON `null`, which is a value here.
    Null,
    /// A truth value.
    Boolean(bool),
    /// A finite number; `-0` is kept as `0`.
    Number(f64),
    /// A string.
    String(String),
}

impl Scalar {
    /// The text that queries compare: a string unchanged, anything else as RFC 8785 prints it.
    #[must_use]
    pub fn as_text(&self) -> Cow<'_, str> {
        if let Self::String(string) = self {
            return Cow::Borrowed(string);
        }
        let mut text = String::new();
        self.write(&mut text);
        Cow::Owned(text)
    }

    /// Appends the scalar's RFC 8785 text.
    pub fn write(&self, out: &mut String) {
        match self {
            Self::Null => out.push_str("null"),
            Self::Boolean(true) => out.push_str("true"),
            Self::Boolean(false) => out.push_str("false"),
            Self::Number(number) => write_number(*number, out),
            Self::String(string) => write_string(string, out),
        }
    }
}

/// Named scalars, sorted as RFC 8785 sorts member names (by UTF-16 code units), each name once.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Attributes(Vec<(String, Scalar)>);

/// Why pairs cannot become attributes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AttributesError {
    /// Two pairs have this name.
    #[error("the name {0:?} occurs twice")]
    DuplicateName(String),
    /// The number under this name is not finite or lies beyond ±2^53.
    #[error("the number under {0:?} lies beyond ±2^53")]
    NumberOutOfRange(String),
    /// The name, or the string under it, contains U+0000.
    #[error("U+0000 in {0:?} or in its value")]
    NulCharacter(String),
}

impl Attributes {
    /// Builds attributes from pairs in any order. Their number and lengths are not checked here, because the limits
    /// depend on the field.
    pub fn from_pairs(pairs: impl IntoIterator<Item = (String, Scalar)>) -> Result<Self, AttributesError> {
        let mut pairs: Vec<_> = pairs.into_iter().collect();
        for (name, value) in &mut pairs {
            if name.contains('\0') || matches!(value, Scalar::String(string) if string.contains('\0')) {
                return Err(AttributesError::NulCharacter(name.clone()));
            }
            if let Scalar::Number(number) = value {
                if !json::is_in_range(*number) {
                    return Err(AttributesError::NumberOutOfRange(name.clone()));
                }
                // Adding zero turns -0 into 0.
                *number += 0.0;
            }
        }
        Self::sorted(pairs).map_err(AttributesError::DuplicateName)
    }

    /// Reads what [`Attributes::write`] wrote, or any JSON object of scalars.
    pub fn parse(text: &str) -> Result<Self, LocatedError> {
        let root = Path::Root;
        let locate = |error| LocatedError { error, pointer: root.to_shown_pointer() };
        let mut reader = Reader::new(text.as_bytes()).map_err(locate)?;
        reader.begin_object().map_err(locate)?;
        let mut pairs = Vec::new();
        while let Some(name) = reader.next_key().map_err(locate)? {
            let at = root.member(&name);
            let value =
                read_scalar(&mut reader).map_err(|error| LocatedError { error, pointer: at.to_shown_pointer() })?;
            pairs.push((name.into_owned(), value));
        }
        let offset = reader.offset();
        reader.finish().map_err(locate)?;
        Self::sorted(pairs).map_err(|name| LocatedError {
            error: JsonError { kind: JsonErrorKind::DuplicateKey, offset },
            pointer: root.member(&name).to_shown_pointer(),
        })
    }

    /// Sorts pairs that are valid in themselves. Fails with the name that occurs twice.
    pub(super) fn sorted(mut pairs: Vec<(String, Scalar)>) -> Result<Self, String> {
        if !pairs.is_sorted_by(|(left, _), (right, _)| compare_names(left, right).is_lt()) {
            pairs.sort_by(|(left, _), (right, _)| compare_names(left, right));
            if let Some(pair) = pairs.windows(2).find(|pair| pair[0].0 == pair[1].0) {
                return Err(pair[0].0.clone());
            }
        }
        Ok(Self(pairs))
    }

    /// Appends the RFC 8785 text, an object.
    pub fn write(&self, out: &mut String) {
        let mut separator = '{';
        for (name, value) in &self.0 {
            out.push(separator);
            write_string(name, out);
            out.push(':');
            value.write(out);
            separator = ',';
        }
        out.push_str(if self.0.is_empty() { "{}" } else { "}" });
    }

    /// Whether there are none, which is the same as the field being absent.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The number of pairs.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// The value of `name`.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Scalar> {
        self.0.iter().find(|(key, _)| key == name).map(|(_, value)| value)
    }

    /// All pairs, in canonical order.
    #[must_use]
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &Scalar)> {
        self.0.iter().map(|(key, value)| (key.as_str(), value))
    }
}

/// Reads a scalar. A list or an object is malformed here.
fn read_scalar(reader: &mut Reader<'_>) -> Result<Scalar, JsonError> {
    match reader.peek_kind()? {
        Kind::Null => reader.read_null().map(|()| Scalar::Null),
        Kind::Boolean => reader.read_boolean().map(Scalar::Boolean),
        Kind::Number => reader.read_number().map(Scalar::Number),
        Kind::String => reader.read_string().map(|string| Scalar::String(string.into_owned())),
        Kind::Array | Kind::Object => Err(JsonError { kind: JsonErrorKind::UnexpectedByte, offset: reader.offset() }),
    }
}
