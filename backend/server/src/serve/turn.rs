//! Owns the places of connections, and which side has to act next on each: the server while it works on a request, or
//! the client while the server waits for the next request, for the rest of a body, or for the client to read an answer.
//! When a new connection finds all places taken, the connection that has waited longest for its client gives up its
//! place. Knows nothing of HTTP.

use std::{collections::BTreeMap, num::NonZeroUsize, sync::Arc};

use parking_lot::Mutex;
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};

use crate::limits::UntilSent;

/// The places for connections.
#[derive(Debug)]
pub(super) struct Places {
    free: Arc<Semaphore>,
    most: usize,
    queue: Arc<Mutex<Queue>>,
}

/// The connections that wait for their clients, the longest wait first.
#[derive(Debug, Default)]
struct Queue {
    last_ticket: u64,
    waited_for: BTreeMap<u64, Arc<Notify>>,
    /// A connection needs a place, and no other could give one up yet.
    is_place_wanted: bool,
}

/// A taken place. Dropping it returns the place.
pub(super) type Place = OwnedSemaphorePermit;

/// Whose turn it is on one connection.
#[derive(Debug)]
pub(super) struct Turn {
    queue: Arc<Mutex<Queue>>,
    give_up: Arc<Notify>,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// The position in the queue during the client's turn.
    ticket: Option<u64>,
    /// A request is unanswered, or its answer is not sent.
    is_asked: bool,
    /// An answer is complete but not yet written to the socket.
    is_answered: bool,
    /// The answer is delayed: the server does no work for this client until it sends the answer.
    is_held_back: bool,
    /// The resources held by the answer that is being sent.
    held: UntilSent,
}

impl Places {
    pub(super) fn new(most: NonZeroUsize) -> Self {
        let most = most.get().min(Semaphore::MAX_PERMITS);
        Self { free: Arc::new(Semaphore::new(most)), most, queue: Arc::default() }
    }

    /// Takes a place; if there is none, another connection is asked to give up its place.
    pub(super) async fn take(&self) -> Option<Place> {
        if let Ok(place) = Arc::clone(&self.free).try_acquire_owned() {
            return Some(place);
        }
        self.queue.lock().want_place();
        let place = Arc::clone(&self.free).acquire_owned().await.ok();
        self.queue.lock().is_place_wanted = false;
        place
    }

    /// The turn of a new connection: the client's, because the server waits for its request.
    pub(super) fn turn(&self) -> Arc<Turn> {
        let turn = Turn { queue: Arc::clone(&self.queue), give_up: Arc::default(), state: Mutex::default() };
        turn.to_client();
        Arc::new(turn)
    }

    /// Resolves when all places are free.
    pub(super) async fn until_free(&self) {
        let all = u32::try_from(self.most).unwrap_or(u32::MAX);
        // The semaphore is never closed.
        drop(self.free.acquire_many(all).await);
    }

    /// The number of taken places.
    pub(super) fn taken(&self) -> usize {
        self.most - self.free.available_permits()
    }
}

impl Queue {
    fn join(&mut self, give_up: &Arc<Notify>) -> u64 {
        self.last_ticket += 1;
        self.waited_for.insert(self.last_ticket, Arc::clone(give_up));
        if self.is_place_wanted {
            self.want_place();
        }
        self.last_ticket
    }

    fn want_place(&mut self) {
        let longest = self.waited_for.pop_first();
        self.is_place_wanted = longest.is_none();
        if let Some((_, give_up)) = longest {
            give_up.notify_one();
        }
    }
}

impl Turn {
    /// Resolves when this connection must give up its place.
    pub(super) async fn given_up(&self) {
        self.give_up.notified().await;
    }

    /// Makes this connection give up its place, regardless of the turn.
    pub(super) fn give_up(&self) {
        self.give_up.notify_one();
    }

    /// Begins the client's turn. Bytes that trickle in do not restart the wait.
    pub(super) fn to_client(&self) {
        let mut state = self.state.lock();
        if state.ticket.is_none() {
            state.ticket = Some(self.queue.lock().join(&self.give_up));
        }
    }

