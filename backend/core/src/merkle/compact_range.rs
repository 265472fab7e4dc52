//! Owns the state that appending to a tree needs, and its serialised form (docs/spec/leaf-v1.md, chapter 7).

use crate::merkle::{BLOCK_LEVEL, Hash, empty_root, hash_node};

const SIZE_BYTES: usize = 8;
const HASH_BYTES: usize = 32;

/// The roots of the complete subtrees that a tree of some size consists of, largest first: all that appending and
/// computing the root need.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CompactRange {
    size: u64,
    hashes: Vec<Hash>,
}

/// The bytes are not a compact range: their length does not match the size they begin with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{length} bytes are not a compact range")]
pub struct MalformedCompactRange {
    /// The number of bytes.
    pub length: usize,
}

impl CompactRange {
    /// The range of the empty tree.
    #[must_use]
    pub const fn new() -> Self {
        Self { size: 0, hashes: Vec::new() }
    }

    /// Appends a leaf by its hash. `Some` is the hash of the block of 256 leaves that this leaf completes.
    pub fn append(&mut self, leaf_hash: Hash) -> Option<Hash> {
        let mut hash = leaf_hash;
        let mut block = None;
        for level in 1..=self.size.trailing_ones() {
            // There is a hash for each one bit of the size, so the list never runs out here.
            let Some(left) = self.hashes.pop() else { break };
            hash = hash_node(&left, &hash);
            if level == BLOCK_LEVEL {
                block = Some(hash);
            }
        }
        self.hashes.push(hash);
        self.size += 1;
        block
    }

    /// The number of leaves of the tree.
    #[must_use]
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// The root over all leaves.
    #[must_use]
    pub fn root(&self) -> Hash {
        let mut smallest_first = self.hashes.iter().rev();
        let Some(last) = smallest_first.next() else { return empty_root() };
        smallest_first.fold(*last, |right, left| hash_node(left, &right))
    }

    /// The range as bytes.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(SIZE_BYTES + self.hashes.len() * HASH_BYTES);
        bytes.extend_from_slice(&self.size.to_be_bytes());
        bytes.extend_from_slice(self.hashes.as_flattened());
        bytes
    }

    /// Parses the bytes.
    ///
    /// # Errors
    /// [`MalformedCompactRange`] where the length does not match the size. The hashes are not checked: only the store's
    /// checksums and the tree itself can prove them.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, MalformedCompactRange> {
        let malformed = MalformedCompactRange { length: bytes.len() };
        let (size, rest) = bytes.split_first_chunk::<SIZE_BYTES>().ok_or(malformed)?;
        let size = u64::from_be_bytes(*size);
        let (hashes, remainder) = rest.as_chunks::<HASH_BYTES>();
        let expected = usize::try_from(size.count_ones()).unwrap_or(usize::MAX);
        if hashes.len() != expected || !remainder.is_empty() {
            return Err(malformed);
        }
        Ok(Self { size, hashes: hashes.to_vec() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::merkle::{BLOCK_LEAVES, hash_leaf, subtree_root};

    fn leaf(index: u64) -> Hash {
        hash_leaf(&index.to_be_bytes())
    }

    fn range_of(size: u64) -> CompactRange {
        let mut range = CompactRange::new();
        for index in 0..size {
            range.append(leaf(index));
        }
        range
    }

    #[test]
    fn the_roots_are_those_of_the_certificate_transparency_test_suite() {
        let leaves: [&[u8]; 8] = [b"", b"\x00", b"\x10", b" !", b"01", b"@ABC", b"PQRSTUVW", b"`abcdefghijklmno"];
        let roots = [
            "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
            "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
            "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
            "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
            "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
            "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
            "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
        ];
        let mut range = CompactRange::new();
        for (leaf, root) in leaves.iter().zip(roots) {
            range.append(hash_leaf(leaf));
            let root: Hash =
                std::array::from_fn(|place| u8::from_str_radix(&root[2 * place..2 * place + 2], 16).unwrap());
            assert_eq!(range.root(), root);
        }
    }

    #[test]
    fn a_range_read_back_goes_on_where_it_was() {
        let mut whole = CompactRange::new();
        let mut resumed = CompactRange::new();
        for index in 0..700 {
            resumed = CompactRange::from_bytes(&resumed.to_bytes()).unwrap();
            assert_eq!(resumed.append(leaf(index)), whole.append(leaf(index)));
            assert_eq!(resumed, whole);
            assert_eq!(resumed.root(), whole.root());
        }
    }

    #[test]
    fn each_256th_leaf_gives_the_hash_of_its_block() {
        let mut range = CompactRange::new();
        for index in 0..3 * BLOCK_LEAVES {
            let block = range.append(leaf(index));
            let completes = (index + 1) % BLOCK_LEAVES == 0;
            assert_eq!(block.is_some(), completes, "leaf {index}");
            if completes {
                let leaves: Vec<Hash> = (index + 1 - BLOCK_LEAVES..=index).map(leaf).collect();
                assert_eq!(block, subtree_root(&leaves));
            }
        }
    }

    #[test]
    fn a_subtree_is_complete_or_has_no_root() {
        let leaves: Vec<Hash> = (0..300).map(leaf).collect();
        for count in 0..300_u64 {
            let root = subtree_root(&leaves[..usize::try_from(count).unwrap()]);
            assert_eq!(root, count.is_power_of_two().then(|| range_of(count).root()), "{count} leaves");
        }
    }

    #[test]
    fn bytes_of_any_other_length_are_refused() {
        for size in [0, 1, 2, 3, 255, 256] {
            let bytes = range_of(size).to_bytes();
            for length in 0..bytes.len() {
                let cut = CompactRange::from_bytes(&bytes[..length]);
                assert_eq!(cut, Err(MalformedCompactRange { length }), "size {size}");
            }
            for extra in [1, 32] {
                let longer = [bytes.as_slice(), &vec![0; extra]].concat();
                assert!(CompactRange::from_bytes(&longer).is_err(), "size {size} and {extra} bytes");
            }
        }
    }
}
