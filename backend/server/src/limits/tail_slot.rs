//! Owns the slots of live tails: how many there may be at once, of them all, of one tenant and of one key.

use std::{num::NonZeroUsize, sync::Arc, time::Duration};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::{
    auth::TenantGrant,
    limits::shares::{Share, Shares},
    problem::{Code, Problem},
};

/// When a client that found no slot should try again: tails are long.
const RETRY_AFTER: Duration = Duration::from_secs(5);

/// A bounded number of slots.
#[derive(Debug, Clone)]
pub(crate) struct TailSlots {
    slots: Arc<Semaphore>,
    by_tenant: Shares,
    by_key: Shares,
}

/// A taken slot. Dropping it gives it back.
#[derive(Debug)]
pub(crate) struct TailSlot {
    _shares: [Share; 2],
    _slot: OwnedSemaphorePermit,
}

impl TailSlots {
    pub(crate) fn new(concurrency: NonZeroUsize) -> Self {
        let permits = concurrency.get().min(Semaphore::MAX_PERMITS);
        Self {
            slots: Arc::new(Semaphore::new(permits)),
            by_tenant: Shares::new(permits.div_ceil(2)),
            by_key: Shares::new(permits.div_ceil(4)),
        }
    }

    /// Takes a slot of the reader's share.
    pub(crate) fn take_for(&self, reader: &TenantGrant) -> Result<TailSlot, Problem> {
        let of_key = self.by_key.take(&reader.key_id).ok_or_else(|| refusal("this key has as many as one key may"))?;
        let of_tenant = self.by_tenant.take(reader.tenant_id.as_str());
        let of_tenant = of_tenant.ok_or_else(|| refusal("the tenant has as many as one tenant may"))?;
        let slot = Arc::clone(&self.slots).try_acquire_owned().map_err(|_| refusal("all of them are taken"))?;
        Ok(TailSlot { _shares: [of_key, of_tenant], _slot: slot })
    }
}

fn refusal(reason: &str) -> Problem {
    Problem::new(Code::TooManyTails, format!("{reason}; close one, or come again later")).retry_after(RETRY_AFTER)
}
