//! Owns what of an event a filter found: the places that a reader's eye looks for. Knows nothing of how they are shown.

use std::{collections::BTreeMap, ops::Range};

use super::{
    phrase::phrase_ranges,
    texts::any_text,
    values::{Value, any_value},
};
use crate::{
    event::{StoredEvent, Visibility},
    json::{ObjectWriter, Path, write_string},
    query::{FieldTest, Filter, Group, Phrase, Test},
};

/// So many places of one event are named at most: nobody reads more, and a record of 32 KiB may hold a word a thousand
/// times.
pub const HIGHLIGHTS_MAX: usize = 64;

/// A part of an event that a filter found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Highlight {
    /// The value, as a JSON Pointer into the event as it is answered.
    pub pointer: String,
    /// The bytes of the value's text: of a string as it is, in UTF-8; of any other value, and of the values of changes
    /// whatever they are, as RFC 8785 prints it. Both ends are boundaries of characters, and it is not empty.
    pub bytes: Range<usize>,
}

/// What of an event a filter found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Highlights {
    /// By pointer and place; none overlap or touch. At most [`HIGHLIGHTS_MAX`].
    pub shown: Vec<Highlight>,
    /// How many more there are.
    pub omitted: usize,
}

impl Filter {
    /// What of an event makes it match: words where they stand, the whole of a value that is asked for exactly or by its
    /// network, the beginning that is asked for. Nothing that is ruled out, no alternative that does not hold, nothing of
    /// ranges and presence, which hold of no part of a value, and nothing that `visibility` withholds.
    #[must_use]
    pub fn highlights(&self, stored: &StoredEvent, visibility: Visibility) -> Highlights {
        let mut found = Found { stored, visibility, phrases: Vec::new(), ranges: BTreeMap::new() };
        if self.matches(stored) {
            found.add(self);
        }
        found.add_words();
        found.into_highlights()
    }
}

impl Highlights {
    /// Writes the members `highlights`, and `highlights_omitted` where there are more.
    pub fn write(&self, object: &mut ObjectWriter<'_>) {
        let out = object.member("highlights");
        out.push('[');
        for (index, highlight) in self.shown.iter().enumerate() {
            if index > 0 {
                out.push(',');
            }
            let mut item = ObjectWriter::begin(out);
            write_string(&highlight.pointer, item.member("pointer"));
            item.integer("start", highlight.bytes.start as u64);
            item.integer("end", highlight.bytes.end as u64);
            item.end();
        }
        out.push(']');
        if self.omitted > 0 {
            object.integer("highlights_omitted", self.omitted as u64);
        }
    }
}

/// What has been found so far.
struct Found<'a> {
    stored: &'a StoredEvent,
    visibility: Visibility,
    /// The phrases that hold: each text is cut into words once for all of them.
    phrases: Vec<&'a Phrase>,
    ranges: BTreeMap<String, Vec<Range<usize>>>,
}

impl<'a> Found<'a> {
    /// Adds what a filter that holds found.
    fn add(&mut self, filter: &'a Filter) {
        match filter {
            Filter::All | Filter::Not(_) => {}
            Filter::And(parts) => parts.iter().for_each(|part| self.add(part)),
            Filter::Or(parts) => parts.iter().filter(|part| part.matches(self.stored)).for_each(|part| self.add(part)),
            Filter::Field(test) => self.add_test(test),
            Filter::Text(phrase) => self.phrases.push(phrase),
        }
    }

    fn add_test(&mut self, FieldTest { field, test }: &FieldTest) {
        if self.visibility.withholds(field.group()) {
            return;
        }
        any_value(field, self.stored, |place, value| {
            let length = if value.satisfies(test) { highlighted_bytes(test, value) } else { 0 };
            if length > 0 {
                self.ranges.entry(place.to_pointer()).or_default().push(0..length);
            }
            false
        });
    }

    fn add_words(&mut self) {
        if self.phrases.is_empty() {
            return;
        }
        any_text(&self.stored.event, |path, text| {
            if self.visibility.withholds(group_of(path)) {
                return false;
            }
            let ranges = phrase_ranges(text, &self.phrases);
            if !ranges.is_empty() {
                self.ranges.entry(path.to_pointer()).or_default().extend(ranges);
            }
            false
        });
    }

    fn into_highlights(self) -> Highlights {
        let mut highlights = Highlights::default();
        for (pointer, ranges) in self.ranges {
            for bytes in merged(ranges) {
                if highlights.shown.len() == HIGHLIGHTS_MAX {
                    highlights.omitted += 1;
                } else {
                    highlights.shown.push(Highlight { pointer: pointer.clone(), bytes });
                }
            }
        }
        highlights
    }
}

/// How much of a value that satisfies a test is shown, in bytes from its beginning.
fn highlighted_bytes(test: &Test, value: Value<'_>) -> usize {
    match test {
        Test::OneOf(_) | Test::Network(_) => value.text().len(),
        Test::Prefix(prefix) => prefix.len(),
        Test::Present | Test::Time(_) | Test::Integer(_) | Test::Number(_) => 0,
    }
}

/// Ranges in their order; those that overlap or touch are one.
fn merged(mut ranges: Vec<Range<usize>>) -> Vec<Range<usize>> {
    ranges.sort_unstable_by_key(|range| range.start);
    let mut merged: Vec<Range<usize>> = Vec::with_capacity(ranges.len());
    for range in ranges {
        match merged.last_mut() {
            Some(last) if range.start <= last.end => last.end = last.end.max(range.end),
            _ => merged.push(range),
        }
    }
    merged
}

/// The group that a searched text belongs to.
fn group_of(path: &Path<'_>) -> Group {
    match path.first_member() {
        Some("actor" | "on_behalf_of") => Group::Actor,
        Some("targets") => Group::Targets,
        Some("changes") => Group::Changes,
        // Every other text that words are searched in is free text.
        _ => Group::Content,
    }
}
