//! The append side of an RFC 6962 Merkle tree: node hashes, the compact range and the hashes of blocks of 256 leaves.
//!
//! docs/spec/leaf-v1.md, chapters 6 and 7, fixes the bytes. This module sees leaf hashes only; the content of a leaf
//! belongs to `leaf`, and the storage of hashes to a store.

mod compact_range;
mod node;

pub use compact_range::{CompactRange, MalformedCompactRange};
pub use node::{BLOCK_LEAVES, BLOCK_LEVEL, empty_root, hash_leaf, hash_node, subtree_root};

/// The RFC 6962 hash of a leaf or node of a tenant's tree.
pub type Hash = [u8; 32];
