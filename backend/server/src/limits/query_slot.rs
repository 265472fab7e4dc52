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

use crate::problem::{Code, Problem};

/// When a client that found no slot should try again.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// A bounded number of slots. Who finds none is refused at once: a queue would only hide the overload.
#[derive(Debug, Clone)]
pub(crate) struct QuerySlots {
    slots: Arc<Semaphore>,
    timeout: Duration,
}

impl QuerySlots {
    pub(crate) fn new(concurrency: NonZeroUsize, timeout: Duration) -> Self {
        let permits = concurrency.get().min(Semaphore::MAX_PERMITS);
        Self { slots: Arc::new(Semaphore::new(permits)), timeout }
    }

    /// Takes a slot and starts the clock.
    pub(crate) fn take(&self) -> Result<QueryPermit, Problem> {
        let slot = Arc::clone(&self.slots).try_acquire_owned().map_err(|_| {
            Problem::new(Code::TooManyQueries, "all query slots are taken; send the query again")
                .retry_after(RETRY_AFTER)
        })?;
        let now = Instant::now();
        let deadline = now.checked_add(self.timeout).unwrap_or(now);
        Ok(QueryPermit { deadline, cancelled: Arc::new(AtomicBool::new(false)), _slot: slot })
    }
}

/// A taken slot. Dropping it, which also happens when the client goes away or the request times out, cancels whatever
/// still runs on its budget and gives the slot back.
#[derive(Debug)]
pub(crate) struct QueryPermit {
    deadline: Instant,
    cancelled: Arc<AtomicBool>,
    _slot: OwnedSemaphorePermit,
}

impl QueryPermit {
    /// The budget of the queries that run in this slot.
    pub(crate) fn budget(&self) -> QueryBudget {
        QueryBudget::new(self.deadline, Arc::clone(&self.cancelled))
    }
}

impl Drop for QueryPermit {
    fn drop(&mut self) {
        self.cancelled.store(true, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use auditlog_core::store::QueryError;

    use super::*;

    #[test]
    fn a_slot_is_refused_while_all_are_taken_and_given_again_after() {
        let slots = QuerySlots::new(NonZeroUsize::MIN, Duration::from_mins(1));
        let first = slots.take().unwrap();
        let refusal = slots.take().unwrap_err();
        assert_eq!((refusal.code, refusal.retry_after), (Code::TooManyQueries, Some(RETRY_AFTER)));
        drop(first);
        slots.take().unwrap();
    }

    #[test]
    fn dropping_the_permit_cancels_its_queries() {
        let permit = QuerySlots::new(NonZeroUsize::MIN, Duration::from_mins(1)).take().unwrap();
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
