//! Owns a bounded number of units that tenants share: how many each one holds, which requests wait, and which is next.
//!
//! The rules are the same for everything that is shared. No holder has more than its share. The last units are only
//! given to holders that have none, so that a few holders at their maximum leave some for the others. A free unit goes
//! to the waiting holder that has the fewest, and among equals to the one served longest ago; so a holder that requests
//! in a loop never overtakes one that has not been served.

use std::{
    collections::{HashMap, VecDeque},
    sync::Arc,
};

use auditlog_core::policy::Scope;
use parking_lot::Mutex;
use tokio::sync::oneshot;

/// The rules of sharing.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rules {
    /// The number of units.
    pub(super) units: usize,
    /// The maximum number of units of one holder.
    pub(super) holder_max: usize,
    /// The number of units kept for holders that have none.
    pub(super) kept_for_newcomers: usize,
}

/// Why a holder does not get units immediately.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refusal {
    /// The holder would exceed its share.
    ShareTaken,
    /// The holder has some units, and the remaining ones are kept for holders that have none.
    KeptForOthers,
    /// The holder has none, and all units are taken or due to waiting holders.
    AllTaken,
    /// The maximum number of the holder's requests is already waiting.
    TooManyWaiting,
}

/// Shared units. All clones share one pool.
#[derive(Debug, Clone)]
pub(super) struct FairPool {
    rules: Rules,
    state: Arc<Mutex<State>>,
}

#[derive(Debug)]
struct State {
    free: usize,
    /// Counts how often units were granted.
    turns: u64,
    /// The number of waiting requests. It is mostly zero, and then waiting holders need no search.
    waiting: usize,
    /// Holders that have units or wait; while any holder waits, also those that were served before.
    accounts: HashMap<Scope, Account>,
}

#[derive(Debug, Default)]
struct Account {
    held: usize,
    /// The turn in which the holder was last served.
    served: u64,
    waiting: VecDeque<Waiter>,
}

#[derive(Debug)]
struct Waiter {
    units: usize,
    /// The value of [`State::turns`] when this request began to wait.
    since: u64,
    grant: oneshot::Sender<Held>,
}

/// Granted units. Dropping this returns them.
#[derive(Debug)]
pub(super) struct Held {
    pool: FairPool,
    holder: Scope,
    units: usize,
}

impl FairPool {
    pub(super) fn new(rules: Rules) -> Self {
        let state = State { free: rules.units, turns: 0, waiting: 0, accounts: HashMap::new() };
        Self { rules, state: Arc::new(Mutex::new(state)) }
    }

    /// Takes units if the holder may have them now.
    pub(super) fn try_take(&self, holder: &Scope, units: usize) -> Result<Held, Refusal> {
        let mut state = self.state.lock();
        state.check(&self.rules, holder, units)?;
        Ok(self.give(&mut state, holder, units))
    }

    /// Takes units as soon as the holder may have them. Refuses immediately if `waiting_max` requests of this holder
    /// already wait. The wait has no other limit: the caller drops the future to stop waiting.
    pub(super) async fn take(&self, holder: &Scope, units: usize, waiting_max: usize) -> Result<Held, Refusal> {
        let units = units.min(self.rules.holder_max);
        let (granted, returned) = {
            let mut state = self.state.lock();
            if state.check(&self.rules, holder, units).is_ok() {
                return Ok(self.give(&mut state, holder, units));
            }
            let since = state.turns;
            let account = state.accounts.entry(holder.clone()).or_default();
            let gone = account.forget_gone();
            if account.waiting.len() >= waiting_max {
                state.waiting -= gone;
                return Err(Refusal::TooManyWaiting);
            }
            let (grant, granted) = oneshot::channel();
            account.waiting.push_back(Waiter { units, since, grant });
            state.waiting = state.waiting + 1 - gone;
            // The request may precede all that wait for more units than are free to them.
            (granted, self.give_to_waiting(&mut state))
        };
        drop(returned);
        // A sender is dropped only with the pool, which this future borrows.
        granted.await.map_err(|_| Refusal::AllTaken)
    }

    fn give(&self, state: &mut State, holder: &Scope, units: usize) -> Held {
        state.free -= units;
        state.turns += 1;
        let turn = state.turns;
        let account = state.accounts.entry(holder.clone()).or_default();
        account.held += units;
        account.served = turn;
        Held { pool: self.clone(), holder: holder.clone(), units }
    }

