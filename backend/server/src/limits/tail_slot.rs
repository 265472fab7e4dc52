//! Owns the slots of live tails: the maximum number of open tails in total, per tenant and per key.

use std::{num::NonZeroUsize, time::Duration};

use auditlog_core::{
    id::TenantId,
    policy::{Caller, Scope},
};

use crate::limits::{
    fair_pool::{FairPool, Held, Refusal, Rules},
    refused::{Limit, Refused},
    shares::{Share, Shares},
};

/// The retry delay for a client whose request found no slot; it is long because tails are.
const RETRY_AFTER: Duration = Duration::from_secs(5);

/// A bounded number of slots.
#[derive(Debug, Clone)]
pub(crate) struct TailSlots {
    slots: FairPool,
    by_key: Shares,
}

/// A taken slot. Dropping it returns the slot.
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

    /// Takes a slot within the reader's share.
    pub(crate) fn take_for(&self, reader: &Caller<TenantId>) -> Result<TailSlot, Refused> {
        let of_key = self
            .by_key
            .take(&reader.subject)
            .ok_or_else(|| refusal("this key has the maximum number of live tails for one key"))?;
        let slot =
            self.slots.try_take(&Scope::Tenant(reader.tenant_id().clone()), 1).map_err(|reason| match reason {
                Refusal::ShareTaken => refusal("the tenant has the maximum number of live tails for one tenant"),
                Refusal::KeptForOthers => {
                    refusal("the tenant has live tails, and the last ones are kept for other tenants")
                }
                Refusal::AllTaken | Refusal::TooManyWaiting => refusal("all live tails are in use"),
            })?;
        Ok(TailSlot { _of_key: of_key, _slot: slot })
    }
}

fn refusal(reason: &str) -> Refused {
    Refused::for_now(Limit::Tails, format!("{reason}; close one, or retry later"), RETRY_AFTER)
}
