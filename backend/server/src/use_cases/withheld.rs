//! Owns what a reader may search and count by. A search by what the reader may not see is refused, because matches
//! would reveal its values; words are looked for in the other texts only.

use auditlog_core::{
    event::{Group, Visibility},
    query::{Filter, Leaf, parse_parameters},
    timestamp::Timestamp,
};

use super::ReadError;

/// A search or count that uses what the caller may not see.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{use_of} requires the permission events.read_personal")]
pub struct Withheld {
    /// What the request does: `searching actor.id`, `counting by actor.id`.
    pub(crate) use_of: String,
    /// The parameter that names it.
    pub(crate) parameter: String,
}

/// A filter that is restricted to what its reader may search.
pub(super) struct ReaderFilter {
    pub(super) filter: Filter,
    /// The groups in whose texts its words are not looked for.
    pub(super) withheld: Vec<Group>,
}

impl ReaderFilter {
    /// Parses the parameters that make a filter; relative times are relative to `now`.
    ///
    /// # Errors
    /// [`ReadError::Parameters`], [`ReadError::Withheld`].
    pub(super) fn parse(
        parameters: &[(String, String)],
        now: Timestamp,
        visibility: Visibility,
    ) -> Result<Self, ReadError> {
        Ok(Self::of(parse_parameters(parameters, now)?, visibility)?)
    }

    /// Restricts a filter to what a reader may search.
    ///
    /// # Errors
    /// [`Withheld`] where it tests a field that the reader may not see.
    pub(super) fn of(filter: Filter, visibility: Visibility) -> Result<Self, Withheld> {
        // Determined first: a term may keep nothing by which it could be recognised.
        let withheld = filter.groups_without_words(visibility);
        let filter = filter.for_reader(visibility);
        let (name, parameter) = match filter.find_withheld(visibility) {
            None => return Ok(Self { filter, withheld }),
            Some(Leaf::Field(test)) => (test.field.name(), test.field.name()),
            Some(Leaf::Text(_)) => ("for words".to_owned(), "q".to_owned()),
        };
        Err(Withheld { use_of: format!("searching {name}"), parameter })
    }
}
