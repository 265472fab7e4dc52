//! Owns access to a record's members. The shape of records differs from service to service, so every member that is
//! missing, empty or of another type counts as absent.

use serde_json::Value;

/// A parsed record.
pub(super) struct Record(Value);

impl Record {
    /// Parses the text of a record; the error describes what is wrong with it.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let value: Value = serde_json::from_str(text)
            // JSON texts may hold lone surrogates, which a Rust string cannot.
            .or_else(|error| serde_json::from_str(&without_lone_surrogates(text)).map_err(|_| error))
            .map_err(|error| error.to_string())?;
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

    /// The text or the object at this pointer, unless it is empty.
    pub(super) fn text_or_object(&self, pointer: &str) -> Option<&Value> {
        self.value(pointer).filter(|value| match value {
            Value::String(text) => !text.is_empty(),
            Value::Object(members) => !members.is_empty(),
            _ => false,
        })
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

/// The same JSON with U+FFFD in place of each escaped surrogate that has no partner.
fn without_lone_surrogates(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        let (before, escape) = rest.split_at(at);
        out.push_str(before);
        let length = match (escaped_unit(escape), escape.get(6..).and_then(escaped_unit)) {
            (Some(0xd800..=0xdbff), Some(0xdc00..=0xdfff)) => 12,
            (Some(0xd800..=0xdfff), _) => {
                out.push(char::REPLACEMENT_CHARACTER);
                rest = &escape[6..];
                continue;
            }
            // A backslash, and the character that it escapes.
            _ => escape.char_indices().nth(2).map_or(escape.len(), |(end, _)| end),
        };
        out.push_str(&escape[..length]);
        rest = &escape[length..];
    }
    out + rest
}

/// The code unit of a text that begins with `\uXXXX`.
fn escaped_unit(text: &str) -> Option<u16> {
    u16::from_str_radix(text.strip_prefix("\\u")?.get(..4)?, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_with_half_a_character_is_readable() {
        let cases = [
            (r#"{"a":"\ud83d\ude00 \uD83D-\ude00"}"#, "😀 \u{fffd}-\u{fffd}"),
            (r#"{"a":"\\ud83d \ud83d\ud83d\ude00\ud83d"}"#, "\\ud83d \u{fffd}😀\u{fffd}"),
            (r#"{"a":"\ud83d\n\""}"#, "\u{fffd}\n\""),
        ];
        for (text, expected) in cases {
            assert_eq!(Record::parse(text).unwrap().text("/a"), Some(expected), "{text}");
        }
        for broken in [r#"{"a":"\ud83d"#, r#"{"a":"\ud83"#, r#"{"a":"\ud83d\"#, r#"{"a":"\"#] {
            assert!(Record::parse(broken).is_err(), "{broken}");
        }
    }
}
