//! Owns the way into a record. Its shape differs from service to service, so nothing is taken for granted: whatever is
//! missing, empty or of another type is absent.

use serde_json::Value;

/// A record, read.
pub(super) struct Record(Value);

impl Record {
    /// Reads the text of a record; the error says what is wrong with it.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let value: Value = serde_json::from_str(text).map_err(|error| error.to_string())?;
        if value.is_object() { Ok(Self(value)) } else { Err("it is a value of another kind".to_owned()) }
    }

    /// Whatever stands at this JSON Pointer.
    pub(super) fn value(&self, pointer: &str) -> Option<&Value> {
        self.0.pointer(pointer)
    }

    /// The text there, where there is one that is not empty.
    pub(super) fn text(&self, pointer: &str) -> Option<&str> {
        self.value(pointer)?.as_str().filter(|text| !text.is_empty())
    }

    /// The truth value there; some services write it as a word.
    pub(super) fn flag(&self, pointer: &str) -> Option<bool> {
        match self.value(pointer)? {
            Value::Bool(flag) => Some(*flag),
            Value::String(word) if word.eq_ignore_ascii_case("true") || word.eq_ignore_ascii_case("yes") => Some(true),
            Value::String(word) if word.eq_ignore_ascii_case("false") || word.eq_ignore_ascii_case("no") => Some(false),
            _ => None,
        }
    }
}
