//! Owns the orders in which events are listed, and positions in them.

use crate::timestamp::Timestamp;

/// The order in which events are listed: by (`occurred_at`, `sequence`), both falling or both rising.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Order {
    /// Falling.
    #[default]
    NewestFirst,
    /// Rising.
    OldestFirst,
}

/// A position in that order. It names an event, never a file, so it stays valid after sealing, compaction and restarts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    /// The event's time.
    pub occurred_at: Timestamp,
    /// The event's sequence.
    pub sequence: u64,
}
