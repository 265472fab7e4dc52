//! Owns the slots in which queries run.

use std::{
    num::NonZeroUsize,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use auditlog_core::{
    id::TenantId,
    policy::{Caller, Scope},
    query::QueryBudget,
};
use tokio::time;

use crate::limits::{
    fair_pool::{FairPool, Held, Refusal, Rules},
    refused::{Limit, Refused},
    shares::{Share, Shares},
    until_sent::hold_permit,
};

/// The retry delay for a client whose request found no slot.
const RETRY_AFTER: Duration = Duration::from_secs(1);
/// How long a tenant without a slot waits for one. A tenant with slots is refused immediately: a queue would only hide
/// the overload.
const WAIT_MAX: Duration = Duration::from_secs(1);
/// The maximum number of waiting queries of a tenant without a slot.
const WAITING_MAX: usize = 1;

/// A bounded number of slots, shared by tenants and by the keys of each tenant.
#[derive(Debug, Clone)]
pub(crate) struct QuerySlots {
    slots: FairPool,
    by_key: Shares,
    timeout: Duration,
}

impl QuerySlots {
    pub(crate) fn new(concurrency: NonZeroUsize, timeout: Duration) -> Self {
        let slots = concurrency.get();
        let rules = Rules { units: slots, holder_max: slots.div_ceil(2), kept_for_newcomers: slots / 4 };
        Self { slots: FairPool::new(rules), by_key: Shares::new(slots.div_ceil(4)), timeout }
    }

    /// Takes a slot within the reader's share and starts the timeout. If all are taken, a tenant that has none waits
    /// for a moment.
    pub(crate) async fn take_for(&self, reader: &Caller<TenantId>) -> Result<QueryPermit, Refused> {
        let of_key = self.by_key.take(&reader.subject);
        let of_key = of_key.ok_or_else(|| refusal("this key runs the maximum number of queries for one key"))?;
        let tenant = Scope::Tenant(reader.tenant_id().clone());
        let slot = match self.slots.try_take(&tenant, 1) {
            Err(Refusal::AllTaken) => {
                let slot = time::timeout(WAIT_MAX, self.slots.take(&tenant, 1, WAITING_MAX)).await;
                slot.unwrap_or(Err(Refusal::AllTaken))
            }
            taken => taken,
        };
        let slot = slot.map_err(|reason| match reason {
            Refusal::ShareTaken => refusal("the tenant runs the maximum number of queries for one tenant"),
            Refusal::KeptForOthers => refusal("the tenant runs queries, and the last slots are kept for other tenants"),
            Refusal::AllTaken | Refusal::TooManyWaiting => refusal("all query slots are in use"),
        })?;
        Ok(QueryPermit::begin(self.timeout, Slot { _of_key: Some(of_key), _of_all: slot }))
    }
}

fn refusal(reason: &str) -> Refused {
    Refused::for_now(Limit::Queries, format!("{reason}; retry the query"), RETRY_AFTER)
}

/// A taken slot. Dropping it, which also happens when the client disconnects or the request times out, cancels all work
/// that still runs on its budget. The slot itself is held until the answer is sent.
#[derive(Debug)]
pub(crate) struct QueryPermit {
    deadline: Instant,
    pieces: PieceBudgets,
    _slot: Arc<Slot>,
}

/// A slot, together with the share of the key that it counts for.
#[derive(Debug)]
pub(super) struct Slot {
    _of_key: Option<Share>,
    _of_all: Held,
}

impl Slot {
    /// A slot that counts for no key.
    pub(super) const fn without_key(slot: Held) -> Self {
        Self { _of_key: None, _of_all: slot }
    }
}

/// Sets the flag when it is dropped.
#[derive(Debug, Default)]
struct Cancelled(Arc<AtomicBool>);

/// The budgets of long work that consists of many queries, one after the other: each has the timeout of a query.
/// Dropping this cancels the running one.
#[derive(Debug)]
pub(crate) struct PieceBudgets {
    timeout: Duration,
    cancelled: Cancelled,
}

impl PieceBudgets {
    pub(crate) fn new(timeout: Duration) -> Self {
        Self { timeout, cancelled: Cancelled::default() }
    }

    /// The budget of the next query. Its timeout begins now.
    pub(crate) fn next(&self) -> QueryBudget {
        let now = Instant::now();
        let deadline = now.checked_add(self.timeout).unwrap_or(now);
        QueryBudget::new(deadline, Arc::clone(&self.cancelled.0))
    }
}

impl QueryPermit {
    /// Starts the timeout of the work in a slot. The request holds the slot until its answer is sent, so answers that
    /// wait in memory for clients that do not read are limited in the same way as queries.
    pub(super) fn begin(timeout: Duration, slot: Slot) -> Self {
        let slot = Arc::new(slot);
        hold_permit(Arc::clone(&slot));
        let now = Instant::now();
        let deadline = now.checked_add(timeout).unwrap_or(now);
        Self { deadline, pieces: PieceBudgets::new(timeout), _slot: slot }
    }

    /// The budget of the queries that run in this slot.
    pub(crate) fn budget(&self) -> QueryBudget {
        QueryBudget::new(self.deadline, Arc::clone(&self.pieces.cancelled.0))
    }

    /// The budget of one of the queries that produce an answer while it is sent. Its timeout begins now.
    pub(crate) fn budget_of_piece(&self) -> QueryBudget {
        self.pieces.next()
    }
}

impl Drop for Cancelled {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use auditlog_core::{
        id::ApiKeyId,
        policy::{Role, Subject},
        query::Interruption,
    };
    use futures_util::FutureExt as _;

    use super::*;
    use crate::limits::UntilSent;

    fn slots(concurrency: usize) -> QuerySlots {
        QuerySlots::new(NonZeroUsize::new(concurrency).unwrap(), Duration::from_mins(1))
    }

    fn reader(tenant: &str, key: &str) -> Caller<TenantId> {
        let key = ApiKeyId::parse(&format!("{key:0>16}")).unwrap();
        let tenant_id = TenantId::parse(tenant).unwrap();
        Caller::new(Subject::ApiKey(key), tenant_id, Role::AuditReader.permissions())
    }

    async fn take(slots: &QuerySlots) -> Result<QueryPermit, Refused> {
        slots.take_for(&reader("acme", "one")).await
    }

    #[tokio::test]
    async fn a_slot_is_refused_while_all_are_taken_and_given_again_after() {
        let slots = slots(1);
        let first = take(&slots).await.unwrap();
        let refusal = take(&slots).await.unwrap_err();
        assert_eq!((refusal.limit, refusal.retry_after), (Limit::Queries, Some(RETRY_AFTER)));
        drop(first);
        take(&slots).await.unwrap();
    }

    #[tokio::test]
    async fn a_key_has_a_quarter_of_the_slots_and_a_tenant_half() {
        let slots = slots(8);
        let take = async |tenant, key| slots.take_for(&reader(tenant, key)).await;
        let first = (take("acme", "one").await.unwrap(), take("acme", "one").await.unwrap());
        assert_eq!(take("acme", "one").await.unwrap_err().limit, Limit::Queries);
        let _second = (take("acme", "two").await.unwrap(), take("acme", "two").await.unwrap());
        assert_eq!(take("acme", "three").await.unwrap_err().limit, Limit::Queries);
        // A refusal must not use up the key's share.
        drop(first);
        let _third = (take("acme", "three").await.unwrap(), take("acme", "three").await.unwrap());
        let _other = (take("other", "four").await.unwrap(), take("other", "four").await.unwrap());
    }

    #[tokio::test]
    async fn a_tenant_that_has_none_waits_and_is_first() {
        let slots = slots(1);
        let first = take(&slots).await.unwrap();
        let newcomer = reader("other", "two");
        let mut waiting = Box::pin(slots.take_for(&newcomer));
        assert!((&mut waiting).now_or_never().is_none());
        drop(first);
        assert_eq!(take(&slots).await.unwrap_err().limit, Limit::Queries);
        waiting.await.unwrap();
    }

    #[tokio::test]
    async fn an_answer_keeps_its_slot_until_it_is_sent_and_its_queries_end_before() {
        let slots = slots(1);
        let (budget, answer) = UntilSent::collect(async { take(&slots).await.unwrap().budget() }).await;
        assert_eq!(budget.check(), Err(Interruption::Cancelled));
        assert!(take(&slots).await.is_err());
        drop(answer);
        take(&slots).await.unwrap();
    }

    #[tokio::test]
    async fn dropping_the_permit_cancels_its_queries() {
        let permit = take(&slots(1)).await.unwrap();
        let budget = permit.budget();
        assert_eq!(budget.check(), Ok(()));
        drop(permit);
        assert_eq!(budget.check(), Err(Interruption::Cancelled));
    }

    #[tokio::test]
    async fn the_deadline_is_the_timeout_from_now() {
        let slots = QuerySlots::new(NonZeroUsize::MIN, Duration::ZERO);
        assert_eq!(take(&slots).await.unwrap().budget().check(), Err(Interruption::DeadlineExceeded));
    }
}
