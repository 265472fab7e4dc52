//! Owns the trees that a check builds from what it reads, segments coming in any order.

use std::collections::BTreeMap;

use auditlog_core::{
    leaf::Hash,
    merkle::{BLOCK_LEAVES, BLOCK_LEVEL, CompactRange, hash_node, subtree_root},
};

use crate::ledger::NodePosition;

/// The sealed part of one tenant's tree, by blocks of 256 leaves: 32 bytes of memory for each.
#[derive(Debug, Default)]
pub(crate) struct SealedTree {
    blocks: BTreeMap<u64, Hash>,
    /// Blocks that are not whole yet, for one because they begin in one segment and end in another.
    partial: BTreeMap<u64, BTreeMap<u64, Hash>>,
    findings: Vec<String>,
}

impl SealedTree {
    /// Adds a leaf that was recomputed from its row.
    pub(crate) fn add(&mut self, sequence: u64, leaf: Hash) {
        let (block, within) = (sequence / BLOCK_LEAVES, sequence % BLOCK_LEAVES);
        let leaves = self.partial.entry(block).or_default();
        if self.blocks.contains_key(&block) || leaves.insert(within, leaf).is_some() {
            self.findings.push(format!("sequence {sequence} is stored twice"));
            return;
        }
        if leaves.len() as u64 == BLOCK_LEAVES {
            let leaves: Vec<Hash> = leaves.values().copied().collect();
            self.partial.remove(&block);
            // There are 256 of them, so they have a root.
            self.blocks.extend(subtree_root(&leaves).map(|root| (block, root)));
        }
    }

    /// Compares what was read with the tree and the hashes that were recorded. Gives the recomputed tree, where all of
    /// its leaves were read, and what is wrong.
    pub(crate) fn compare(
        self,
        recorded: &CompactRange,
        hashes: &[(NodePosition, Hash)],
    ) -> (Option<CompactRange>, Vec<String>) {
        let size = recorded.size();
        let mut findings = self.compare_hashes(size, hashes);
        let recomputed = self.range(size);
        match &recomputed {
            None => findings.push(format!("not all of the {size} sealed events could be read")),
            Some(range) if range != recorded => {
                findings.push(format!("the {size} sealed events are not those that were acknowledged"));
            }
            Some(_) => {}
        }
        findings.extend(self.findings);
        (recomputed, findings)
    }

    /// Where a recorded hash is missing, superfluous or not that of its leaves.
    fn compare_hashes(&self, size: u64, hashes: &[(NodePosition, Hash)]) -> Vec<String> {
        let recorded: BTreeMap<NodePosition, Hash> = hashes.iter().copied().collect();
        let mut findings = Vec::new();
        let mut expected = 0;
        for level in BLOCK_LEVEL..u64::BITS {
            let count = size >> level;
            expected += count;
            for position in 0..count {
                let node = NodePosition { level, position };
                let found = recorded.get(&node);
                let recomputed = if level == BLOCK_LEVEL {
                    self.blocks.get(&position).copied()
                } else {
                    // The children were compared on the way up, so they may be relied on.
                    let child = |position| recorded.get(&NodePosition { level: level - 1, position });
                    child(2 * position).zip(child(2 * position + 1)).map(|(left, right)| hash_node(left, right))
                };
                let first = position << level;
                match (found, recomputed) {
                    (None, _) => findings.push(format!("the hash of level {level} at sequence {first} is missing")),
                    (Some(found), Some(recomputed)) if *found != recomputed => {
                        findings.push(format!("the events from sequence {first} on are not those of level {level}"));
                    }
                    // What could not be read is reported once, for the whole log.
                    _ => {}
                }
            }
        }
        if recorded.len() as u64 > expected {
            findings.push(format!("there are {} hashes of a tree that has {expected}", recorded.len()));
        }
        findings
    }

    /// The tree over the first `size` leaves. `None` where one of them was not read.
    fn range(&self, size: u64) -> Option<CompactRange> {
        let (blocks, rest) = (size / BLOCK_LEAVES, size % BLOCK_LEAVES);
        // Appended like leaves, the roots of blocks give the upper part of the tree.
        let mut upper = CompactRange::new();
        for block in 0..blocks {
            upper.append(*self.blocks.get(&block)?);
        }
        let mut lower = CompactRange::new();
        for within in 0..rest {
            lower.append(*self.partial.get(&blocks)?.get(&within)?);
        }
        let hashes = |range: &CompactRange| range.to_bytes().get(size_of::<u64>()..).map(<[u8]>::to_vec);
        let bytes = [size.to_be_bytes().to_vec(), hashes(&upper)?, hashes(&lower)?].concat();
        CompactRange::from_bytes(&bytes).ok()
    }
}

/// The root of a tree after more leaves.
pub(super) fn root_with(mut range: CompactRange, leaves: &[Hash]) -> Hash {
    for leaf in leaves {
        range.append(*leaf);
    }
    range.root()
}

#[cfg(test)]
mod tests {
    use super::*;
    use auditlog_core::merkle::hash_leaf;

    fn leaf(sequence: u64) -> Hash {
        hash_leaf(&sequence.to_be_bytes())
    }

    /// The tree and the stored hashes of a log of `size` events.
    fn recorded(size: u64) -> (CompactRange, Vec<(NodePosition, Hash)>) {
        let mut range = CompactRange::new();
        for sequence in 0..size {
            range.append(leaf(sequence));
        }
        let mut hashes = Vec::new();
        for level in BLOCK_LEVEL..20 {
            for position in 0..size >> level {
                let leaves: Vec<_> = (position << level..(position + 1) << level).map(leaf).collect();
                hashes.push((NodePosition { level, position }, subtree_root(&leaves).unwrap()));
            }
        }
        (range, hashes)
    }

    fn read(sequences: impl IntoIterator<Item = u64>) -> SealedTree {
        let mut tree = SealedTree::default();
        sequences.into_iter().for_each(|sequence| tree.add(sequence, leaf(sequence)));
        tree
    }

    #[test]
    fn leaves_read_in_any_order_give_the_recorded_tree() {
        for size in [0, 1, 255, 256, 257, 700, 1_024, 1_300] {
            let (range, hashes) = recorded(size);
            let halves = (size / 3..size).chain(0..size / 3);
            assert_eq!(read(halves).compare(&range, &hashes), (Some(range), vec![]), "{size}");
        }
    }

    #[test]
    fn whatever_is_missing_doubled_or_changed_is_found() {
        let (range, hashes) = recorded(700);
        let is_found = |tree: SealedTree| !tree.compare(&range, &hashes).1.is_empty();
        assert!(is_found(read((0..700).filter(|sequence| *sequence != 300))), "a block lacks one");
        assert!(is_found(read(0..699)), "the end is missing");
        assert!(is_found(read((0..700).chain([5]))), "one comes twice");
        let mut changed = read((0..700).filter(|sequence| *sequence != 690));
        changed.add(690, leaf(0));
        assert!(is_found(changed), "one is another");
        for index in 0..hashes.len() {
            let mut fewer = hashes.clone();
            fewer.remove(index);
            assert!(!read(0..700).compare(&range, &fewer).1.is_empty(), "hash {index} is missing");
            let mut other = hashes.clone();
            other[index].1 = leaf(1);
            assert!(!read(0..700).compare(&range, &other).1.is_empty(), "hash {index} is another");
        }
        let extra = [hashes, vec![(NodePosition { level: 8, position: 9 }, leaf(1))]].concat();
        assert!(!read(0..700).compare(&range, &extra).1.is_empty(), "one hash too many");
    }
}
