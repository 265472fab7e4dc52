//! Leaf v1: a leaf commits to an event through one salted digest for each group. docs/spec/leaf-v1.md specifies the
//! bytes.
//!
//! This module owns salts, group digests and the leaf. It takes each group's text from `event::canonical` and knows
//! nothing of trees beyond the hash of a single leaf.

mod commitment;
mod of_event;
mod salt;

pub use commitment::{Leaf, group_digest};
pub use of_event::{leaf_hash, leaf_of, leaf_of_texts};
pub use salt::group_salt;
