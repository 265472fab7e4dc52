//! Owns the slots of operations that read the whole store: verification and reindexing.

use std::time::Duration;

use auditlog_core::policy::Scope;

use crate::limits::{
    QueryPermit,
    fair_pool::{FairPool, Refusal, Rules},
    query_slot::Slot,
    refused::{Limit, Refused},
};

/// The retry delay for a client whose scope has one operation running and one waiting.
const RETRY_AFTER: Duration = Duration::from_secs(5);

/// One slot for all tenants, who take turns, and one for the operator, whom tenants cannot block.
#[derive(Debug, Clone)]
pub(crate) struct WholeStoreSlots {
    tenants: FairPool,
    operator: FairPool,
    timeout: Duration,
}

impl WholeStoreSlots {
    pub(crate) fn new(timeout: Duration) -> Self {
        let one = || FairPool::new(Rules { units: 1, holder_max: 1, kept_for_newcomers: 0 });
        Self { tenants: one(), operator: one(), timeout }
    }

    /// Waits for the caller's turn and starts the timeout. Refuses immediately a caller whose scope already runs one,
    /// and refuses a caller whose turn does not come within the timeout of the work itself.
    pub(crate) async fn take_for(&self, caller: &Scope) -> Result<QueryPermit, Refused> {
        let pool = match caller {
            Scope::Tenant(_) => &self.tenants,
            Scope::System => &self.operator,
        };
        let slot = match pool.try_take(caller, 1) {
            Err(Refusal::AllTaken) => tokio::time::timeout(self.timeout, pool.take(caller, 1, 1)).await,
            taken => Ok(taken),
        };
        match slot {
            Ok(Ok(slot)) => Ok(QueryPermit::begin(self.timeout, Slot::without_key(slot))),
            Ok(Err(_)) => Err(refusal("a verification or reindexing of your scope is already running or waiting")),
            Err(_elapsed) => Err(refusal("verifications of other tenants take longer than the maximum wait")),
        }
    }
}

fn refusal(reason: &str) -> Refused {
    Refused::for_now(Limit::Queries, format!("{reason}; retry later"), RETRY_AFTER)
}
