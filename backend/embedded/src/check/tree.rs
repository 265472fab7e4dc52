//! Owns the trees that a check builds from the segments it reads, in any order.

use std::collections::BTreeMap;

use auditlog_core::{
    merkle::{BLOCK_LEAVES, BLOCK_LEVEL, CompactRange, Hash, hash_node, subtree_root},
    store::SequenceSpan,
};

use crate::ledger::NodePosition;

/// The sealed part of one tenant's tree, by blocks of 256 leaves: 32 bytes of memory for each.
#[derive(Debug, Default)]
pub(crate) struct SealedTree {
    blocks: BTreeMap<u64, Hash>,
    /// Blocks that are not complete yet, for example because they begin in one segment and end in another.
    partial: BTreeMap<u64, BTreeMap<u64, Hash>>,
    /// Sequences that occurred more than once, a bounded number of them.
    doubled: Vec<u64>,
}

/// The maximum number of listed sequences that occur twice.
const DOUBLED_MAX: usize = 1_000;

impl SealedTree {
    /// Adds a leaf that was recomputed from its row.
    pub(crate) fn add(&mut self, sequence: u64, leaf: Hash) {
        let (block, within) = (sequence / BLOCK_LEAVES, sequence % BLOCK_LEAVES);
        let leaves = self.partial.entry(block).or_default();
        if self.blocks.contains_key(&block) || leaves.insert(within, leaf).is_some() {
            if self.doubled.len() < DOUBLED_MAX {
                self.doubled.push(sequence);
            }
            return;
        }
        if leaves.len() as u64 == BLOCK_LEAVES {
            let leaves: Vec<Hash> = leaves.values().copied().collect();
            self.partial.remove(&block);
            // There are 256 of them, so they have a root.
            self.blocks.extend(subtree_root(&leaves).map(|root| (block, root)));
        }
    }

    /// Compares what was read with the recorded tree and hashes. `size` is the number of sealed events; `recorded` is
    /// their tree, where its row could be read.
    pub(crate) fn compare(
        self,
        size: u64,
        recorded: Option<&CompactRange>,
        hashes: &[(NodePosition, Hash)],
    ) -> ComparedTree {
        let peaks = self.peaks(size);
        let mut compared = ComparedTree { range: range_of(size, &peaks), ..ComparedTree::default() };
        let is_proved = compared.range.is_some() && compared.range.as_ref() == recorded;
        let covered = size.min(self.end_of_what_is_known(hashes));
        let (others, findings) = self.compare_hashes(covered, hashes);
        compared.findings = findings;
        if is_proved {
            let first = others.iter().map(|span| span.first);
            let wrong = first.map(|first| format!("the hash over the events from sequence {first} on is not theirs"));
            compared.findings.extend(wrong);
        } else {
            compared.damaged = others;
            compared.compare_peaks(&peaks, recorded);
        }
        compared.unreadable = self.missing(covered);
        if let Some(last) = size.checked_sub(1).filter(|last| *last >= covered) {
            // However large a size an edited row claims, everything after the known end is one span.
            compared.unreadable.push(SequenceSpan { first: covered, last });
        }
        compared.add_strays(&self, size);
        compared
    }

    /// A sequence that no known event reaches: the end of the last block that was read, plus one block for each
    /// recorded hash. It is bounded by what was read, whatever positions and sizes edited rows claim.
    fn end_of_what_is_known(&self, hashes: &[(NodePosition, Hash)]) -> u64 {
        let read = self.blocks.keys().chain(self.partial.keys()).max().map_or(0, |block| block.saturating_add(1));
        read.saturating_add(hashes.len() as u64).saturating_mul(BLOCK_LEAVES)
    }

    /// The roots of the complete subtrees that a tree of this size consists of, as far as all of their leaves were
    /// read.
    fn peaks(&self, size: u64) -> Vec<Peak> {
        let mut first = 0;
        let bits = (0..u64::BITS).rev().filter(|bit| size >> bit & 1 == 1);
        let peaks = bits.map(|level| {
            let leaves = 1 << level;
            let span = SequenceSpan { first, last: first + (leaves - 1) };
            first += leaves;
            Peak { span, hash: self.subtree(span.first, level) }
        });
        peaks.collect()
    }

