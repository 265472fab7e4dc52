//! Owns one piece of a tenant's tail: neighbouring events as columns, with their leaf hashes.

use arrow_array::RecordBatch;
use auditlog_core::merkle::Hash;

/// The approximate memory of an entry of the writer's id map, besides the columns.
const ID_ENTRY_BYTES: usize = 64;

/// Consecutive committed events of one tenant, all received on one UTC day.
#[derive(Debug, Clone)]
pub(crate) struct TailBatch {
    /// The events, in order of their sequences, which have no gap.
    pub columns: RecordBatch,
    /// The sequence of the first one.
    pub first_sequence: u64,
    /// The hash of each event's leaf.
    pub leaf_hashes: Vec<Hash>,
    /// The UTC day they were received on.
    pub day: i64,
    /// Batches of one generation are sealed together; see [`super::Published`].
    pub generation: u64,
    bytes: u64,
}

impl TailBatch {
    pub(crate) fn new(columns: RecordBatch, first_sequence: u64, leaf_hashes: Vec<Hash>, day: i64) -> Self {
        let beside = leaf_hashes.len() * (size_of::<Hash>() + ID_ENTRY_BYTES);
        let bytes = (columns.get_array_memory_size() + beside) as u64;
        Self { columns, first_sequence, leaf_hashes, day, generation: 0, bytes }
    }

    /// The same batch in another generation.
    pub(crate) fn of_generation(self, generation: u64) -> Self {
        Self { generation, ..self }
    }

    pub(crate) fn rows(&self) -> usize {
        self.columns.num_rows()
    }

    /// The sequence after the last event.
    pub(crate) fn end_sequence(&self) -> u64 {
        self.first_sequence + self.rows() as u64
    }

    /// The approximate memory of the batch, in bytes.
    pub(crate) fn bytes(&self) -> u64 {
        self.bytes
    }
}
