//! Reads JSON that producers fill freely: `metadata`, `attributes`, and the values of changes. No content of it is
//! refused.

use super::parser::{Malformed, Parsed, Parser};
use crate::{
    event::{
        JsonObject, JsonText, JsonValue,
        adjust::{Notes, TreeLimits, cut_json_text, fit_object, whole_of},
        limits::{ATTRIBUTES_VALUES_MAX, CHANGE_VALUE_BYTES_MAX, METADATA_VALUES_MAX},
        member_names::{RenamedMember, sort_members},
    },
    json::{Kind, Path, Text},
};

/// The members of an object as they were read.
#[derive(Default)]
struct Members {
    sent: Vec<(String, JsonValue)>,
    /// The notes of those in `sent`, without those that have none, with the index of the member.
    sent_notes: Vec<(usize, Notes)>,
    /// Those whose names have replacements.
    adjusted: Vec<RenamedMember<Notes>>,
}

impl Members {
    /// Builds the object. Members whose names were sent twice, or became equal by replacements, are numbered.
    fn into_object(self, notes: &mut Notes) -> JsonObject {
        let Self { sent, sent_notes, adjusted } = self;
        let (mut object, repeated) =
            if sent_notes.is_empty() { split_repeated(sent, notes) } else { split_noted(sent, sent_notes, notes) };
        if !(repeated.is_empty() && adjusted.is_empty()) {
            for (name, inside) in object.add_renamed(repeated, adjusted) {
                notes.add_member(&name, inside);
            }
        }
        notes.sort_members();
        object
    }
}

/// Splits members into the object of the first one of each name, and the others in the order sent. Nearly always there
/// are no others.
fn split_repeated(sent: Vec<(String, JsonValue)>, notes: &mut Notes) -> (JsonObject, Vec<RenamedMember<Notes>>) {
    match JsonObject::sorted(sent) {
        Ok(object) => (object, Vec::new()),
        Err(repeated) => split_noted(repeated.into_members(), Vec::new(), notes),
    }
}

/// Does the same for members that have notes. Those of the first members are added to the notes of the object.
fn split_noted(
    sent: Vec<(String, JsonValue)>,
    sent_notes: Vec<(usize, Notes)>,
    notes: &mut Notes,
) -> (JsonObject, Vec<RenamedMember<Notes>>) {
    let mut sent_notes = sent_notes.into_iter().peekable();
    let with_notes = |(index, (name, value))| {
        let notes = sent_notes.next_if(|(of, _)| *of == index).map(|(_, notes)| notes).unwrap_or_default();
        RenamedMember { name, value, notes }
    };
    let mut members: Vec<_> = sent.into_iter().enumerate().map(with_notes).collect();
    sort_members(&mut members, |member| &member.name);
    let (mut first, mut repeated) = (Vec::<(String, JsonValue)>::new(), Vec::new());
    for mut member in members {
        if first.last().is_some_and(|(name, _)| *name == member.name) {
            member.notes.replaced();
            repeated.push(member);
        } else {
            notes.add_member(&member.name, member.notes);
            first.push((member.name, member.value));
        }
    }
    (JsonObject::from_sorted(first), repeated)
}

