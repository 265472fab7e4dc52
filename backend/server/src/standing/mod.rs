//! Owns whether a subject (who acts: a key, a user or the operator) may act now: whether its key is valid, comes from
//! an active tenant. Checked at the head of a request, again before events from a slow body are stored, and during long
//! work such as a live tail or a file that is being sent or made. Knows no credentials and no HTTP.

mod checks;
mod during_work;

pub(crate) use checks::{NotValid, StandingChecks};
pub(crate) use during_work::Standing;
