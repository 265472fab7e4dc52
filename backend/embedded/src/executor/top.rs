//! The best matches so far, in the requested order.

use std::collections::BinaryHeap;

use auditlog_core::query::{Order, Position};

use crate::index::Span;

/// An event's rank in the requested order: a smaller rank is listed earlier.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Rank {
    time: i64,
    sequence: u64,
}

/// Converts times and sequences to ranks.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ranking(pub(super) Order);

impl Ranking {
    pub(super) fn rank(self, occurred_at: i64, sequence: u64) -> Rank {
        match self.0 {
            // Complements fall where numbers rise, and unlike a negation they cannot overflow.
            Order::NewestFirst => Rank { time: !occurred_at, sequence: !sequence },
            Order::OldestFirst => Rank { time: occurred_at, sequence },
        }
    }

    pub(super) fn of_position(self, position: Position) -> Rank {
        self.rank(position.occurred_at.as_micros(), position.sequence)
    }

    /// The time part of the smallest rank that rows within these times can have.
    pub(super) fn first_time(self, times: Span<i64>) -> i64 {
        match self.0 {
            Order::NewestFirst => !times.latest,
            Order::OldestFirst => times.earliest,
        }
    }

    /// Whether all rows within these times precede `after`, whatever their sequences.
    pub(super) fn is_passed(self, times: Span<i64>, after: Option<Rank>) -> bool {
        let last_time = match self.0 {
            Order::NewestFirst => !times.earliest,
            Order::OldestFirst => times.latest,
        };
        after.is_some_and(|after| last_time < after.time)
    }
}

/// The location of a match.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    pub(super) source: Source,
    pub(super) row: u32,
}

/// A batch of the tail or a segment, by its position in the snapshot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Source {
    Tail(usize),
    Segment(usize),
}

/// Keeps the matches with the smallest ranks, up to a limit.
pub(super) struct Top {
    kept: BinaryHeap<(Rank, Place)>,
    capacity: usize,
    after: Option<Rank>,
}

impl Top {
    pub(super) fn new(capacity: usize, after: Option<Rank>) -> Self {
        Self { kept: BinaryHeap::new(), capacity, after }
    }

    /// Whether a match of this rank would be kept now.
    pub(super) fn wants(&self, rank: Rank) -> bool {
        if self.after.is_some_and(|after| rank <= after) {
            return false;
        }
        self.kept.len() < self.capacity || self.kept.peek().is_some_and(|(worst, _)| rank < *worst)
    }

    /// Whether no match with this time or a later one in the order can be kept any more.
    pub(super) fn is_closed_to(&self, first_time: i64) -> bool {
        self.kept.len() >= self.capacity && self.kept.peek().is_some_and(|(worst, _)| first_time > worst.time)
    }

    pub(super) fn keep(&mut self, rank: Rank, place: Place) {
        if self.kept.len() == self.capacity {
            self.kept.pop();
        }
        self.kept.push((rank, place));
    }

    /// The places kept, in order.
    pub(super) fn into_places(self) -> Vec<Place> {
        self.kept.into_sorted_vec().into_iter().map(|(_, place)| place).collect()
    }
}
