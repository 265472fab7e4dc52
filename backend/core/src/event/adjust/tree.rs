//! Brings the objects that producers fill freely within their limits: `metadata` and `attributes`.

use super::{
    cut::{Cut, cut_text, whole_of},
    notes::Notes,
};
use crate::{
    event::{
        JsonObject, JsonValue,
        limits::{OPEN_BYTES_MAX, OPEN_LEVELS_MAX, OPEN_NAME_BYTES_MAX, OPEN_TEXT_BYTES_MAX},
        member_names::RenamedMember,
    },
    json::{write_hex, write_string},
};

/// The bytes that a name keeps when it is cut. The end that [`cut_name`] appends, and a number where names are equal
/// even then, fit behind them.
const NAME_KEPT_BYTES: usize = OPEN_NAME_BYTES_MAX - 16;
/// The most bytes that a number, a boolean or null takes when it is printed, as `-1.2345678901234567e-308` does.
const SCALAR_PRINTED_BYTES_MAX: usize = 24;
/// The most bytes that a byte of a text takes when it is printed, as U+0001 does.
const BYTE_PRINTED_BYTES_MAX: usize = 6;

/// The limits of one object that depend on its field.
#[derive(Debug, Clone, Copy)]
pub(in crate::event) struct TreeLimits {
    /// Values that are neither lists nor objects with something in them.
    pub(in crate::event) values_max: usize,
}

/// A name in an object that is too long, as it is kept: its beginning, `~` and 8 hexadecimal digits of its SHA-256.
/// `None` where it fits.
fn cut_name(name: &str) -> Option<(String, Cut)> {
    if name.len() <= OPEN_NAME_BYTES_MAX {
        return None;
    }
    let whole = whole_of(name);
    let mut kept = name[..name.floor_char_boundary(NAME_KEPT_BYTES)].to_owned();
    kept.push('~');
    write_hex(&whole.sha256[..4], &mut kept);
    Some((kept, whole))
}

/// Brings an object within the limits, and notes what it does. Names that are cut stay distinct.
pub(in crate::event) fn fit_object(object: &mut JsonObject, limits: TreeLimits, notes: &mut Notes) {
    // What is dropped is described as it was sent, before texts are cut.
    let whole = may_exceed(object, limits).then(|| whole_of(&object.printed()));
    fit_members(object, notes, 1);
    let Some(whole) = whole else { return };
    let mut left = Left { values: limits.values_max, bytes: OPEN_BYTES_MAX };
    if left.keep_object(object) != Kept::All {
        notes.cut(whole);
    }
}

/// Whether an object may have to lose members: false for all but unusual ones, at a fraction of the cost of printing.
fn may_exceed(object: &JsonObject, limits: TreeLimits) -> bool {
    let values = object.iter().map(|(_, value)| count_values(value)).sum::<usize>();
    values > limits.values_max || object_printed_bytes_max(object, 1) > OPEN_BYTES_MAX
}

/// An upper bound of what an object of this level takes when it is fitted and printed.
fn object_printed_bytes_max(object: &JsonObject, level: usize) -> usize {
    let members = object.iter().map(|(name, value)| {
        // Two quotation marks, a colon and a comma.
        name.len() * BYTE_PRINTED_BYTES_MAX + 4 + printed_bytes_max(value, level)
    });
    2 + members.sum::<usize>()
}

/// An upper bound of what a value inside a list or object of this level takes when it is fitted and printed.
fn printed_bytes_max(value: &JsonValue, level: usize) -> usize {
    let printed = match value {
        JsonValue::Null | JsonValue::Boolean(_) | JsonValue::Number(_) => return SCALAR_PRINTED_BYTES_MAX,
        JsonValue::String(text) => return text.len() * BYTE_PRINTED_BYTES_MAX + 2,
        JsonValue::List(items) => 2 + items.iter().map(|item| 1 + printed_bytes_max(item, level + 1)).sum::<usize>(),
        JsonValue::Object(object) => object_printed_bytes_max(object, level + 1),
    };
    // From here on lists and objects become a text, whose quotation marks and backslashes are escaped again.
    if level == OPEN_LEVELS_MAX { 2 * printed + 2 } else { printed }
}

fn count_values(value: &JsonValue) -> usize {
    match value {
        JsonValue::List(items) => items.iter().map(count_values).sum::<usize>().max(1),
        JsonValue::Object(object) => object.iter().map(|(_, value)| count_values(value)).sum::<usize>().max(1),
        JsonValue::Null | JsonValue::Boolean(_) | JsonValue::Number(_) | JsonValue::String(_) => 1,
    }
}

/// Applies the limits of single values to the members of an object.
fn fit_members(object: &mut JsonObject, notes: &mut Notes, level: usize) {
    if object.iter().any(|(name, _)| name.len() > OPEN_NAME_BYTES_MAX) {
        cut_names(object, notes);
    }
    let mut before = notes.take_inside();
    for (name, value) in object.pairs_mut() {
        let mut inside = before.of_member(name);
        fit_value(value, &mut inside, level);
        notes.add_member(name, inside);
    }
}

