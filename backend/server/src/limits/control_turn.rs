//! Owns the turns for changing control data. Changes read the current state before they write, so they run one at a
//! time.

use std::time::Duration;

use auditlog_core::policy::Scope;

use crate::{
    limits::fair_pool::{FairPool, Held, Rules},
    problem::{Code, Problem},
};

/// The maximum number of waiting changes of one tenant, or of the operator.
const WAITING_MAX: usize = 32;
/// The maximum number if the last one is protective: a full queue must not prevent the revocation of a key.
const PROTECTIVE_WAITING_MAX: usize = 2 * WAITING_MAX;
/// The retry delay for a change that may not even wait.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// The purpose of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// Any other change.
    Ordinary,
    /// Revoking access, or freeing space.
    Protective,
}

/// The turns, which alternate between tenants and the operator.
#[derive(Debug, Clone)]
pub(crate) struct ControlTurns(FairPool);

/// A turn to change control data. Dropping it passes the turn on.
#[derive(Debug)]
pub(crate) struct ControlTurn {
    _turn: Held,
}

impl ControlTurns {
    pub(crate) fn new() -> Self {
        Self(FairPool::new(Rules { units: 1, holder_max: 1, kept_for_newcomers: 0 }))
    }

    /// Waits for the turn.
    pub(crate) async fn take(&self, scope: &Scope, purpose: Purpose) -> Result<ControlTurn, Problem> {
        let waiting_max = match purpose {
            Purpose::Ordinary => WAITING_MAX,
            Purpose::Protective => PROTECTIVE_WAITING_MAX,
        };
        let turn = self.0.take(scope, 1, waiting_max).await.map_err(|_| {
            let detail = "the maximum number of your changes is waiting; nothing was changed, retry it";
            Problem::new(Code::Overloaded, detail).retry_after(RETRY_AFTER)
        })?;
        Ok(ControlTurn { _turn: turn })
    }
}
