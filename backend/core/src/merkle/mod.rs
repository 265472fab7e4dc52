//! The append side of an RFC 6962 Merkle tree: node hashes, the compact range and the hashes of blocks of 256 leaves.
//!
//! Chapters 6 and 7 of docs/spec/leaf-v1.md specify the bytes that are hashed. This module sees only the hashes of
//! leaves; `leaf` owns their content. It stores no hashes: that is the task of a store.

mod compact_range;
mod node;

pub use compact_range::{CompactRange, MalformedCompactRange};
pub use node::{BLOCK_LEAVES, BLOCK_LEVEL, empty_root, hash_leaf, hash_node, subtree_root};

/// The RFC 6962 hash of a leaf or node of a tenant's tree.
pub type Hash = [u8; 32];
