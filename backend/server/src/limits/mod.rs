//! Owns what bounds the work that requests cause: how many bytes of batches and of answers are held at once, how many
//! queries run at once, how many tails are open, how much of it one tenant or key may have, who is next where all of it
//! is taken, and how long each query may take. What a request takes here it holds until its answer is sent
//! ([`until_sent`]).

mod answer_memory;
mod batch_memory;
mod compute;
mod control_turn;
mod fair_pool;
mod query_slot;
mod shares;
mod tail_slot;
mod until_sent;
mod whole_store_slot;

pub(crate) use answer_memory::{ANSWER_BYTES_MAX, AnswerMemory, AnswerRoom, too_large};
pub(crate) use batch_memory::BatchMemory;
use batch_memory::BatchRoom;
pub(crate) use compute::compute;
pub(crate) use control_turn::{ControlTurn, ControlTurns, Purpose};
pub(crate) use query_slot::{PieceBudgets, QueryPermit, QuerySlots};
pub(crate) use tail_slot::{TailSlot, TailSlots};
pub(crate) use until_sent::{UntilSent, count_bytes as count_bytes_until_sent};
pub(crate) use whole_store_slot::WholeStoreSlots;