    /// Grants free units to waiting requests. A request that no longer waits is skipped: the units granted to it are
    /// returned here, and must be dropped after the lock is released.
    #[must_use]
    fn give_to_waiting(&self, state: &mut State) -> Vec<Held> {
        let mut returned = Vec::new();
        while let Some((holder, units)) = state.next(&self.rules) {
            let Some(account) = state.accounts.get_mut(&holder) else { break };
            let Some(waiter) = account.waiting.pop_front() else { break };
            state.waiting -= 1;
            let held = self.give(state, &holder, units);
            returned.extend(waiter.grant.send(held).err());
        }
        returned
    }

    fn give_back(&self, holder: &Scope, units: usize) {
        let returned = {
            let mut state = self.state.lock();
            state.free += units;
            if let Some(account) = state.accounts.get_mut(holder) {
                account.held -= units;
            }
            let waited_before = state.waiting;
            let returned = self.give_to_waiting(&mut state);
            state.forget_idle(holder, waited_before);
            returned
        };
        drop(returned);
    }
}

impl State {
    fn check(&self, rules: &Rules, holder: &Scope, units: usize) -> Result<(), Refusal> {
        let held = self.accounts.get(holder).map_or(0, |account| account.held);
        if held + units > rules.holder_max {
            return Err(Refusal::ShareTaken);
        }
        let is_free = self.free >= units && !self.is_anybody_due(rules);
        match held {
            0 if is_free => Ok(()),
            0 => Err(Refusal::AllTaken),
            _ if is_free && self.free - units >= rules.kept_for_newcomers => Ok(()),
            _ => Err(Refusal::KeptForOthers),
        }
    }

    /// Whether a holder waits for units to become free, and not just for its own units.
    fn is_anybody_due(&self, rules: &Rules) -> bool {
        self.waiting > 0 && self.accounts.values().any(|account| account.due(rules).is_some())
    }

    /// The next holder and the number of units it requests, if it may have them now.
    fn next(&mut self, rules: &Rules) -> Option<(Scope, usize)> {
        if self.waiting == 0 {
            return None;
        }
        self.waiting -= self.accounts.values_mut().map(Account::forget_gone).sum::<usize>();
        let due = self.accounts.iter().filter_map(|(holder, account)| {
            let waiter = account.due(rules)?;
            Some(((account.held, account.served, waiter.since), holder, waiter.units))
        });
        let ((held, ..), holder, units) = due.min_by_key(|(rank, ..)| *rank)?;
        let kept = if held == 0 { 0 } else { rules.kept_for_newcomers };
        (self.free >= units + kept).then(|| (holder.clone(), units))
    }

    /// Drops the account of a holder that has no units. While any holder waits, the time of the last service is kept.
    fn forget_idle(&mut self, holder: &Scope, waited_before: usize) {
        if self.waiting > 0 {
            return;
        }
        if waited_before > 0 {
            self.accounts.retain(|_, account| account.held > 0);
        } else if self.accounts.get(holder).is_some_and(|account| account.held == 0) {
            self.accounts.remove(holder);
        }
    }
}

impl Account {
    /// Drops requests that no longer wait and returns their number.
    fn forget_gone(&mut self) -> usize {
        let before = self.waiting.len();
        self.waiting.retain(|waiter| !waiter.grant.is_closed());
        before - self.waiting.len()
    }

    /// The holder's first waiting request, unless it must wait for the holder's own share.
    fn due(&self, rules: &Rules) -> Option<&Waiter> {
        let first = self.waiting.iter().find(|waiter| !waiter.grant.is_closed())?;
        (self.held + first.units <= rules.holder_max).then_some(first)
    }
}

impl Held {
    pub(super) const fn units(&self) -> usize {
        self.units
    }

    /// Returns everything beyond this many units.
    pub(super) fn shrink_to(&mut self, units: usize) {
        let surplus = self.units.saturating_sub(units);
        if surplus > 0 {
            self.units -= surplus;
            self.pool.give_back(&self.holder, surplus);
        }
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.pool.give_back(&self.holder, self.units);
    }
}

#[cfg(test)]
mod tests {
    use std::pin::Pin;

    use auditlog_core::id::TenantId;
    use futures_util::FutureExt as _;

    use super::*;

    const WAITING_MAX: usize = 4;

    fn pool(units: usize) -> FairPool {
        FairPool::new(Rules { units, holder_max: units.div_ceil(2), kept_for_newcomers: units / 4 })
    }

    /// A pool of one unit that any holder may have.
    fn turn() -> FairPool {
        FairPool::new(Rules { units: 1, holder_max: 1, kept_for_newcomers: 0 })
    }

