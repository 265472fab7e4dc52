//! Owns the refusal to search or count by what a caller may not see, because matches would reveal its values.

use auditlog_core::{
    event::Visibility,
    query::{Filter, Leaf},
};

/// A search or count that uses what the caller may not see.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{use_of} requires the permission events.read_personal")]
pub struct Withheld {
    /// What the request does: `searching actor.id`, `counting by actor.id`.
    pub(crate) use_of: String,
    /// The parameter that names it.
    pub(crate) parameter: String,
}

/// Rejects a filter on fields that the caller may not see.
pub(super) fn check_visible(filter: &Filter, visibility: Visibility) -> Result<(), Withheld> {
    let (name, parameter) = match filter.find_withheld(visibility) {
        None => return Ok(()),
        Some(Leaf::Field(test)) => (test.field.name(), test.field.name()),
        Some(Leaf::Text(_)) => ("for words".to_owned(), "q".to_owned()),
    };
    Err(Withheld { use_of: format!("searching {name}"), parameter })
}