impl Parser<'_> {
    pub(super) fn metadata(&mut self, at: &Path<'_>) -> Parsed<JsonObject> {
        self.fitted_object(at, TreeLimits { values_max: METADATA_VALUES_MAX })
    }

    pub(super) fn attributes(&mut self, at: &Path<'_>) -> Parsed<JsonObject> {
        self.fitted_object(at, TreeLimits { values_max: ATTRIBUTES_VALUES_MAX })
    }

    fn fitted_object(&mut self, at: &Path<'_>, limits: TreeLimits) -> Parsed<JsonObject> {
        if !self.expect_kind(at, Kind::Object)? {
            return Ok(JsonObject::default());
        }
        let mut notes = Notes::default();
        let mut object = self.object(at, &mut notes)?;
        if self.applies_limits() {
            fit_object(&mut object, limits, &mut notes);
        }
        notes.record_object(&object, at, &mut self.adjustments);
        Ok(object)
    }

    /// Reads the value of a change. Nearly all of them are rewritten without building them.
    pub(super) fn change_value(&mut self, at: &Path<'_>) -> Parsed<Option<JsonText>> {
        let kind = self.reader.peek_kind();
        kind.map_err(|error| Malformed::new(at, error))?;
        let start = self.reader.mark();
        let read = match JsonText::read(&mut self.reader, at) {
            Err(refused) if refused.error.kind.is_adjusted() => {
                self.reader.rewind(start);
                return self.adjusted_change_value(at).map(Some);
            }
            read => read,
        };
        let Some(value) = self.settle_located(read)? else { return Ok(None) };
        let mut notes = Notes::default();
        let Some(cut) = self.cut_change_value(&value, &mut notes) else { return Ok(Some(value)) };
        notes.record(&JsonValue::Null, at, &mut self.adjustments);
        Ok(Some(cut))
    }

    fn adjusted_change_value(&mut self, at: &Path<'_>) -> Parsed<JsonText> {
        let mut notes = Notes::default();
        let value = self.value(at, &mut notes)?;
        let text = JsonText::from_canonical(value.printed());
        let cut = self.cut_change_value(&text, &mut notes);
        notes.record(&value, at, &mut self.adjustments);
        Ok(cut.unwrap_or(text))
    }

    /// The beginning of a change's value that is too long. `None` where it fits.
    fn cut_change_value(&self, value: &JsonText, notes: &mut Notes) -> Option<JsonText> {
        let (text, bytes_max) = (value.as_str(), self.limit(CHANGE_VALUE_BYTES_MAX));
        if text.len() <= bytes_max {
            return None;
        }
        notes.merge_inside();
        notes.cut(whole_of(text));
        Some(JsonText::from_canonical(cut_json_text(text, bytes_max)))
    }

    /// The RFC 8785 text of the next value, without a record of what is adjusted in it.
    pub(super) fn canonical_text(&mut self, at: &Path<'_>) -> Parsed<String> {
        self.value(at, &mut Notes::default()).map(|value| value.printed())
    }

    fn value(&mut self, at: &Path<'_>, notes: &mut Notes) -> Parsed<JsonValue> {
        if let Some(plain) = self.reader.take_plain_string() {
            return Ok(JsonValue::String(plain.to_owned()));
        }
        let kind = self.reader.peek_kind().map_err(|error| Malformed::new(at, error))?;
        let read = match kind {
            Kind::Null => self.reader.read_null().map(|()| JsonValue::Null),
            Kind::Boolean => self.reader.read_boolean().map(JsonValue::Boolean),
            Kind::Number => return self.number(at, notes),
            Kind::String => self.reader.read_text().map(|Text { value, replaced }| {
                if replaced.is_some() {
                    notes.replaced();
                }
                JsonValue::String(value.into_owned())
            }),
            Kind::Array => return self.items(at, notes).map(JsonValue::List),
            Kind::Object => return self.object(at, notes).map(JsonValue::Object),
        };
        Ok(self.settle(at, read)?.unwrap_or(JsonValue::Null))
    }

    /// Reads a number. One that JSON readers cannot hold stays as it is written, as a string.
    fn number(&mut self, at: &Path<'_>, notes: &mut Notes) -> Parsed<JsonValue> {
        let start = self.reader.mark();
        match self.reader.read_number() {
            Ok(number) => Ok(JsonValue::Number(number)),
            Err(error) if error.kind.is_malformed() => Err(Malformed::new(at, error)),
            Err(_) => {
                notes.number_as_text();
                Ok(JsonValue::String(self.reader.read_since(start).trim_start().to_owned()))
            }
        }
    }

    fn items(&mut self, at: &Path<'_>, notes: &mut Notes) -> Parsed<Vec<JsonValue>> {
        let mut items = Vec::new();
        let begun = self.reader.begin_array();
        if self.settle(at, begun)?.is_none() {
            return Ok(items);
        }
        while self.reader.next_item().map_err(|error| Malformed::new(at, error))? {
            let mut inside = Notes::default();
            let index = items.len();
            items.push(self.value(&at.item(index), &mut inside)?);
            notes.add_item(index, inside);
        }
        Ok(items)
    }

    fn object(&mut self, at: &Path<'_>, notes: &mut Notes) -> Parsed<JsonObject> {
        let begun = self.reader.begin_object();
        if self.settle(at, begun)?.is_none() {
            return Ok(JsonObject::default());
        }
        let mut members = Members::default();
        while let Some(Text { value: name, replaced }) =
            self.reader.next_key_text().map_err(|error| Malformed::new(at, error))?
        {
            let mut inside = Notes::default();
            let value = self.value(&at.member(&name), &mut inside)?;
            if replaced.is_some() {
                inside.replaced();
                members.adjusted.push(RenamedMember { name: name.into_owned(), value, notes: inside });
                continue;
            }
            if !inside.is_empty() {
                members.sent_notes.push((members.sent.len(), inside));
            }
            members.sent.push((name.into_owned(), value));
        }
        Ok(members.into_object(notes))
    }
}
