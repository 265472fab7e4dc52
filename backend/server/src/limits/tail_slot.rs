//! Owns the slots of live tails: how many there may be at once, of them all, of one tenant and of one key.

use std::{num::NonZeroUsize, time::Duration};

use auditlog_core::policy::Scope;

use crate::{
    auth::TenantGrant,
    limits::{
        fair_pool::{FairPool, Held, Refusal, Rules},
        shares::{Share, Shares},
    },
    problem::{Code, Problem},
};

/// When a client that found no slot should try again: tails are long.
const RETRY_AFTER: Duration = Duration::from_secs(5);

/// A bounded number of slots.
#[derive(Debug, Clone)]
pub(crate) struct TailSlots {
    slots: FairPool,
    by_key: Shares,
}

/// A taken slot. Dropping it gives it back.
#[derive(Debug)]
pub(crate) struct TailSlot {
    _of_key: Share,
    _slot: Held,
}

impl TailSlots {
    pub(crate) fn new(concurrency: NonZeroUsize) -> Self {
        let slots = concurrency.get();
        let rules = Rules { units: slots, holder_max: slots.div_ceil(2), kept_for_newcomers: slots / 4 };
        Self { slots: FairPool::new(rules), by_key: Shares::new(slots.div_ceil(4)) }
    }

    /// Takes a slot of the reader's share.
    pub(crate) fn take_for(&self, reader: &TenantGrant) -> Result<TailSlot, Problem> {
        let of_key = self.by_key.take(&reader.key_id).ok_or_else(|| refusal("this key has as many as one key may"))?;
        let slot = self.slots.try_take(&Scope::Tenant(reader.tenant_id.clone()), 1).map_err(|reason| match reason {
            Refusal::ShareTaken => refusal("the tenant has as many as one tenant may"),
            Refusal::KeptForOthers => refusal("the tenant has some, and the last ones are kept for other tenants"),
            Refusal::AllTaken | Refusal::TooManyWaiting => refusal("all of them are taken"),
        })?;
        Ok(TailSlot { _of_key: of_key, _slot: slot })
    }
}

fn refusal(reason: &str) -> Problem {
    Problem::new(Code::TooManyTails, format!("{reason}; close one, or come again later")).retry_after(RETRY_AFTER)
}
