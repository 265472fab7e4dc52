//! Owns JSON values that producers choose freely: `metadata`, and the `attributes` of actors and targets. Knows how
//! they are kept and printed, and not which of them an event may hold.

use std::{borrow::Cow, cmp::Ordering};

use crate::json::{
    self, JsonError, JsonErrorKind, Kind, LocatedError, Path, Reader, compare_names, write_list, write_number,
    write_string,
};

/// A JSON value.
#[derive(Debug, Clone, PartialEq)]
pub enum JsonValue {
    /// JSON `null`, which is a value here.
    Null,
    /// A truth value.
    Boolean(bool),
    /// A finite number within ±2^53; `-0` is kept as `0`.
    Number(f64),
    /// A string.
    String(String),
    /// A list.
    List(Vec<JsonValue>),
    /// An object.
    Object(JsonObject),
}

impl JsonValue {
    /// The text that queries compare: a string unchanged, anything else as RFC 8785 prints it.
    #[must_use]
    pub fn as_text(&self) -> Cow<'_, str> {
        if let Self::String(string) = self { Cow::Borrowed(string) } else { Cow::Owned(self.printed()) }
    }

    /// The value's RFC 8785 text.
    pub(super) fn printed(&self) -> String {
        let mut text = String::new();
        self.write(&mut text);
        text
    }

    /// Appends the value's RFC 8785 text.
    pub fn write(&self, out: &mut String) {
        match self {
            Self::Null => out.push_str("null"),
            Self::Boolean(true) => out.push_str("true"),
            Self::Boolean(false) => out.push_str("false"),
            Self::Number(number) => write_number(*number, out),
            Self::String(string) => write_string(string, out),
            Self::List(items) => write_list(items, out, Self::write),
            Self::Object(object) => object.write(out),
        }
    }

    /// The total length of its names and strings, with a fixed size for every other value, in bytes.
    pub(crate) fn text_bytes(&self) -> usize {
        match self {
            Self::Null | Self::Boolean(_) | Self::Number(_) => SCALAR_BYTES,
            Self::String(string) => string.len(),
            Self::List(items) => items.iter().map(Self::text_bytes).sum(),
            Self::Object(object) => object.text_bytes(),
        }
    }

    /// A total order of values. It orders members whose names became equal, independently of the order as sent.
    pub(super) fn compare(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Boolean(left), Self::Boolean(right)) => left.cmp(right),
            (Self::Number(left), Self::Number(right)) => left.total_cmp(right),
            (Self::String(left), Self::String(right)) => left.cmp(right),
            (Self::List(left), Self::List(right)) => compare_entries(left, right, Self::compare),
            (Self::Object(left), Self::Object(right)) => compare_entries(&left.0, &right.0, compare_pairs),
            _ => self.rank().cmp(&other.rank()),
        }
    }

    const fn rank(&self) -> u8 {
        match self {
            Self::Null => 0,
            Self::Boolean(_) => 1,
            Self::Number(_) => 2,
            Self::String(_) => 3,
            Self::List(_) => 4,
            Self::Object(_) => 5,
        }
    }

    /// Turns -0 into 0, and checks what a value of an event may hold.
    fn validate(&mut self) -> Result<(), JsonValueError> {
        match self {
            Self::Null | Self::Boolean(_) => Ok(()),
            Self::Number(number) if json::is_in_range(*number) => {
                *number += 0.0;
                Ok(())
            }
            Self::Number(_) => Err(JsonValueError::NumberOutOfRange),
            Self::String(string) => without_nul(string),
            Self::List(items) => items.iter_mut().try_for_each(Self::validate),
            Self::Object(object) => object.0.iter_mut().try_for_each(|(_, value)| value.validate()),
        }
    }
}

fn compare_pairs(left: &(String, JsonValue), right: &(String, JsonValue)) -> Ordering {
    compare_names(&left.0, &right.0).then_with(|| left.1.compare(&right.1))
}

fn compare_entries<T>(left: &[T], right: &[T], compare: impl Fn(&T, &T) -> Ordering) -> Ordering {
    let mut orders = left.iter().zip(right).map(|(left, right)| compare(left, right));
    orders.find(|order| order.is_ne()).unwrap_or_else(|| left.len().cmp(&right.len()))
}

/// The size counted for a number, a truth value or `null`.
const SCALAR_BYTES: usize = 8;

/// Named values, sorted as RFC 8785 sorts member names (by UTF-16 code units), each name once.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct JsonObject(Vec<(String, JsonValue)>);

