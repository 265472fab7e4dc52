//! Owns the turn to change control data. Changes read what is there before they write, so they go one by one.

use std::time::Duration;

use auditlog_core::policy::Scope;

use crate::{
    limits::fair_pool::{FairPool, Held, Rules},
    problem::{Code, Problem},
};

/// How many changes of one tenant, or of the operator, may wait for their turn.
const WAITING_MAX: usize = 32;
/// How many may wait where the last one protects: whoever fills the queue must not keep a key from being revoked.
const PROTECTIVE_WAITING_MAX: usize = 2 * WAITING_MAX;
/// When a change that may not even wait should be sent again.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// What a change is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// Anything.
    Ordinary,
    /// Taking away what somebody may do, or giving room free.
    Protective,
}

/// The turn, which tenants and the operator take one after the other.
#[derive(Debug, Clone)]
pub(crate) struct ControlTurns(FairPool);

/// The turn to change control data. Dropping it passes it on.
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
            let detail = "as many changes of yours wait as may; nothing was changed, send it again";
            Problem::new(Code::Overloaded, detail).retry_after(RETRY_AFTER)
        })?;
        Ok(ControlTurn { _turn: turn })
    }
}