    fn subtree(&self, first: u64, level: u32) -> Option<Hash> {
        let Some(level_of_blocks) = level.checked_sub(BLOCK_LEVEL) else {
            let leaves = self.partial.get(&(first / BLOCK_LEAVES))?;
            let within = first % BLOCK_LEAVES..first % BLOCK_LEAVES + (1 << level);
            let leaves: Option<Vec<Hash>> = within.map(|within| leaves.get(&within).copied()).collect();
            return subtree_root(&leaves?);
        };
        // Appended like leaves, the roots of blocks result in the root over them.
        let mut upper = CompactRange::new();
        let block = first / BLOCK_LEAVES;
        for block in block..block + (1 << level_of_blocks) {
            upper.append(*self.blocks.get(&block)?);
        }
        Some(upper.root())
    }

    /// The blocks whose events do not match a recorded hash, and the recorded hashes that are missing, superfluous or
    /// contradict each other.
    fn compare_hashes(&self, size: u64, hashes: &[(NodePosition, Hash)]) -> (Vec<SequenceSpan>, Vec<String>) {
        let recorded: BTreeMap<NodePosition, Hash> = hashes.iter().copied().collect();
        let (mut others, mut findings) = (Vec::new(), Vec::new());
        let mut expected = 0;
        for level in BLOCK_LEVEL..u64::BITS {
            let count = size >> level;
            expected += count;
            for position in 0..count {
                let first = position << level;
                let Some(found) = recorded.get(&NodePosition { level, position }) else {
                    findings.push(format!("the hash of level {level} at sequence {first} is missing"));
                    continue;
                };
                if level == BLOCK_LEVEL {
                    if self.blocks.get(&position).is_some_and(|block| block != found) {
                        others.push(SequenceSpan { first, last: first + (BLOCK_LEAVES - 1) });
                    }
                    continue;
                }
                let child = |position| recorded.get(&NodePosition { level: level - 1, position });
                let children = child(2 * position).zip(child(2 * position + 1));
                if children.is_some_and(|(left, right)| hash_node(left, right) != *found) {
                    findings.push(format!("the hash of level {level} at sequence {first} is not that of its children"));
                }
            }
        }
        if recorded.len() as u64 > expected {
            findings.push(format!("there are {} hashes of a tree that has {expected}", recorded.len()));
        }
        (others, findings)
    }

    /// The sequences below `size` that were not read.
    fn missing(&self, size: u64) -> Vec<SequenceSpan> {
        let mut missing: Vec<SequenceSpan> = Vec::new();
        let mut miss = |first: u64, last: u64| match missing.last_mut() {
            Some(previous) if previous.last + 1 == first => previous.last = last,
            _ => missing.push(SequenceSpan { first, last }),
        };
        for block in 0..size.div_ceil(BLOCK_LEAVES) {
            let first = block * BLOCK_LEAVES;
            let last = (first + (BLOCK_LEAVES - 1)).min(size - 1);
            match (self.blocks.contains_key(&block), self.partial.get(&block)) {
                (true, _) => {}
                (false, None) => miss(first, last),
                (false, Some(leaves)) => {
                    let absent = (first..=last).filter(|sequence| !leaves.contains_key(&(sequence - first)));
                    absent.for_each(|sequence| miss(sequence, sequence));
                }
            }
        }
        missing
    }
}

/// The root of a complete subtree.
#[derive(Debug, Clone, Copy)]
struct Peak {
    span: SequenceSpan,
    hash: Option<Hash>,
}

/// The result of a comparison.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct ComparedTree {
    /// The recomputed tree, where all of its leaves were read.
    pub range: Option<CompactRange>,
    /// Events that differ from those that were acknowledged.
    pub damaged: Vec<SequenceSpan>,
    /// Events that were not read.
    pub unreadable: Vec<SequenceSpan>,
    /// Problems of the tree's records.
    pub findings: Vec<String>,
}

impl ComparedTree {
    /// Finds problems that blocks do not show: in the last events, and a tree that contradicts the hashes of its
    /// blocks.
    fn compare_peaks(&mut self, peaks: &[Peak], recorded: Option<&CompactRange>) {
        let Some(recorded) = recorded else { return };
        let bytes = recorded.to_bytes();
        let hashes = bytes.get(size_of::<u64>()..).unwrap_or_default().as_chunks::<32>().0;
        for (Peak { span, hash }, recorded) in peaks.iter().zip(hashes) {
            let is_known = self.damaged.iter().any(|known| known.first <= span.last && span.first <= known.last);
            if !is_known && hash.is_some_and(|hash| hash != *recorded) {
                self.damaged.push(*span);
            }
        }
    }

