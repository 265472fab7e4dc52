//! Owns the notes of what was adjusted inside a value that producers fill freely. They stay beside the value until it
//! has its final form, so that a pointer has the names that are stored, and nothing is recorded for what was dropped.

use std::{cmp::Ordering, iter::Peekable, vec};

use super::{
    adjustment::{AdjustmentCode, AdjustmentCollector},
    cut::Cut,
};
use crate::{
    event::{JsonObject, JsonValue, limits::POINTER_BYTES_MAX},
    json::{Path, compare_names, push_pointer_token},
};

/// What was adjusted in a value and in what it contains. Nearly all values have none, which costs no memory.
#[derive(Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::event) struct Notes {
    is_replaced: bool,
    is_number_as_text: bool,
    is_json_as_text: bool,
    cut_name: Option<Box<Cut>>,
    cut: Option<Box<Cut>>,
    /// Those of members and items, without those that have none. In the order of the value's entries.
    inside: Vec<(Token, Notes)>,
}

/// The position of an entry in its list or object.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Token {
    Member(String),
    Item(usize),
}

impl Token {
    /// The order in which lists and objects have their entries.
    fn compare(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Member(left), Self::Member(right)) => compare_names(left, right),
            _ => self.cmp(other),
        }
    }
}

impl Notes {
    pub(in crate::event) const fn is_empty(&self) -> bool {
        !(self.is_replaced || self.is_number_as_text || self.is_json_as_text)
            && self.cut_name.is_none()
            && self.cut.is_none()
            && self.inside.is_empty()
    }

    /// Notes that characters of the value, or of its name, were replaced, or that its name was numbered.
    pub(in crate::event) const fn replaced(&mut self) {
        self.is_replaced = true;
    }

    /// Notes that a number became a text.
    pub(in crate::event) const fn number_as_text(&mut self) {
        self.is_number_as_text = true;
    }

    /// Notes that the value's name was cut.
    pub(super) fn cut_name(&mut self, whole: Cut) {
        self.cut_name = Some(Box::new(whole));
    }

    /// Notes that the value was cut.
    pub(in crate::event) fn cut(&mut self, whole: Cut) {
        self.cut = Some(Box::new(whole));
    }

    /// Notes that the value became its RFC 8785 text. What was adjusted inside has no position of its own any more.
    pub(in crate::event) fn json_as_text(&mut self) {
        self.is_json_as_text = true;
        self.merge_inside();
    }

    /// Takes what was adjusted inside as adjusted in the value itself.
    pub(in crate::event) fn merge_inside(&mut self) {
        for (_, mut inside) in std::mem::take(&mut self.inside) {
            inside.merge_inside();
            self.is_replaced |= inside.is_replaced;
            self.is_number_as_text |= inside.is_number_as_text;
        }
    }

    /// Adds those of the next item.
    pub(in crate::event) fn add_item(&mut self, index: usize, notes: Self) {
        if !notes.is_empty() {
            self.inside.push((Token::Item(index), notes));
        }
    }

    /// Adds those of a member. After the last one the members are in order if [`Notes::sort_members`] is called.
    pub(in crate::event) fn add_member(&mut self, name: &str, notes: Self) {
        if !notes.is_empty() {
            self.inside.push((Token::Member(name.to_owned()), notes));
        }
    }

    /// Brings the members into the order in which an object has them.
    pub(in crate::event) fn sort_members(&mut self) {
        self.inside.sort_by(|(left, _), (right, _)| left.compare(right));
    }

    /// Takes the notes of all entries, to read them beside the entries.
    pub(super) fn take_inside(&mut self) -> NotesOfEntries {
        NotesOfEntries { inside: std::mem::take(&mut self.inside).into_iter().peekable() }
    }

    /// Records the notes of a value that is at `at` in the event.
    pub(in crate::event) fn record(self, value: &JsonValue, at: &Path<'_>, adjustments: &mut AdjustmentCollector) {
        if self.is_empty() {
            return;
        }
        let mut pointer = at.to_pointer_within(POINTER_BYTES_MAX);
        let shown = pointer.len();
        self.record_value(value, &mut Place { pointer: &mut pointer, shown_bytes: shown }, adjustments);
    }

