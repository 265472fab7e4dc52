//! The documents of vectors of event v1: docs/spec/vectors/event-v1-refused.json and event-v1-stored.json. What they
//! expect is written out here or computed from the specification; nothing is computed by the parser that they judge.

mod adjusted;
pub(crate) mod adjustments;
mod document;
mod limits;
mod lists;
pub(crate) mod malformed_rows;
mod normalised;
mod refused;
mod refused_fields;
mod repeated_names;
pub(crate) mod samples;
mod sent;
mod stored;
mod whole_events;

pub(crate) use document::{refused_text, stored_text};
#[cfg(test)]
pub(crate) use {
    document::FRESH_ID,
    refused::{Refused, Sent, all as all_refused},
    stored::all as all_stored,
};
