//! Makes clients' changes of control data wait for each other: one of them at a time enters the queue of the store, and
//! tenants alternate. So no tenant fills that queue, and clients' changes in this process do not conflict. Correctness
//! does not depend on it: the store accepts or refuses each change by comparing the revisions of its records. Export
//! jobs change their records without a turn.

use std::time::Duration;

use auditlog_core::{policy::Scope, store::Urgency};

use crate::limits::{
    fair_pool::{FairPool, Held, Rules},
    refused::{Limit, Refused},
};

/// The maximum number of waiting changes of one tenant, or of the operator.
const WAITING_MAX: usize = 32;
/// The maximum number if the last one revokes a key or suspends a tenant: a full queue must not prevent that. Other
/// protective changes wait as ordinary ones, because keys that only read may make them, and could fill the queue.
const PROTECTIVE_WAITING_MAX: usize = 2 * WAITING_MAX;
/// The retry delay for a change that may not even wait.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// The turns, which alternate between tenants and the operator.
#[derive(Debug, Clone)]
pub(crate) struct ChangeTurns(FairPool);

/// A turn to change control data. Dropping it passes the turn on.
#[derive(Debug)]
pub(crate) struct ChangeTurn {
    _turn: Held,
}

impl ChangeTurns {
    pub(crate) fn new() -> Self {
        Self(FairPool::new(Rules { units: 1, holder_max: 1, kept_for_newcomers: 0 }))
    }

    /// Waits for the turn.
    pub(crate) async fn take(&self, scope: &Scope, urgency: Urgency) -> Result<ChangeTurn, Refused> {
        let waiting_max = match urgency {
            Urgency::Ordinary => WAITING_MAX,
            Urgency::Protective => PROTECTIVE_WAITING_MAX,
        };
        let turn = self.0.take(scope, 1, waiting_max).await.map_err(|_| {
            let detail = "the maximum number of your changes is waiting; nothing was changed, retry it";
            Refused::for_now(Limit::Changes, detail, RETRY_AFTER)
        })?;
        Ok(ChangeTurn { _turn: turn })
    }
}
