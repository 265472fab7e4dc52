//! Owns what bounds the work that requests cause: how many bytes of batches are held at once, how many queries run at
//! once, how much of both one tenant or key may have, and how long each query may take.

mod batch_memory;
mod query_slot;
mod shares;

pub(crate) use batch_memory::BatchMemory;
pub(crate) use query_slot::{QueryPermit, QuerySlots, UntilSent};
