//! Owns the most recent blocks of one log, without gaps between them.

use std::{collections::VecDeque, sync::Arc};

use crate::tail::block::Block;

/// The most recent blocks of one log.
#[derive(Debug)]
pub(super) struct Ring {
    blocks: VecDeque<Arc<Block>>,
    /// The first sequence in the ring, and the one after the last.
    first: u64,
    end: u64,
}

/// The ring's result for a reader.
#[derive(Debug)]
pub(super) enum Found {
    /// The block that holds the reader's next event.
    Block(Arc<Block>),
    /// The reader's next event does not exist yet.
    Nothing,
    /// The reader's next event was evicted, or was never in the ring.
    Behind,
}

impl Ring {
    /// A ring that begins at this sequence.
    pub(super) const fn new(first: u64) -> Self {
        Self { blocks: VecDeque::new(), first, end: first }
    }

    pub(super) const fn first(&self) -> u64 {
        self.first
    }

    pub(super) const fn end(&self) -> u64 {
        self.end
    }

    pub(super) fn bytes(&self) -> usize {
        self.blocks.iter().map(|block| block.bytes()).sum()
    }

    pub(super) fn push(&mut self, block: Block) {
        self.end = block.end();
        self.blocks.push_back(Arc::new(block));
    }

    /// Evicts the oldest blocks until the rest takes at most this many bytes, or only one block is left.
    pub(super) fn shrink_to(&mut self, bytes_max: usize) {
        let mut bytes = self.bytes();
        while bytes > bytes_max && self.blocks.len() > 1 {
            let Some(oldest) = self.blocks.pop_front() else { return };
            bytes = bytes.saturating_sub(oldest.bytes());
            self.first = oldest.end();
        }
    }

    pub(super) fn find(&self, next: u64) -> Found {
        if next < self.first {
            return Found::Behind;
        }
        let index = self.blocks.partition_point(|block| block.end() <= next);
        self.blocks.get(index).map_or(Found::Nothing, |block| Found::Block(Arc::clone(block)))
    }
}
