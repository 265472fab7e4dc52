//! Owns the slots that queries run in.

use std::{
    num::NonZeroUsize,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use auditlog_core::store::QueryBudget;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::{
    auth::TenantGrant,
    limits::shares::{Share, Shares},
    problem::{Code, Problem},
};

/// When a client that found no slot should try again.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// A bounded number of slots. Who finds none is refused at once: a queue would only hide the overload.
#[derive(Debug, Clone)]
pub(crate) struct QuerySlots {
    slots: Arc<Semaphore>,
    by_tenant: Shares,
    by_key: Shares,
    timeout: Duration,
}

impl QuerySlots {
    pub(crate) fn new(concurrency: NonZeroUsize, timeout: Duration) -> Self {
        let permits = concurrency.get().min(Semaphore::MAX_PERMITS);
        Self {
            slots: Arc::new(Semaphore::new(permits)),
            by_tenant: Shares::new(permits.div_ceil(2)),
            by_key: Shares::new(permits.div_ceil(4)),
            timeout,
        }
    }

    /// Takes a slot of the reader's share and starts the clock.
    pub(crate) fn take_for(&self, reader: &TenantGrant) -> Result<QueryPermit, Problem> {
        let of_key = self.by_key.take(&reader.key_id);
        let of_key = of_key.ok_or_else(|| refusal("this key asks as many queries at once as one key may"))?;
        let of_tenant = self.by_tenant.take(reader.tenant_id.as_str());
        let of_tenant =
            of_tenant.ok_or_else(|| refusal("the tenant asks as many queries at once as one tenant may"))?;
        Ok(QueryPermit { _shares: vec![of_key, of_tenant], ..self.take()? })
    }

    /// Takes a slot, whoever asks, and starts the clock.
    pub(crate) fn take(&self) -> Result<QueryPermit, Problem> {
        let slot = Arc::clone(&self.slots).try_acquire_owned().map_err(|_| refusal("all query slots are taken"))?;
        let now = Instant::now();
        let deadline = now.checked_add(self.timeout).unwrap_or(now);
        Ok(QueryPermit { deadline, pieces: PieceBudgets::new(self.timeout), _shares: Vec::new(), _slot: slot })
    }
}

fn refusal(reason: &str) -> Problem {
    Problem::new(Code::TooManyQueries, format!("{reason}; send the query again")).retry_after(RETRY_AFTER)
}

/// A taken slot. Dropping it, which also happens when the client goes away or the request times out, cancels whatever
/// still runs on its budget and gives the slot back.
#[derive(Debug)]
pub(crate) struct QueryPermit {
    deadline: Instant,
    pieces: PieceBudgets,
    _shares: Vec<Share>,
    _slot: OwnedSemaphorePermit,
}

/// Set when it is dropped.
#[derive(Debug, Default)]
struct Cancelled(Arc<AtomicBool>);

/// The budgets of the many queries that long work is made of, one after the other: each has the time of a query. Dropping
/// this cancels the one that runs.
#[derive(Debug)]
pub(crate) struct PieceBudgets {
    timeout: Duration,
    cancelled: Cancelled,
}

impl PieceBudgets {
    pub(crate) fn new(timeout: Duration) -> Self {
        Self { timeout, cancelled: Cancelled::default() }
    }

    /// The budget of the next query. Its time begins now.
    pub(crate) fn next(&self) -> QueryBudget {
        let now = Instant::now();
        let deadline = now.checked_add(self.timeout).unwrap_or(now);
        QueryBudget::new(deadline, Arc::clone(&self.cancelled.0))
    }
}

impl QueryPermit {
    /// The budget of the queries that run in this slot.
    pub(crate) fn budget(&self) -> QueryBudget {
        QueryBudget::new(self.deadline, Arc::clone(&self.pieces.cancelled.0))
    }
}

impl Drop for Cancelled {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// What an answer takes with it: the slot is free again when the client has taken the answer, not when it was made. So
/// answers that wait in memory for clients that do not read are bounded as queries are.
#[derive(Debug, Clone)]
pub(crate) struct UntilSent {
    permit: Arc<QueryPermit>,
}

impl UntilSent {
    /// The budget of one query of the many that an answer is made of while it is sent. Its time begins now.
    pub(crate) fn budget_of_piece(&self) -> QueryBudget {
        self.permit.pieces.next()
    }
}

impl From<QueryPermit> for UntilSent {
    fn from(permit: QueryPermit) -> Self {
        Self { permit: Arc::new(permit) }
    }
}

#[cfg(test)]
mod tests {
    use auditlog_core::{id::TenantId, policy::Role, store::QueryError};

    use super::*;

    fn slots(concurrency: usize) -> QuerySlots {
        QuerySlots::new(NonZeroUsize::new(concurrency).unwrap(), Duration::from_mins(1))
    }

    fn reader(tenant: &str, key: &str) -> TenantGrant {
        let permissions = Role::AuditReader.permissions();
        TenantGrant { key_id: key.to_owned(), tenant_id: TenantId::parse(tenant).unwrap(), permissions }
    }

    #[test]
    fn a_slot_is_refused_while_all_are_taken_and_given_again_after() {
        let slots = slots(1);
        let first = slots.take().unwrap();
        let refusal = slots.take().unwrap_err();
        assert_eq!((refusal.code, refusal.retry_after), (Code::TooManyQueries, Some(RETRY_AFTER)));
        drop(first);
        slots.take().unwrap();
    }

    #[test]
    fn a_key_has_a_quarter_of_the_slots_and_a_tenant_half() {
        let slots = slots(8);
        let take = |tenant, key| slots.take_for(&reader(tenant, key));
        let first = (take("acme", "one").unwrap(), take("acme", "one").unwrap());
        assert_eq!(take("acme", "one").unwrap_err().code, Code::TooManyQueries);
        let _second = (take("acme", "two").unwrap(), take("acme", "two").unwrap());
        assert_eq!(take("acme", "three").unwrap_err().code, Code::TooManyQueries);
        // Being refused costs the key nothing of its share.
        drop(first);
        let _third = (take("acme", "three").unwrap(), take("acme", "three").unwrap());
        let _other = (take("other", "four").unwrap(), take("other", "four").unwrap());
    }

    #[test]
    fn an_answer_keeps_its_slot_until_it_is_sent() {
        let slots = slots(1);
        let answer = UntilSent::from(slots.take().unwrap());
        assert!(slots.take().is_err());
        drop(answer);
        slots.take().unwrap();
    }

    #[test]
    fn dropping_the_permit_cancels_its_queries() {
        let permit = slots(1).take().unwrap();
        let budget = permit.budget();
        assert_eq!(budget.check(), Ok(()));
        drop(permit);
        assert_eq!(budget.check(), Err(QueryError::Cancelled));
    }

    #[test]
    fn the_deadline_is_the_timeout_from_now() {
        let permit = QuerySlots::new(NonZeroUsize::MIN, Duration::ZERO).take().unwrap();
        assert_eq!(permit.budget().check(), Err(QueryError::DeadlineExceeded));
    }
}
