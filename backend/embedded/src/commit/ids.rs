//! Owns the map of the ids in the tail. Only the writer uses it.

use std::collections::HashMap;

use ahash::RandomState;
use auditlog_core::id::EventId;

use crate::ledger::TenantNumber;

/// Clients choose ids, so the hash has a random key; it is computed several times for each event.
type Ids = HashMap<(TenantNumber, [u8; 16]), u64, RandomState>;

/// The sequences of unsealed events by id. Those being sealed are kept separately, so that they can be dropped at once.
#[derive(Debug, Default)]
pub(crate) struct TailIds {
    current: Ids,
    frozen: Ids,
}

impl TailIds {
    pub(crate) fn insert(&mut self, tenant: TenantNumber, id: EventId, sequence: u64) {
        self.current.insert((tenant, *id.as_bytes()), sequence);
    }

    /// The sequence of the event with this id.
    pub(crate) fn find(&self, tenant: TenantNumber, id: EventId) -> Option<u64> {
        let key = (tenant, *id.as_bytes());
        self.current.get(&key).or_else(|| self.frozen.get(&key)).copied()
    }

    /// Sets all current ids aside. Those that an earlier failed seal set aside stay.
    pub(crate) fn freeze(&mut self) {
        let current = std::mem::take(&mut self.current);
        if self.frozen.is_empty() {
            self.frozen = current;
        } else {
            self.frozen.extend(current);
        }
    }

    /// Drops the ids that were set aside: they are sealed, and the segments' indexes find them.
    pub(crate) fn forget_frozen(&mut self) {
        self.frozen = Ids::default();
    }
}
