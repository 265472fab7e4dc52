//! Evaluates a filter on one event in memory, for whoever has the event anyway and asks for no others: whether it matches,
//! and what of it does. Stores find events by their own means; the meaning is that of [`Filter`] everywhere.

mod highlight;
mod phrase;
mod texts;
mod values;

pub use highlight::{HIGHLIGHTS_MAX, Highlight, Highlights};

use crate::{
    event::StoredEvent,
    query::{FieldTest, Filter},
};
use phrase::holds_phrase;
use texts::any_text;
use values::any_value;

impl Filter {
    /// Whether the event matches.
    #[must_use]
    pub fn matches(&self, stored: &StoredEvent) -> bool {
        match self {
            Self::All => true,
            Self::And(parts) => parts.iter().all(|part| part.matches(stored)),
            Self::Or(parts) => parts.iter().any(|part| part.matches(stored)),
            Self::Not(part) => !part.matches(stored),
            Self::Field(FieldTest { field, test }) => any_value(field, stored, |_, value| value.satisfies(test)),
            Self::Text(phrase) => any_text(&stored.event, |_, text| holds_phrase(text, phrase)),
        }
    }
}
