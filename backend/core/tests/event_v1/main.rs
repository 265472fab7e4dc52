//! Event v1 from outside: what is taken, what is refused and with which code, and what is printed.

#![expect(clippy::unwrap_used, reason = "a test may fail by panicking")]

mod batches;
mod canonical;
mod fixtures;
mod malformed;
mod properties;
mod repeats;
mod specification;
