//! Owns which long queries run: fewer than there are cores, each for a time slice, in the order of their arrival.

use std::{
    collections::VecDeque,
    time::{Duration, Instant},
};

use parking_lot::{Condvar, Mutex};

/// How long a query runs while others wait for their turn.
pub(super) const TURN: Duration = Duration::from_millis(20);

/// The turns of long queries.
#[derive(Debug)]
pub(super) struct Turns {
    most: usize,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    running: usize,
    last_ticket: u64,
    waiting: VecDeque<u64>,
}

/// A position in the queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Ticket(u64);

impl Turns {
    /// At most `most` queries run at the same time.
    pub(super) fn new(most: usize) -> Self {
        Self { most, state: Mutex::default(), changed: Condvar::new() }
    }

    /// Joins the end of the queue.
    pub(super) fn join(&self) -> Ticket {
        let mut state = self.state.lock();
        state.last_ticket += 1;
        let ticket = state.last_ticket;
        state.waiting.push_back(ticket);
        Ticket(ticket)
    }

    /// Waits for the turn, for at most `limit`. Returns whether it has come; it lasts until [`Self::end`].
    pub(super) fn wait(&self, ticket: Ticket, limit: Duration) -> bool {
        let until = Instant::now() + limit;
        let mut state = self.state.lock();
        loop {
            if state.running < self.most && state.waiting.front() == Some(&ticket.0) {
                state.waiting.pop_front();
                state.running += 1;
                self.changed.notify_all();
                return true;
            }
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return false;
            }
            self.changed.wait_for(&mut state, left);
        }
    }

    /// Whether any query waits.
    pub(super) fn is_waited_for(&self) -> bool {
        !self.state.lock().waiting.is_empty()
    }

    /// Ends a turn.
    pub(super) fn end(&self) {
        self.state.lock().running -= 1;
        self.changed.notify_all();
    }

    /// Leaves the queue.
    pub(super) fn leave(&self, ticket: Ticket) {
        self.state.lock().waiting.retain(|waiting| *waiting != ticket.0);
        self.changed.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn turns_come_in_order_and_only_so_many_at_once() {
        let turns = Turns::new(1);
        let (first, second, third) = (turns.join(), turns.join(), turns.join());
        assert!(!turns.wait(second, Duration::ZERO));
        assert!(turns.wait(first, Duration::ZERO));
        assert!(!turns.wait(second, Duration::ZERO) && turns.is_waited_for());
        // A query that leaves the queue blocks no other.
        turns.leave(second);
        turns.end();
        assert!(turns.wait(third, Duration::ZERO) && !turns.is_waited_for());
    }
}
