//! Evaluates a filter on one event in memory, for callers that already have the event: whether it matches, and which
//! parts of it match. Stores find events by their own means; the meaning is that of [`Filter`] everywhere.
//!
//! The cost is linear in the text of the event: it is tokenised once, however many phrases the filter has. A [`Meter`]
//! counts the examined text, so that a budget can end the work within an event, too.

mod highlight;
mod phrase;
mod texts;
mod values;

pub use highlight::{HIGHLIGHTS_MAX, Highlight, Highlights};

use std::cell::OnceCell;

use crate::{
    event::StoredEvent,
    query::{FieldTest, Filter, Interruption, Meter},
};
use phrase::PhraseSet;
use texts::any_text;
use values::any_value;

/// The cost of examining a value, in bytes read, however short the value is.
const BYTES_PER_VALUE: usize = 16;

/// A filter prepared to be evaluated on many events.
#[derive(Debug)]
pub struct EventMatcher<'f> {
    root: Node<'f>,
    phrases: PhraseSet<'f>,
}

/// A filter with its phrases replaced by their numbers.
#[derive(Debug)]
enum Node<'f> {
    All,
    And(Vec<Node<'f>>),
    Or(Vec<Node<'f>>),
    Not(Box<Node<'f>>),
    Field(&'f FieldTest),
    Text(usize),
}

/// One event that a filter is evaluated on.
struct Asked<'a> {
    stored: &'a StoredEvent,
    phrases: &'a PhraseSet<'a>,
    /// Which phrases occur in a text of the event, by their number. Computed when the first phrase is evaluated.
    found: OnceCell<Vec<bool>>,
    meter: &'a Meter<'a>,
}

impl Filter {
    /// Prepares the filter to be evaluated on events in memory.
    #[must_use]
    pub fn matcher(&self) -> EventMatcher<'_> {
        let mut phrases = PhraseSet::default();
        let root = Node::of(self, &mut phrases);
        EventMatcher { root, phrases }
    }
}

impl EventMatcher<'_> {
    /// Whether the event matches.
    ///
    /// # Errors
    /// Those of the meter's budget.
    pub fn matches(&self, stored: &StoredEvent, meter: &Meter<'_>) -> Result<bool, Interruption> {
        self.ask(stored, meter).holds(&self.root)
    }

    fn ask<'a>(&'a self, stored: &'a StoredEvent, meter: &'a Meter<'_>) -> Asked<'a> {
        Asked { stored, phrases: &self.phrases, found: OnceCell::new(), meter }
    }
}

impl<'f> Node<'f> {
    fn of(filter: &'f Filter, phrases: &mut PhraseSet<'f>) -> Self {
        match filter {
            Filter::All => Self::All,
            Filter::And(parts) => Self::And(parts.iter().map(|part| Self::of(part, phrases)).collect()),
            Filter::Or(parts) => Self::Or(parts.iter().map(|part| Self::of(part, phrases)).collect()),
            Filter::Not(part) => Self::Not(Box::new(Self::of(part, phrases))),
            Filter::Field(test) => Self::Field(test),
            Filter::Text(phrase) => Self::Text(phrases.add(phrase)),
        }
    }
}

impl Asked<'_> {
    fn holds(&self, node: &Node<'_>) -> Result<bool, Interruption> {
        match node {
            Node::All => Ok(true),
            Node::And(parts) => {
                for part in parts {
                    if !self.holds(part)? {
                        return Ok(false);
                    }
                }
                Ok(true)
            }
            Node::Or(parts) => {
                for part in parts {
                    if self.holds(part)? {
                        return Ok(true);
                    }
                }
                Ok(false)
            }
            Node::Not(part) => Ok(!self.holds(part)?),
            Node::Field(test) => self.holds_test(test),
            Node::Text(phrase) => Ok(self.found_phrases()?.get(*phrase).copied().unwrap_or_default()),
        }
    }

    fn holds_test(&self, FieldTest { field, test }: &FieldTest) -> Result<bool, Interruption> {
        let mut interruption = self.meter.examine(BYTES_PER_VALUE).err();
        let holds = any_value(field, self.stored, |_, value| {
            interruption = interruption.or(self.meter.examine(BYTES_PER_VALUE + value.length()).err());
            interruption.is_some() || value.satisfies(test)
        });
        interruption.map_or(Ok(holds), Err)
    }

    /// Which phrases occur in a text of the event.
    fn found_phrases(&self) -> Result<&[bool], Interruption> {
        if let Some(found) = self.found.get() {
            return Ok(found);
        }
        let mut search = self.phrases.search();
        let mut interruption = None;
        any_text(&self.stored.event, |group, _, text| {
            interruption = self.meter.examine(BYTES_PER_VALUE + text.len()).err();
            interruption.is_some() || search.find_in(group, text).is_break()
        });
        match interruption {
            Some(interruption) => Err(interruption),
            None => Ok(self.found.get_or_init(|| search.into_found())),
        }
    }
}
