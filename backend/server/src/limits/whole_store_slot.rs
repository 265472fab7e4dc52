//! Owns the slots of what reads everything there is: verification and reindexing.

use std::time::Duration;

use auditlog_core::policy::Scope;

use crate::{
    limits::{
        QueryPermit,
        fair_pool::{FairPool, Refusal, Rules},
        query_slot::Slot,
    },
    problem::{Code, Problem},
};

/// When a client whose scope has one running and one waiting should try again.
const RETRY_AFTER: Duration = Duration::from_secs(5);

/// One slot for all tenants, who take turns, and one for the operator, whom they cannot keep from working.
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

    /// Waits for the caller's turn and starts the clock. A caller whose scope runs one already is refused at once, and so
    /// is one whose turn does not come in the time that its work may take itself.
    pub(crate) async fn take_for(&self, caller: &Scope) -> Result<QueryPermit, Problem> {
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
            Ok(Err(_)) => Err(refusal("a verification or reindexing of yours runs or waits already")),
            Err(_elapsed) => Err(refusal("verifications of other tenants take longer than yours may wait")),
        }
    }
}

fn refusal(reason: &str) -> Problem {
    Problem::new(Code::TooManyQueries, format!("{reason}; send it again later")).retry_after(RETRY_AFTER)
}
