//! Event v1 from outside: which events are accepted, which are refused with which code, and the printed forms.

#![expect(clippy::unwrap_used, reason = "a test may fail by panicking")]

mod batches;
mod canonical;
mod fixtures;
mod hostile;
#[path = "../leaf_v1/naive/jcs.rs"]
mod jcs;
mod malformed;
mod properties;
mod repeats;
mod specification;
mod vector_files;
mod vectors;