    /// A request has arrived: begins the server's turn.
    pub(super) fn asked(&self) {
        self.state.lock().is_asked = true;
        self.to_server();
    }

    /// Continues the server's turn.
    pub(super) fn to_server(&self) {
        self.leave(&mut self.state.lock());
    }

    /// The answer is delayed from now on. Meanwhile another connection may take the place.
    pub(super) fn begin_holding_back(&self) {
        self.state.lock().is_held_back = true;
        self.to_client();
    }

    /// The answer is sent from now on.
    pub(super) fn end_holding_back(&self) {
        self.state.lock().is_held_back = false;
        self.to_server();
    }

    /// An answer is complete, and is being written to the socket together with the resources that it holds.
    pub(super) fn answered(&self) {
        self.state.lock().is_answered = true;
    }

    /// Sets the resources that the answer holds until it is sent.
    pub(super) fn hold(&self, held: UntilSent) {
        self.state.lock().held = held;
    }

    /// Everything so far is written to the socket. After a complete answer the client's turn begins; if more of the
    /// answer must still be made, it is the server's turn.
    pub(super) fn sent(&self) {
        let mut state = self.state.lock();
        if !state.is_answered {
            if state.is_asked && !state.is_held_back {
                self.leave(&mut state);
            }
            return;
        }
        state.is_answered = false;
        state.is_asked = false;
        let held = std::mem::take(&mut state.held);
        self.leave(&mut state);
        state.ticket = Some(self.queue.lock().join(&self.give_up));
        drop(state);
        // Releasing the resources wakes the tasks that wait for them.
        drop(held);
    }

    fn leave(&self, state: &mut State) {
        if let Some(ticket) = state.ticket.take() {
            self.queue.lock().waited_for.remove(&ticket);
        }
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.to_server();
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;

    use super::*;

    fn places(count: usize) -> Places {
        Places::new(NonZeroUsize::new(count).unwrap())
    }

    fn is_given_up(turn: &Turn) -> bool {
        turn.given_up().now_or_never().is_some()
    }

    #[test]
    fn the_client_waited_for_longest_gives_up_its_place() {
        let places = places(3);
        let taken: Vec<_> = (0..3).map(|_| places.take().now_or_never().unwrap()).collect();
        let turns: Vec<_> = (0..3).map(|_| places.turn()).collect();
        // The first one works and then waits again; the second one's bytes trickle in.
        turns[0].to_server();
        turns[0].to_client();
        turns[1].to_client();
        assert!(places.take().now_or_never().is_none());
        assert_eq!(turns.iter().map(|turn| is_given_up(turn)).collect::<Vec<_>>(), [false, true, false]);
        drop(taken);
        assert_eq!(places.taken(), 0);
    }

    #[test]
    fn who_has_taken_all_there_is_of_an_answer_is_not_waited_for() {
        let places = places(1);
        let _taken = places.take().now_or_never().unwrap();
        let turn = places.turn();
        turn.asked();
        turn.to_client();
        turn.sent();
        assert!(places.take().now_or_never().is_none());
        assert!(!is_given_up(&turn));
    }

    #[test]
    fn whose_answer_is_held_back_gives_up_its_place() {
        let places = places(1);
        let _taken = places.take().now_or_never().unwrap();
        let turn = places.turn();
        turn.asked();
        turn.begin_holding_back();
        // Connections are flushed whenever they are polled.
        turn.sent();
        assert!(places.take().now_or_never().is_none());
        assert!(is_given_up(&turn));
        let turn = places.turn();
        turn.asked();
        turn.begin_holding_back();
        turn.end_holding_back();
        assert!(places.take().now_or_never().is_none());
        assert!(!is_given_up(&turn));
    }

    #[test]
    fn nobody_who_is_worked_for_gives_up_a_place() {
        let places = places(1);
        let _taken = places.take().now_or_never().unwrap();
        let turn = places.turn();
        turn.to_server();
        assert!(places.take().now_or_never().is_none());
        assert!(!is_given_up(&turn));
        // An answer that is complete but not sent is not aborted.
        turn.answered();
        assert!(!is_given_up(&turn));
        turn.sent();
        assert!(is_given_up(&turn));
    }
}
