//! Owns the group digest, the leaf and its hash (docs/spec/leaf-v1.md, chapter 5).

use sha2::{Digest, Sha256};

use crate::{
    event::{Group, SALT_BYTES},
    merkle::{self, Hash},
};

const DIGEST_TAG: &[u8] = b"auditlog.leaf.v1.group\0";
const LEAF_TAG: &[u8] = b"auditlog.leaf.v1\0";
const DIGEST_BYTES: usize = 32;
const LEAF_BYTES: usize = LEAF_TAG.len() + Group::ALL.len() * DIGEST_BYTES;

/// What the tree commits to for one event: the domain tag and the digests of the six groups.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Leaf([u8; LEAF_BYTES]);

impl Leaf {
    /// Appends the digests, in leaf order, to the tag. A withheld or erased group is represented by its digest alone.
    #[must_use]
    pub fn from_digests(digests: &[Hash; Group::ALL.len()]) -> Self {
        let mut bytes = [0; LEAF_BYTES];
        let (tag, groups) = bytes.split_at_mut(LEAF_TAG.len());
        tag.copy_from_slice(LEAF_TAG);
        for (place, digest) in groups.chunks_exact_mut(DIGEST_BYTES).zip(digests) {
            place.copy_from_slice(digest);
        }
        Self(bytes)
    }

    /// The leaf's bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The leaf's hash in the tree.
    #[must_use]
    pub fn hash(&self) -> Hash {
        merkle::hash_leaf(&self.0)
    }
}

/// The digest of one group: `text` is its RFC 8785 text, `null` where the event has no member of it.
#[must_use]
pub fn group_digest(salt: &[u8; SALT_BYTES], group: Group, text: &str) -> Hash {
    let hash = Sha256::new().chain_update(DIGEST_TAG).chain_update(salt).chain_update(group.as_str());
    hash.chain_update([0]).chain_update(text).finalize().into()
}
