//! Reads JSON that producers fill freely: `metadata`, `attributes`, and the values of changes. No content of it is
//! refused.

use super::parser::{Malformed, Parsed, Parser};
use crate::{
    event::{
        JsonObject, JsonText, JsonValue,
        adjust::{Notes, TreeLimits, cut_json_text, fit_object, whole_of},
        json_value::RenamedMember,
        limits::{ATTRIBUTES_VALUES_MAX, CHANGE_VALUE_BYTES_MAX, METADATA_VALUES_MAX},
        violation::code,
    },
    json::{Kind, Path, Text},
};

/// The members of an object as they were read.
#[derive(Default)]
struct Members {
    sent: Vec<(String, JsonValue)>,
    /// Those whose names have replacements.
    renamed: Vec<RenamedMember<Notes>>,
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
                members.renamed.push(RenamedMember { name: name.into_owned(), value, notes: inside });
            } else {
                notes.add_member(&name, inside);
                members.sent.push((name.into_owned(), value));
            }
        }
        Ok(self.sorted(at, members, notes))
    }

    /// Sorts the members of an object, and refuses names that were sent twice. Names that became equal by replacements
    /// are made distinct.
    fn sorted(&mut self, at: &Path<'_>, members: Members, notes: &mut Notes) -> JsonObject {
        let mut object = JsonObject::sorted(members.sent).unwrap_or_else(|name| {
            self.note(&at.member(&name), code::DUPLICATE_KEY, "the name occurs twice");
            JsonObject::default()
        });
        if !members.renamed.is_empty() {
            for (name, inside) in object.add_renamed(members.renamed) {
                notes.add_member(&name, inside);
            }
        }
        notes.sort_members();
        object
    }
}