/// Why pairs cannot become an object of an event.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum JsonValueError {
    /// Two pairs have this name.
    #[error("the name {0:?} occurs twice")]
    DuplicateName(String),
    /// A number is not finite or lies beyond ±2^53.
    #[error("a number beyond ±2^53")]
    NumberOutOfRange,
    /// A name or a string contains U+0000.
    #[error("U+0000 in {0:?}")]
    NulCharacter(String),
}

impl JsonObject {
    /// Builds an object from pairs in any order. Sizes are not checked here, because the limits depend on the field.
    ///
    /// # Errors
    /// Names the first pair that no event may hold.
    pub fn from_pairs(pairs: impl IntoIterator<Item = (String, JsonValue)>) -> Result<Self, JsonValueError> {
        let mut pairs: Vec<_> = pairs.into_iter().collect();
        for (name, value) in &mut pairs {
            without_nul(name)?;
            value.validate()?;
        }
        Self::sorted(pairs).map_err(|repeated| JsonValueError::DuplicateName(repeated.into_first()))
    }

    /// Reads what [`JsonObject::write`] wrote, or any other JSON object.
    ///
    /// # Errors
    /// The first error of the text, or the first value that no event may hold.
    pub fn parse(text: &str) -> Result<Self, LocatedError> {
        let root = Path::Root;
        let locate = |error| LocatedError { error, pointer: root.to_shown_pointer() };
        let mut reader = Reader::new(text.as_bytes()).map_err(locate)?;
        let object = read_object(&mut reader, &root)?;
        reader.finish().map_err(locate)?;
        Ok(object)
    }

    /// Wraps members that are sorted by name, each name once.
    pub(super) const fn from_sorted(members: Vec<(String, JsonValue)>) -> Self {
        Self(members)
    }

    /// The pairs, for adjusting them. Their order must be kept.
    pub(super) const fn pairs_mut(&mut self) -> &mut Vec<(String, JsonValue)> {
        &mut self.0
    }

    /// Appends the RFC 8785 text.
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

    /// The RFC 8785 text.
    pub(super) fn printed(&self) -> String {
        let mut text = String::new();
        self.write(&mut text);
        text
    }

    /// Whether it has no member. `metadata` and `attributes` are then absent.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The number of members.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.0.len()
    }

    /// The value of `name`.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&JsonValue> {
        self.0.iter().find(|(key, _)| key == name).map(|(_, value)| value)
    }

    /// All members, in canonical order.
    #[must_use]
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &JsonValue)> {
        self.0.iter().map(|(key, value)| (key.as_str(), value))
    }

    pub(super) fn text_bytes(&self) -> usize {
        self.0.iter().map(|(name, value)| name.len() + value.text_bytes()).sum()
    }
}

fn without_nul(text: &str) -> Result<(), JsonValueError> {
    if text.contains('\0') { Err(JsonValueError::NulCharacter(text.to_owned())) } else { Ok(()) }
}

fn read_value(reader: &mut Reader<'_>, at: &Path<'_>) -> Result<JsonValue, LocatedError> {
    let locate = |error: JsonError| LocatedError { error, pointer: at.to_shown_pointer() };
    match reader.peek_kind().map_err(locate)? {
        Kind::Null => reader.read_null().map(|()| JsonValue::Null).map_err(locate),
        Kind::Boolean => reader.read_boolean().map(JsonValue::Boolean).map_err(locate),
        Kind::Number => reader.read_number().map(JsonValue::Number).map_err(locate),
        Kind::String => reader.read_string().map(|string| JsonValue::String(string.into_owned())).map_err(locate),
        Kind::Array => {
            reader.begin_array().map_err(locate)?;
            let mut items = Vec::new();
            while reader.next_item().map_err(locate)? {
                items.push(read_value(reader, &at.item(items.len()))?);
            }
            Ok(JsonValue::List(items))
        }
        Kind::Object => read_object(reader, at).map(JsonValue::Object),
    }
}

fn read_object(reader: &mut Reader<'_>, at: &Path<'_>) -> Result<JsonObject, LocatedError> {
    let locate = |error: JsonError| LocatedError { error, pointer: at.to_shown_pointer() };
    reader.begin_object().map_err(locate)?;
    let mut pairs = Vec::new();
    while let Some(name) = reader.next_key().map_err(locate)? {
        let value = read_value(reader, &at.member(&name))?;
        pairs.push((name.into_owned(), value));
    }
    let offset = reader.offset();
    JsonObject::sorted(pairs).map_err(|repeated| LocatedError {
        error: JsonError { kind: JsonErrorKind::DuplicateKey, offset },
        pointer: at.member(&repeated.into_first()).to_shown_pointer(),
    })
}