    /// Records the notes of an object that is at `at` in the event.
    pub(in crate::event) fn record_object(
        self,
        object: &JsonObject,
        at: &Path<'_>,
        adjustments: &mut AdjustmentCollector,
    ) {
        if self.is_empty() {
            return;
        }
        let mut pointer = at.to_pointer_within(POINTER_BYTES_MAX);
        let shown_bytes = pointer.len();
        let place = &mut Place { pointer: &mut pointer, shown_bytes };
        self.record_own(place, adjustments);
        self.record_members(object, place, adjustments);
    }

    fn record_value(mut self, value: &JsonValue, place: &mut Place<'_>, adjustments: &mut AdjustmentCollector) {
        self.record_own(place, adjustments);
        match value {
            JsonValue::List(items) => {
                let mut inside = self.take_inside();
                for (index, item) in items.iter().enumerate() {
                    let notes = inside.of_item(index);
                    if !notes.is_empty() {
                        place.enter(&index.to_string(), |place| notes.record_value(item, place, adjustments));
                    }
                }
            }
            JsonValue::Object(object) => self.record_members(object, place, adjustments),
            JsonValue::Null | JsonValue::Boolean(_) | JsonValue::Number(_) | JsonValue::String(_) => {}
        }
    }

    fn record_members(mut self, object: &JsonObject, place: &mut Place<'_>, adjustments: &mut AdjustmentCollector) {
        let mut inside = self.take_inside();
        for (name, value) in object.iter() {
            let notes = inside.of_member(name);
            if !notes.is_empty() {
                place.enter(name, |place| notes.record_value(value, place, adjustments));
            }
        }
    }

    fn record_own(&self, place: &Place<'_>, adjustments: &mut AdjustmentCollector) {
        let codes = [
            (self.is_replaced, AdjustmentCode::Replaced),
            (self.is_number_as_text, AdjustmentCode::NumberAsText),
            (self.is_json_as_text, AdjustmentCode::JsonAsText),
        ];
        for (_, code) in codes.into_iter().filter(|(is_noted, _)| *is_noted) {
            adjustments.push_at(place.shown(), code, None);
        }
        for whole in self.cut_name.iter().chain(&self.cut) {
            adjustments.push_at(place.shown(), AdjustmentCode::Truncated, Some(**whole));
        }
    }
}

/// Notes of the entries of a list or object, read in the order of the entries.
pub(super) struct NotesOfEntries {
    inside: Peekable<vec::IntoIter<(Token, Notes)>>,
}

impl NotesOfEntries {
    /// The notes of an item.
    pub(super) fn of_item(&mut self, index: usize) -> Notes {
        self.take_if(|token| matches!(token, Token::Item(noted) if *noted == index))
    }

    /// The notes of a member.
    pub(super) fn of_member(&mut self, name: &str) -> Notes {
        self.take_if(|token| matches!(token, Token::Member(noted) if noted == name))
    }

    fn take_if(&mut self, is_wanted: impl FnOnce(&Token) -> bool) -> Notes {
        self.inside.next_if(|(token, _)| is_wanted(token)).map(|(_, notes)| notes).unwrap_or_default()
    }
}

/// A position while the notes of a value are recorded.
struct Place<'p> {
    /// Its pointer, or the beginning of it.
    pointer: &'p mut String,
    /// The length of the pointer of the nearest value around it whose pointer is not too long.
    shown_bytes: usize,
}

impl Place<'_> {
    fn shown(&self) -> &str {
        &self.pointer[..self.shown_bytes]
    }

    /// Visits an entry of the value at this position.
    fn enter(&mut self, token: &str, visit: impl FnOnce(&mut Place<'_>)) {
        let end = self.pointer.len();
        push_pointer_token(token, self.pointer);
        let shown_bytes = if self.pointer.len() <= POINTER_BYTES_MAX { self.pointer.len() } else { self.shown_bytes };
        visit(&mut Place { pointer: self.pointer, shown_bytes });
        self.pointer.truncate(end);
    }
}
