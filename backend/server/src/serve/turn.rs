//! Owns the places that connections take, and whose turn it is on each of them: the server's, while it works on a
//! request, or the client's, while the next request, the rest of a body or the taking of an answer is waited for. Where
//! all places are taken, the connection whose client has been waited for longest gives up its place. Knows nothing of
//! HTTP.

use std::{
    collections::BTreeMap,
    num::NonZeroUsize,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};

use crate::limits::UntilSent;

/// The places there are.
#[derive(Debug)]
pub(super) struct Places {
    free: Arc<Semaphore>,
    most: usize,
    queue: Arc<Mutex<Queue>>,
}

/// The connections whose clients are waited for, the longest first.
#[derive(Debug, Default)]
struct Queue {
    last_ticket: u64,
    waited_for: BTreeMap<u64, Arc<Notify>>,
    /// Somebody needs a place and nobody could give one up yet.
    is_place_wanted: bool,
}

/// A taken place. Dropping it gives it back.
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
    /// The place in the queue while it is the client's turn.
    ticket: Option<u64>,
    /// There is a request that is not answered, or whose answer is not sent.
    is_asked: bool,
    /// An answer is complete and not yet handed to the system.
    is_answered: bool,
    /// The answer is held back: the server does nothing for this client until it sends it.
    is_held_back: bool,
    /// What the answer that is being sent holds.
    held: UntilSent,
}

impl Places {
    pub(super) fn new(most: NonZeroUsize) -> Self {
        let most = most.get().min(Semaphore::MAX_PERMITS);
        Self { free: Arc::new(Semaphore::new(most)), most, queue: Arc::default() }
    }

    /// Takes a place; where there is none, somebody is asked to give up theirs.
    pub(super) async fn take(&self) -> Option<Place> {
        if let Ok(place) = Arc::clone(&self.free).try_acquire_owned() {
            return Some(place);
        }
        lock(&self.queue).want_place();
        let place = Arc::clone(&self.free).acquire_owned().await.ok();
        lock(&self.queue).is_place_wanted = false;
        place
    }

    /// The turn of a new connection: its client's, who is to send a request.
    pub(super) fn turn(&self) -> Arc<Turn> {
        let turn = Turn { queue: Arc::clone(&self.queue), give_up: Arc::default(), state: Mutex::default() };
        turn.to_client();
        Arc::new(turn)
    }

    /// Resolves when all of them are free.
    pub(super) async fn until_free(&self) {
        let all = u32::try_from(self.most).unwrap_or(u32::MAX);
        // The semaphore is never closed.
        drop(self.free.acquire_many(all).await);
    }

    /// How many are taken.
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
    /// Resolves when this connection is to give up its place.
    pub(super) async fn given_up(&self) {
        self.give_up.notified().await;
    }

    /// Has this connection give up its place, whoever's turn it is.
    pub(super) fn give_up(&self) {
        self.give_up.notify_one();
    }

    /// The client is waited for. Bytes that trickle in do not begin the wait anew.
    pub(super) fn to_client(&self) {
        let mut state = lock(&self.state);
        if state.ticket.is_none() {
            state.ticket = Some(lock(&self.queue).join(&self.give_up));
        }
    }

    /// A request has come: the server works.
    pub(super) fn asked(&self) {
        lock(&self.state).is_asked = true;
        self.to_server();
    }

    /// The server works on.
    pub(super) fn to_server(&self) {
        self.leave(&mut lock(&self.state));
    }

    /// The answer is held back from now on. Meanwhile the place is another's if it is needed.
    pub(super) fn begin_holding_back(&self) {
        lock(&self.state).is_held_back = true;
        self.to_client();
    }

    /// The answer is sent now.
    pub(super) fn end_holding_back(&self) {
        lock(&self.state).is_held_back = false;
        self.to_server();
    }

    /// A complete answer, and what it holds, is on its way to the system.
    pub(super) fn answered(&self) {
        lock(&self.state).is_answered = true;
    }

    /// What the answer holds until it is sent.
    pub(super) fn hold(&self, held: UntilSent) {
        lock(&self.state).held = held;
    }

    /// Everything written so far is with the system: behind a complete answer the client's turn begins, and the rest of
    /// an answer that is made bit by bit is the server's to give.
    pub(super) fn sent(&self) {
        let mut state = lock(&self.state);
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
        state.ticket = Some(lock(&self.queue).join(&self.give_up));
        drop(state);
        // Whoever waits for what is given back here wakes.
        drop(held);
    }

    fn leave(&self, state: &mut State) {
        if let Some(ticket) = state.ticket.take() {
            lock(&self.queue).waited_for.remove(&ticket);
        }
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.to_server();
    }
}

/// A poisoned lock means that another task panicked; each change here is complete in itself.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
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
        // The first one works and then waits anew; the second one's bytes trickle in.
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
        // Connections are flushed whenever they are looked at.
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
        // An answer that is complete but not sent is not cut.
        turn.answered();
        assert!(!is_given_up(&turn));
        turn.sent();
        assert!(is_given_up(&turn));
    }
}
