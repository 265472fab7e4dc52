//! Strict JSON from outside: reading is compared with `serde_json`, printing with RFC 8785.

#![expect(clippy::unwrap_used, reason = "a test may fail by panicking")]

mod differential;
mod rfc_8785;
