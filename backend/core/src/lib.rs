//! The domain of the audit log: events, their canonical form, leaves and tree, queries, permissions, and the contracts
//! of storage.
//!
//! This crate owns every rule that must be the same on one machine and in a cluster. It does no I/O and knows no
//! runtime and no web framework; clock and randomness are passed in as values or traits.

pub mod clock;
pub mod event;
pub mod id;
pub mod intake;
pub mod json;
pub mod leaf;
pub mod merkle;
pub mod policy;
pub mod printable;
pub mod query;
pub mod store;
pub mod text;
pub mod timestamp;
