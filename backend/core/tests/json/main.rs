//! Strict JSON from outside: held against `serde_json` for what is read, against RFC 8785 for what is printed.

#![expect(clippy::unwrap_used, reason = "a test may fail by panicking")]

mod differential;
mod rfc_8785;
