//! The crate's append side against the vectors and the recursive definition.

use auditlog_core::merkle::{self, Hash};
use proptest::prelude::*;

use crate::naive::{hex, tree as naive, vectors};

fn as_hash(bytes: &[u8]) -> Hash {
    bytes.try_into().expect("a hash has 32 bytes")
}

#[test]
fn the_compact_range_gives_the_vectors_at_every_size() {
    let document = vectors::document();
    let vectors = &document["tree"];
    let roots = vectors["roots"].as_array().unwrap();
    let mut range = merkle::CompactRange::new();
    let mut blocks = Vec::new();
    for index in 0..700_u64 {
        if let Some(root) = roots.get(usize::try_from(index).unwrap()) {
            assert_eq!(root, &hex(&range.root()), "the root over {index} leaves");
        }
        blocks.extend(range.append(merkle::hash_leaf(&index.to_be_bytes())).map(|block| hex(&block)));
        let sized = vectors["compact_ranges"].as_array().unwrap().iter().find(|sized| sized["size"] == range.size());
        if let Some(sized) = sized {
            assert_eq!(sized["bytes"], hex(&range.to_bytes()), "the bytes at {}", range.size());
        }
    }
    assert_eq!(vectors["blocks"], serde_json::json!(blocks));
}

proptest! {
    #[test]
    fn any_leaves_give_the_recursive_root(leaves in prop::collection::vec(prop::array::uniform32(0_u8..), 0..600)) {
        let mut range = merkle::CompactRange::new();
        for leaf in &leaves {
            range.append(*leaf);
        }
        let leaves: Vec<Vec<u8>> = leaves.iter().map(|leaf| leaf.to_vec()).collect();
        prop_assert_eq!(range.root(), as_hash(&naive::root(&leaves)));
        prop_assert_eq!(range.to_bytes(), naive::compact_range(&leaves));
    }
}
