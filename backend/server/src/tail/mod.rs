//! Owns live tails: newly committed events, kept once for all readers, and each reader's position.
//!
//! Readers have no queues of their own. Each tenant with readers has one [`feed`]: it waits for the log to grow, reads
//! the new events once and keeps them in a ring of blocks that is bounded in bytes. A [`reader`] takes block after
//! block from its own position, as its connection sends them. If the ring no longer holds its position, the reader
//! reads from the store while it catches up; a reader that was already live is ended instead and may resume. Filters
//! are evaluated on the query threads ([`matching`]), never on the runtime's. Knows nothing of routes and parameters.

mod block;
mod feed;
mod feeds;
mod frame;
mod mark;
mod matching;
mod reader;
mod ring;
mod tails;

pub(crate) use block::Selection;
pub(crate) use feeds::Feeds;
use feeds::Source;
pub(crate) use mark::Mark;
pub(crate) use reader::{Subscription, Tail};
pub(crate) use tails::Tails;
