//! Owns whether a subject (a key, a user or the operator) may act now: a key must be valid and allowed from the
//! client's address, and its tenant must be active. Checked at the head of a request, again before events from a slow
//! body are stored, and during long work such as a live tail or a file that is being sent or made. Knows no credentials
//! and no HTTP.

mod checks;
mod during_work;

pub(crate) use checks::{NotValid, StandingChecks};
pub(crate) use during_work::Standing;
