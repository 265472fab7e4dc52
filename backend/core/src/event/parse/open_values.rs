//! Reads JSON that producers fill freely: `metadata`, `attributes`, and the values of changes. No content of it is
//! refused.

use super::parser::{Malformed, Parsed, Parser};
use crate::{
    event::{
        AdjustmentCode, JsonObject, JsonText, JsonValue,
        adjust::{TreeLimits, cut_json_text, cut_name, fit_object, whole_of},
        limits::{ATTRIBUTES_VALUES_MAX, CHANGE_VALUE_BYTES_MAX, METADATA_VALUES_MAX},
        violation::code,
    },
    json::{Kind, Path, Text},
};

/// What becomes of long names, for the pointers to what they name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum LongNames {
    /// They are cut.
    Cut,
    /// They stay.
    Kept,
}

/// The members of an object: those whose names are as they were sent, and those whose names have replacements.
#[derive(Default)]
struct Members {
    sent: Vec<(String, JsonValue)>,
    replaced: Vec<(String, JsonValue)>,
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
        let mut object = self.object(at, LongNames::Cut)?;
        fit_object(&mut object, limits, at, &mut self.adjustments);
        Ok(object)
    }

    /// Reads the value of a change. Nearly all of them are rewritten without building them.
    pub(super) fn change_value(&mut self, at: &Path<'_>) -> Parsed<Option<JsonText>> {
        let kind = self.reader.peek_kind();
        kind.map_err(|error| Malformed::new(at, error))?;
        let start = self.reader.mark();
        let value = match JsonText::read(&mut self.reader, at) {
            Err(refused) if refused.error.kind.is_adjusted() => {
                self.reader.rewind(start);
                JsonText::from_canonical(self.adjusted_text(at)?)
            }
            read => match self.settle_located(read)? {
                Some(value) => value,
                None => return Ok(None),
            },
        };
        if value.as_str().len() <= CHANGE_VALUE_BYTES_MAX {
            return Ok(Some(value));
        }
        self.truncated(at, whole_of(value.as_str()));
        Ok(Some(JsonText::from_canonical(cut_json_text(value.as_str(), CHANGE_VALUE_BYTES_MAX))))
    }

    /// The RFC 8785 text of the next value, without a record of what is adjusted in it.
    pub(super) fn canonical_text(&mut self, at: &Path<'_>) -> Parsed<String> {
        let adjustments = std::mem::take(&mut self.adjustments);
        let text = self.adjusted_text(at);
        self.adjustments = adjustments;
        text
    }

    fn adjusted_text(&mut self, at: &Path<'_>) -> Parsed<String> {
        let mut text = String::new();
        self.value(at, LongNames::Kept)?.write(&mut text);
        Ok(text)
    }

    fn value(&mut self, at: &Path<'_>, long_names: LongNames) -> Parsed<JsonValue> {
        let kind = self.reader.peek_kind().map_err(|error| Malformed::new(at, error))?;
        let read = match kind {
            Kind::Null => self.reader.read_null().map(|()| JsonValue::Null),
            Kind::Boolean => self.reader.read_boolean().map(JsonValue::Boolean),
            Kind::Number => return self.number(at),
            Kind::String => return Ok(self.string(at)?.map_or(JsonValue::Null, |text| JsonValue::String(text.into()))),
            Kind::Array => return self.items(at, long_names).map(JsonValue::List),
            Kind::Object => return self.object(at, long_names).map(JsonValue::Object),
        };
        Ok(self.settle(at, read)?.unwrap_or(JsonValue::Null))
    }

    /// Reads a number. One that JSON readers cannot hold stays as it is written, as a string.
    fn number(&mut self, at: &Path<'_>) -> Parsed<JsonValue> {
        let start = self.reader.mark();
        match self.reader.read_number() {
            Ok(number) => Ok(JsonValue::Number(number)),
            Err(error) if error.kind.is_malformed() => Err(Malformed::new(at, error)),
            Err(_) => {
                self.adjusted(at, AdjustmentCode::NumberAsText);
                Ok(JsonValue::String(self.reader.read_since(start).trim_start().to_owned()))
            }
        }
    }

    fn items(&mut self, at: &Path<'_>, long_names: LongNames) -> Parsed<Vec<JsonValue>> {
        let mut items = Vec::new();
        let begun = self.reader.begin_array();
        if self.settle(at, begun)?.is_none() {
            return Ok(items);
        }
        while self.reader.next_item().map_err(|error| Malformed::new(at, error))? {
            items.push(self.value(&at.item(items.len()), long_names)?);
        }
        Ok(items)
    }

    fn object(&mut self, at: &Path<'_>, long_names: LongNames) -> Parsed<JsonObject> {
        let begun = self.reader.begin_object();
        if self.settle(at, begun)?.is_none() {
            return Ok(JsonObject::default());
        }
        let mut members = Members::default();
        while let Some(Text { value: name, replaced }) =
            self.reader.next_key_text().map_err(|error| Malformed::new(at, error))?
        {
            let cut = if long_names == LongNames::Cut { cut_name(&name) } else { None };
            let at = at.member(cut.as_ref().map_or(&name, |(kept, _)| kept));
            if replaced.is_some() {
                self.adjusted(&at, AdjustmentCode::Replaced);
            }
            let value = self.value(&at, long_names)?;
            let pairs = if replaced.is_some() { &mut members.replaced } else { &mut members.sent };
            pairs.push((name.into_owned(), value));
        }
        Ok(self.sorted(at, members))
    }

    /// Sorts the members of an object, and refuses names that were sent twice. Names that became equal by replacements
    /// are made distinct.
    fn sorted(&mut self, at: &Path<'_>, members: Members) -> JsonObject {
        let mut object = JsonObject::sorted(members.sent).unwrap_or_else(|name| {
            self.note(&at.member(&name), code::DUPLICATE_KEY, "the name occurs twice");
            JsonObject::default()
        });
        if !members.replaced.is_empty() {
            object.add_renamed(members.replaced);
        }
        object
    }
}
