//! Chapters 6 and 7 of the specification: the recursive definition of RFC 6962, rehashing everything each time.

use super::sha256;

/// The leaf hash of leaf `index` of the tree vectors.
pub(crate) fn vector_leaf(index: u64) -> Vec<u8> {
    sha256(&[&[0], &index.to_be_bytes()])
}

pub(crate) fn root(leaves: &[Vec<u8>]) -> Vec<u8> {
    match leaves {
        [] => sha256(&[]),
        [leaf] => leaf.clone(),
        _ => {
            let mut split = 1;
            while split * 2 < leaves.len() {
                split *= 2;
            }
            sha256(&[&[1], &root(&leaves[..split]), &root(&leaves[split..])])
        }
    }
}

pub(crate) fn compact_range(leaves: &[Vec<u8>]) -> Vec<u8> {
    let size = u64::try_from(leaves.len()).expect("a size fits 64 bits");
    let mut bytes = size.to_be_bytes().to_vec();
    let mut rest = leaves;
    for power in (0..usize::BITS - 1).rev().map(|shift| 1_usize << shift) {
        if rest.len() >= power {
            bytes.extend(root(&rest[..power]));
            rest = &rest[power..];
        }
    }
    bytes
}

/// The hashes of all complete blocks of 256 leaves.
pub(crate) fn blocks(leaves: &[Vec<u8>]) -> Vec<Vec<u8>> {
    leaves.chunks(256).filter(|block| block.len() == 256).map(root).collect()
}
