//! Owns what bounds the work that requests cause: how many bytes of batches are held at once, how many queries run at
//! once, how many tails are open, how much of it one tenant or key may have, who is next where all of it is taken, and
//! how long each query may take.

mod batch_memory;
mod compute;
mod control_turn;
mod fair_pool;
mod query_slot;
mod shares;
mod tail_slot;
mod whole_store_slot;

pub(crate) use batch_memory::BatchMemory;
pub(crate) use compute::compute;
pub(crate) use control_turn::{ControlTurn, ControlTurns, Purpose};
pub(crate) use query_slot::{PieceBudgets, QueryPermit, QuerySlots, UntilSent};
pub(crate) use tail_slot::{TailSlot, TailSlots};
pub(crate) use whole_store_slot::WholeStoreSlots;
