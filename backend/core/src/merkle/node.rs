//! Owns the hashes of RFC 6962, section 2.1, and the root of a complete subtree.

use sha2::{Digest, Sha256};

use crate::merkle::Hash;

/// The level of the smallest subtrees whose hashes are stored; everything below is recomputed from events.
pub const BLOCK_LEVEL: u32 = 8;
/// The leaves below one stored hash.
pub const BLOCK_LEAVES: u64 = 1 << BLOCK_LEVEL;

/// The hash of a leaf's bytes.
#[must_use]
pub fn hash_leaf(leaf: &[u8]) -> Hash {
    Sha256::new().chain_update([0]).chain_update(leaf).finalize().into()
}

/// The hash of a node above `left` and `right`.
#[must_use]
pub fn hash_node(left: &Hash, right: &Hash) -> Hash {
    // One write instead of three: tag and children fill a block and a byte, and the hasher copies less.
    let mut bytes = [1; 65];
    bytes[1..33].copy_from_slice(left);
    bytes[33..].copy_from_slice(right);
    Sha256::digest(bytes).into()
}

/// The root of a tree without leaves.
#[must_use]
pub fn empty_root() -> Hash {
    Sha256::digest([]).into()
}

/// The root of a complete subtree over `leaves`, for example a block. `None` where their number is not a power of two.
#[must_use]
pub fn subtree_root(leaves: &[Hash]) -> Option<Hash> {
    if !leaves.len().is_power_of_two() {
        return None;
    }
    let mut level = leaves.to_vec();
    while level.len() > 1 {
        for parent in 0..level.len() / 2 {
            level[parent] = hash_node(&level[2 * parent], &level[2 * parent + 1]);
        }
        level.truncate(level.len() / 2);
    }
    level.first().copied()
}
