//! Owns access to a record's members. The shape of records differs from service to service, so every member that is
//! missing, empty or of another type counts as absent.

use serde_json::Value;

/// A parsed record.
pub(super) struct Record(Value);

impl Record {
    /// Parses the text of a record; the error describes what is wrong with it.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let value: Value = serde_json::from_str(text).map_err(|error| error.to_string())?;
        if value.is_object() { Ok(Self(value)) } else { Err("it is a value of another kind".to_owned()) }
    }

    /// The value at this JSON Pointer.
    pub(super) fn value(&self, pointer: &str) -> Option<&Value> {
        self.0.pointer(pointer)
    }

    /// The text at this pointer, unless it is empty.
    pub(super) fn text(&self, pointer: &str) -> Option<&str> {
        self.value(pointer)?.as_str().filter(|text| !text.is_empty())
    }

    /// The boolean at this pointer; some services write it as a string.
    pub(super) fn flag(&self, pointer: &str) -> Option<bool> {
        match self.value(pointer)? {
            Value::Bool(flag) => Some(*flag),
            Value::String(word) if word.eq_ignore_ascii_case("true") || word.eq_ignore_ascii_case("yes") => Some(true),
            Value::String(word) if word.eq_ignore_ascii_case("false") || word.eq_ignore_ascii_case("no") => Some(false),
            _ => None,
        }
    }
}
