//! Owns what bounds the work that requests cause: how many bytes of batches are held at once, how many queries run at
//! once and how long each may take.

mod batch_memory;
mod query_slot;

pub(crate) use batch_memory::BatchMemory;
pub(crate) use query_slot::QuerySlots;
