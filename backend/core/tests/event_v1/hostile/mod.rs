//! Hostile and foreign values in every field: each row names a value and what must become of it, and none of the
//! expectations is computed by the crate.
//!
//! For every event that is stored, the rows also check that its canonical text is RFC 8785 and reads back into it, that
//! the leaf commits to the texts of its groups, and that nothing is adjusted when it is sent again.

mod addresses;
mod fields;
mod json;
mod lists;
mod numbers;
mod objects;
mod open_objects;
mod properties;
mod random;
mod receipt;
mod repeated_names;
mod row;
mod texts;
mod whole_events;
mod words;

use crate::vectors::adjustments;
