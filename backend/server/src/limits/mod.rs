//! Owns the limits on the work that requests cause: the bytes of batches and answers in memory, the number of running
//! queries and open tails, the shares of one tenant or key, the order of waiting requests, and the timeout of queries.
//! A request holds what it takes here until its answer is sent ([`until_sent`]).

mod answer_memory;
mod batch_memory;
mod change_turn;
mod compute;
mod fair_pool;
mod query_slot;
mod refused;
mod shares;
mod tail_slot;
mod until_sent;
mod whole_store_slot;

pub(crate) use answer_memory::{ANSWER_BYTES_MAX, AnswerMemory, AnswerRoom, too_large};
pub(crate) use batch_memory::BatchMemory;
use batch_memory::BatchRoom;
pub(crate) use change_turn::ChangeTurns;
pub(crate) use compute::compute;
pub(crate) use query_slot::{PieceBudgets, QueryPermit, QuerySlots};
pub(crate) use refused::Limit;
pub(crate) use refused::Refused;
pub(crate) use tail_slot::{TailSlot, TailSlots};
pub(crate) use until_sent::{UntilSent, count_bytes as count_bytes_until_sent};
pub(crate) use whole_store_slot::WholeStoreSlots;
