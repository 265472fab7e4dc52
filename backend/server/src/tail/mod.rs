//! Owns live tails: what has just been committed, kept once for all who read along, and each reader's way through it.
//!
//! Nobody has a queue of their own. Each tenant with readers has one [`feed`]: it waits for the log to grow, reads what
//! is new once and keeps it in a ring of blocks that is bounded in bytes. A [`reader`] takes block after block from its
//! own place, as its connection takes them; one whose place the ring no longer holds reads it from the store while it
//! catches up, and is told to come again where it was live before. Filters are asked on the threads of queries
//! ([`matching`]), never on the runtime's. Knows nothing of routes and parameters.

mod block;
mod feed;
mod feeds;
mod frame;
mod mark;
mod matching;
mod reader;
mod ring;

pub(crate) use block::Selection;
pub(crate) use feeds::{Feeds, Source};
pub(crate) use mark::Mark;
pub(crate) use reader::{Subscription, Tail};
