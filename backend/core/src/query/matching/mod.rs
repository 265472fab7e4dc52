//! Evaluates a filter on one event in memory, for whoever has the event anyway and asks for no others. Stores find
//! events by their own means; the meaning is that of [`Filter`] everywhere.

mod phrase;
mod texts;
mod values;

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
            Self::Field(FieldTest { field, test }) => any_value(field, stored, |value| value.satisfies(test)),
            Self::Text(phrase) => any_text(&stored.event, |text| holds_phrase(text, phrase)),
        }
    }
}