/// Fits a value inside a list or object of this level.
fn fit_value(value: &mut JsonValue, notes: &mut Notes, level: usize) {
    if level == OPEN_LEVELS_MAX && matches!(value, JsonValue::List(_) | JsonValue::Object(_)) {
        *value = JsonValue::String(value.as_text().into_owned());
        notes.json_as_text();
    }
    match value {
        JsonValue::Null | JsonValue::Boolean(_) | JsonValue::Number(_) => {}
        JsonValue::String(text) => {
            if let Some(whole) = cut_text(text, OPEN_TEXT_BYTES_MAX) {
                notes.cut(whole);
            }
        }
        JsonValue::List(items) => {
            let mut before = notes.take_inside();
            for (index, item) in items.iter_mut().enumerate() {
                let mut inside = before.of_item(index);
                fit_value(item, &mut inside, level + 1);
                notes.add_item(index, inside);
            }
        }
        JsonValue::Object(object) => fit_members(object, notes, level + 1),
    }
}

fn cut_names(object: &mut JsonObject, notes: &mut Notes) {
    let mut before = notes.take_inside();
    let (mut kept, mut renamed) = (Vec::new(), Vec::new());
    for (name, value) in std::mem::take(object.pairs_mut()) {
        let mut inside = before.of_member(&name);
        if let Some((short, whole)) = cut_name(&name) {
            inside.cut_name(whole);
            renamed.push(RenamedMember { name: short, value, notes: inside });
        } else {
            notes.add_member(&name, inside);
            kept.push((name, value));
        }
    }
    *object.pairs_mut() = kept;
    for (name, inside) in object.add_renamed(Vec::new(), renamed) {
        notes.add_member(&name, inside);
    }
    notes.sort_members();
}

/// How much of a value is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kept {
    All,
    /// Its beginning; nothing behind it is kept.
    Beginning,
    Nothing,
}

/// What still fits into the object.
struct Left {
    values: usize,
    bytes: usize,
}

impl Left {
    fn keep_object(&mut self, object: &mut JsonObject) -> Kept {
        if object.is_empty() {
            return self.keep_printed(2);
        }
        if !self.take_bytes(2) {
            return Kept::Nothing;
        }
        let pairs = object.pairs_mut();
        let end = pairs.iter_mut().enumerate().find_map(|(index, (name, value))| {
            // The name, a colon, and the comma before all members but the first.
            let extra = printed_string_bytes(name) + 1 + usize::from(index > 0);
            let kept = if self.take_bytes(extra) { self.keep(value) } else { Kept::Nothing };
            end_of(index, kept)
        });
        shorten(pairs, end)
    }

    fn keep_list(&mut self, items: &mut Vec<JsonValue>) -> Kept {
        if items.is_empty() {
            return self.keep_printed(2);
        }
        if !self.take_bytes(2) {
            return Kept::Nothing;
        }
        let end = items.iter_mut().enumerate().find_map(|(index, item)| {
            let kept = if self.take_bytes(usize::from(index > 0)) { self.keep(item) } else { Kept::Nothing };
            end_of(index, kept)
        });
        shorten(items, end)
    }

    fn keep(&mut self, value: &mut JsonValue) -> Kept {
        match value {
            JsonValue::List(items) => self.keep_list(items),
            JsonValue::Object(object) => self.keep_object(object),
            JsonValue::String(text) => self.keep_printed(printed_string_bytes(text)),
            JsonValue::Null | JsonValue::Boolean(_) | JsonValue::Number(_) => self.keep_printed(value.as_text().len()),
        }
    }

    fn keep_printed(&mut self, bytes: usize) -> Kept {
        if self.values == 0 || !self.take_bytes(bytes) {
            return Kept::Nothing;
        }
        self.values -= 1;
        Kept::All
    }

    fn take_bytes(&mut self, bytes: usize) -> bool {
        let fits = bytes <= self.bytes;
        self.bytes = if fits { self.bytes - bytes } else { 0 };
        fits
    }
}

/// The number of entries to keep, where those behind this one are dropped.
const fn end_of(index: usize, kept: Kept) -> Option<usize> {
    match kept {
        Kept::All => None,
        Kept::Beginning => Some(index + 1),
        Kept::Nothing => Some(index),
    }
}

fn shorten<T>(entries: &mut Vec<T>, end: Option<usize>) -> Kept {
    let Some(end) = end else { return Kept::All };
    entries.truncate(end);
    // The memory of a million dropped values would be held until the event is stored.
    entries.shrink_to_fit();
    if end == 0 { Kept::Nothing } else { Kept::Beginning }
}

fn printed_string_bytes(text: &str) -> usize {
    let mut printed = String::with_capacity(text.len() + 2);
    write_string(text, &mut printed);
    printed.len()
}
