//! Owns the parts of an event that a filter matched, for highlighting. Knows nothing of how they are displayed.

use std::{collections::BTreeMap, ops::Range};

use super::{
    Asked, BYTES_PER_VALUE, EventMatcher, Node,
    texts::any_text,
    values::{Value, any_value},
};
use crate::{
    event::{StoredEvent, Visibility},
    json::{ObjectWriter, write_string},
    query::{FieldTest, Interruption, Meter, Test},
};

/// The maximum number of highlighted places of one event: no reader needs more, and a record of 32 KiB may contain a
/// word a thousand times.
pub const HIGHLIGHTS_MAX: usize = 64;

/// A part of an event that a filter matched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Highlight {
    /// The value, as a JSON Pointer into the event as the API returns it.
    pub pointer: String,
    /// The byte range within the value's text: the string itself in UTF-8; for any other value the text that RFC
    /// 8785 prints. Both ends are character boundaries, and the range is not empty.
    pub bytes: Range<usize>,
}

/// The parts of an event that a filter matched.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Highlights {
    /// Ordered by pointer and position; none overlap or touch. At most [`HIGHLIGHTS_MAX`].
    pub shown: Vec<Highlight>,
    /// The number of further places.
    pub omitted: usize,
}

impl EventMatcher<'_> {
    /// The parts of an event that make it match: words at their positions, and the whole of a value that is tested for
    /// equality, by a pattern or by its network. Excludes negated tests, alternatives that
    /// do not hold, tests of ranges and presence, which match no particular part of a value, and everything that
    /// `visibility` withholds.
    ///
    /// # Errors
    /// Those of the meter's budget.
    pub fn highlights(
        &self,
        stored: &StoredEvent,
        visibility: Visibility,
        meter: &Meter<'_>,
    ) -> Result<Highlights, Interruption> {
        let asked = self.ask(stored, meter);
        let wanted = vec![false; self.phrases.len()];
        let mut found = Found { asked: &asked, visibility, wanted, ranges: BTreeMap::new() };
        if asked.holds(&self.root)? {
            found.add(&self.root)?;
        }
        found.add_words()?;
        Ok(found.into_highlights())
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

/// The highlights found so far.
struct Found<'a> {
    asked: &'a Asked<'a>,
    visibility: Visibility,
    /// Which phrases are highlighted, by their number: those that hold. Each text is tokenised once for all of them.
    wanted: Vec<bool>,
    ranges: BTreeMap<String, Vec<Range<usize>>>,
}

impl Found<'_> {
    /// Adds the matches of a part of the filter that holds.
    fn add(&mut self, node: &Node<'_>) -> Result<(), Interruption> {
        match node {
            Node::All | Node::Not(_) => {}
            Node::And(parts) => {
                for part in parts {
                    self.add(part)?;
                }
            }
            Node::Or(parts) => {
                for part in parts {
                    if self.asked.holds(part)? {
                        self.add(part)?;
                    }
                }
            }
            Node::Field(test) => self.add_test(test)?,
            Node::Text(phrase) => {
                if let Some(wanted) = self.wanted.get_mut(*phrase) {
                    *wanted = true;
                }
            }
        }
        Ok(())
    }

    fn add_test(&mut self, FieldTest { field, test }: &FieldTest) -> Result<(), Interruption> {
        if self.visibility.withholds(field.group()) {
            return Ok(());
        }
        let mut interruption = None;
        any_value(field, self.asked.stored, |place, value| {
            interruption = self.asked.meter.examine(BYTES_PER_VALUE + value.length()).err();
            let length = if value.satisfies(test) { highlighted_bytes(test, value) } else { 0 };
            if length > 0 {
                self.ranges.entry(place.to_pointer()).or_default().push(0..length);
            }
            interruption.is_some()
        });
        interruption.map_or(Ok(()), Err)
    }

    fn add_words(&mut self) -> Result<(), Interruption> {
        if !self.wanted.contains(&true) {
            return Ok(());
        }
        let mut interruption = None;
        any_text(&self.asked.stored.event, |group, path, text| {
            if self.visibility.withholds(group) {
                return false;
            }
            interruption = self.asked.meter.examine(BYTES_PER_VALUE + text.len()).err();
            let ranges = self.asked.phrases.ranges_in(group, text, &self.wanted);
            if !ranges.is_empty() {
                self.ranges.entry(path.to_pointer()).or_default().extend(ranges);
            }
            interruption.is_some()
        });
        interruption.map_or(Ok(()), Err)
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

/// The highlighted length of a value that satisfies a test, in bytes from its beginning.
fn highlighted_bytes(test: &Test, value: Value<'_>) -> usize {
    match test {
        Test::OneOf(_) | Test::Exactly(_) | Test::Like(_) | Test::Network(_) => value.text().len(),
        Test::Present | Test::Time(_) | Test::Integer(_) | Test::Number(_) => 0,
    }
}

/// The ranges in order; those that overlap or touch are merged.
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