    fn tenant(id: &str) -> Scope {
        Scope::Tenant(TenantId::parse(id).unwrap())
    }

    #[test]
    fn two_who_take_all_they_may_leave_something_for_others() {
        let pool = pool(8);
        let take_all = |holder: &Scope| std::iter::from_fn(|| pool.try_take(holder, 1).ok()).collect::<Vec<_>>();
        let (first, second) = (take_all(&tenant("a")), take_all(&tenant("b")));
        assert_eq!((first.len(), second.len()), (4, 2));
        assert_eq!(pool.try_take(&tenant("a"), 1).unwrap_err(), Refusal::ShareTaken);
        assert_eq!(pool.try_take(&tenant("b"), 1).unwrap_err(), Refusal::KeptForOthers);
        let others = (take_all(&tenant("c")), take_all(&tenant("d")));
        assert_eq!((others.0.len(), others.1.len()), (1, 1));
        assert_eq!(pool.try_take(&tenant("e"), 1).unwrap_err(), Refusal::AllTaken);
        drop((first, second, others));
        let state = pool.state.lock();
        assert!(state.free == 8 && state.accounts.is_empty(), "nothing is remembered of who has nothing");
    }

    type Taking = Pin<Box<dyn Future<Output = Result<Held, Refusal>>>>;

    fn take(pool: &FairPool, id: &str, units: usize) -> Taking {
        let (pool, holder) = (pool.clone(), tenant(id));
        Box::pin(async move { pool.take(&holder, units, WAITING_MAX).await })
    }

    /// A request that has begun to wait.
    fn waiting(pool: &FairPool, id: &str, units: usize) -> Taking {
        let mut taking = take(pool, id, units);
        assert!((&mut taking).now_or_never().is_none());
        taking
    }

    #[test]
    fn holders_take_turns_however_often_one_asks() {
        let pool = turn();
        let first = pool.try_take(&tenant("busy"), 1).unwrap();
        let mut again: Vec<_> = (0..3).map(|_| waiting(&pool, "busy", 1)).collect();
        let other = waiting(&pool, "other", 1);
        drop(first);
        let second = other.now_or_never().expect("who was not served yet comes first").unwrap();
        assert!(pool.try_take(&tenant("busy"), 1).is_err(), "nobody is overtaken");
        drop(second);
        let third = again.remove(0).now_or_never().unwrap().unwrap();
        let other = waiting(&pool, "other", 1);
        drop(third);
        assert!(other.now_or_never().is_some(), "the next one of the busy holder comes behind");
    }

    #[test]
    fn who_does_not_wait_any_more_is_passed_over() {
        let pool = turn();
        let first = pool.try_take(&tenant("a"), 1).unwrap();
        let (gone, next) = (waiting(&pool, "b", 1), waiting(&pool, "c", 1));
        drop(gone);
        drop(first);
        let second = next.now_or_never().unwrap().unwrap();
        // Units that were granted and not fetched come back as well.
        let late = waiting(&pool, "d", 1);
        drop(second);
        drop(late);
        pool.try_take(&tenant("e"), 1).unwrap();
    }

    #[test]
    fn a_bounded_number_of_requests_of_each_holder_waits() {
        let pool = turn();
        let _first = pool.try_take(&tenant("a"), 1).unwrap();
        let _waiting: Vec<_> = (0..WAITING_MAX).map(|_| waiting(&pool, "a", 1)).collect();
        let refused = take(&pool, "a", 1).now_or_never();
        assert!(matches!(refused, Some(Err(Refusal::TooManyWaiting))), "{refused:?}");
        drop(waiting(&pool, "b", 1));
    }

    #[test]
    fn who_has_nothing_comes_before_those_who_wait_for_more() {
        let pool = pool(4);
        let _first = (pool.try_take(&tenant("a"), 1).unwrap(), pool.try_take(&tenant("a"), 1).unwrap());
        let _second = pool.try_take(&tenant("b"), 1).unwrap();
        let _more = waiting(&pool, "b", 1);
        assert!(take(&pool, "c", 1).now_or_never().is_some(), "the last one is kept for such as this one");
    }

    #[test]
    fn what_is_large_is_not_starved_by_what_is_small() {
        let pool = FairPool::new(Rules { units: 4, holder_max: 4, kept_for_newcomers: 0 });
        let small = pool.try_take(&tenant("small"), 1).unwrap();
        let large = waiting(&pool, "large", 4);
        assert_eq!(pool.try_take(&tenant("small"), 1).unwrap_err(), Refusal::KeptForOthers);
        drop(small);
        assert!(large.now_or_never().is_some());
    }
}
