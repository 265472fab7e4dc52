//! Owns a single value of a table: its type, and its text form.

use std::{fmt::Write as _, net::IpAddr};

use auditlog_core::{
    event::{
        Actor, Adjustments, Change, JsonObject, JsonValue, Target,
        canonical::{write_actors, write_adjustments, write_changes, write_strings, write_targets},
    },
    id::EventId,
    json::write_address,
    timestamp::Timestamp,
};

/// A value of an event in a table. Lists and objects are never empty.
#[derive(Debug, Clone, Copy)]
pub(in crate::export) enum Cell<'e> {
    Absent,
    /// At most 2^53.
    Number(u64),
    Flag(bool),
    Time(Timestamp),
    Text(&'e str),
    Id(EventId),
    Address(IpAddr),
    Digest(&'e [u8; 32]),
    Strings(&'e [String]),
    Actors(&'e [Actor]),
    Targets(&'e [Target]),
    Changes(&'e [Change]),
    Adjustments(&'e Adjustments),
    Object(&'e JsonObject),
    /// A value that is not a string; strings are texts.
    Json(&'e JsonValue),
}

impl<'e> Cell<'e> {
    pub(super) fn optional_text(text: Option<&'e str>) -> Self {
        text.map_or(Self::Absent, Self::Text)
    }

    pub(super) const fn strings(strings: &'e [String]) -> Self {
        if strings.is_empty() { Self::Absent } else { Self::Strings(strings) }
    }

    pub(super) const fn actors(actors: &'e [Actor]) -> Self {
        if actors.is_empty() { Self::Absent } else { Self::Actors(actors) }
    }

    pub(super) const fn targets(targets: &'e [Target]) -> Self {
        if targets.is_empty() { Self::Absent } else { Self::Targets(targets) }
    }

    pub(super) const fn changes(changes: &'e [Change]) -> Self {
        if changes.is_empty() { Self::Absent } else { Self::Changes(changes) }
    }

    pub(super) const fn adjustments(adjustments: &'e Adjustments) -> Self {
        if adjustments.is_empty() { Self::Absent } else { Self::Adjustments(adjustments) }
    }

    pub(super) fn attributes(attributes: &'e JsonObject) -> Self {
        if attributes.is_empty() { Self::Absent } else { Self::Object(attributes) }
    }

    pub(super) fn attribute(attributes: &'e JsonObject, key: &str) -> Self {
        match attributes.get(key) {
            None => Self::Absent,
            Some(JsonValue::String(string)) => Self::Text(string),
            Some(value) => Self::Json(value),
        }
    }

    /// Appends the value as text: a text unchanged, lists and objects in RFC 8785 form, nothing if absent.
    pub(in crate::export) fn print(self, out: &mut String) {
        match self {
            Self::Absent => {}
            Self::Number(number) => out.push_str(&number.to_string()),
            Self::Flag(flag) => out.push_str(if flag { "true" } else { "false" }),
            Self::Time(time) => time.print(out),
            Self::Text(text) => out.push_str(text),
            Self::Id(id) => id.print(out),
            Self::Address(address) => write_address(address, out),
            Self::Digest(bytes) => write_hex(bytes, out),
            Self::Strings(strings) => write_strings(strings, out),
            Self::Actors(actors) => write_actors(actors, out),
            Self::Targets(targets) => write_targets(targets, out),
            Self::Changes(changes) => write_changes(changes, out),
            Self::Adjustments(adjustments) => write_adjustments(adjustments, out),
            Self::Object(object) => object.write(out),
            Self::Json(value) => value.write(out),
        }
    }
}

fn write_hex(bytes: &[u8], out: &mut String) {
    for byte in bytes {
        // Writing to a String cannot fail.
        let _ = write!(out, "{byte:02x}");
    }
}