    fn add_strays(&mut self, tree: &SealedTree, size: u64) {
        self.damaged.extend(tree.doubled.iter().map(|sequence| SequenceSpan { first: *sequence, last: *sequence }));
        self.findings.extend(tree.doubled.iter().map(|sequence| format!("sequence {sequence} is stored twice")));
        let whole = tree.blocks.keys().map(|block| block * BLOCK_LEAVES + (BLOCK_LEAVES - 1));
        let partial = tree.partial.iter().filter_map(|(block, leaves)| {
            let (within, _) = leaves.last_key_value()?;
            Some(block * BLOCK_LEAVES + within)
        });
        if let Some(last) = whole.chain(partial).max().filter(|last| *last >= size) {
            self.findings.push(format!("segments hold events up to sequence {last}, and {size} are sealed"));
        }
    }
}

fn range_of(size: u64, peaks: &[Peak]) -> Option<CompactRange> {
    let hashes: Option<Vec<Hash>> = peaks.iter().map(|peak| peak.hash).collect();
    let bytes = [size.to_be_bytes().as_slice(), hashes?.as_flattened()].concat();
    CompactRange::from_bytes(&bytes).ok()
}

/// The root of a tree after appending leaves.
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

    fn compared(tree: SealedTree, range: &CompactRange, hashes: &[(NodePosition, Hash)]) -> ComparedTree {
        tree.compare(range.size(), Some(range), hashes)
    }

    fn span(first: u64, last: u64) -> SequenceSpan {
        SequenceSpan { first, last }
    }

    #[test]
    fn a_size_that_an_edited_row_claims_costs_no_more_than_what_is_there() {
        let (_, hashes) = recorded(700);
        let size = (1 << 62) + 3;
        let compared = read(0..700).compare(size, None, &hashes);
        assert_eq!(compared.unreadable.last().map(|span| span.last), Some(size - 1));
        let unreadable: u64 = compared.unreadable.iter().map(|span| span.last - span.first + 1).sum();
        assert_eq!(unreadable, size - 700);
    }

    #[test]
    fn leaves_read_in_any_order_give_the_recorded_tree() {
        for size in [0, 1, 255, 256, 257, 700, 1_024, 1_300] {
            let (range, hashes) = recorded(size);
            let halves = (size / 3..size).chain(0..size / 3);
            let expected = ComparedTree { range: Some(range.clone()), ..ComparedTree::default() };
            assert_eq!(compared(read(halves), &range, &hashes), expected, "{size}");
        }
    }

    #[test]
    fn what_is_missing_is_unreadable_and_nothing_else() {
        let (range, hashes) = recorded(700);
        for (missing, expected) in [(300..301, span(300, 300)), (699..700, span(699, 699)), (100..600, span(100, 599))]
        {
            let tree = read((0..700).filter(|sequence| !missing.contains(sequence)));
            let found = compared(tree, &range, &hashes);
            assert_eq!((found.unreadable, found.damaged, found.range), (vec![expected], vec![], None));
        }
    }

    #[test]
    fn what_is_changed_is_damaged_with_the_smallest_subtree_it_is_in() {
        let (range, hashes) = recorded(700);
        for (changed, expected) in
            [(5, span(0, 255)), (511, span(256, 511)), (640, span(640, 671)), (699, span(696, 699))]
        {
            let mut tree = read((0..700).filter(|sequence| *sequence != changed));
            tree.add(changed, leaf(0).map(|byte| !byte));
            let found = compared(tree, &range, &hashes);
            assert_eq!((found.damaged, found.unreadable), (vec![expected], vec![]), "{changed}");
        }
    }

    #[test]
    fn what_comes_twice_or_too_late_is_found() {
        let (range, hashes) = recorded(700);
        assert_eq!(compared(read((0..700).chain([5])), &range, &hashes).damaged, [span(5, 5)]);
        assert_eq!(compared(read(0..701), &range, &hashes).findings.len(), 1);
    }

    #[test]
    fn recorded_hashes_that_are_wrong_damage_no_event() {
        let (range, hashes) = recorded(700);
        for index in 0..hashes.len() {
            let mut fewer = hashes.clone();
            fewer.remove(index);
            let mut other = hashes.clone();
            other[index].1 = leaf(1);
            for hashes in [fewer, other] {
                let found = compared(read(0..700), &range, &hashes);
                assert!(!found.findings.is_empty() && found.damaged.is_empty(), "hash {index}: {found:?}");
            }
        }
        let extra = [hashes, vec![(NodePosition { level: 8, position: 9 }, leaf(1))]].concat();
        assert_eq!(compared(read(0..700), &range, &extra).findings.len(), 1, "one hash too many");
    }
}
