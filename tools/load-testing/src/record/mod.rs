//! The oracle's memory: which event was acknowledged at which place of which tenant's log, and which were sent without
//! ever being answered. Knows nothing of HTTP.

mod file;
mod tenant;
mod violations;

use std::sync::{Mutex, MutexGuard, PoisonError};

pub use file::RecordFile;
pub use tenant::{Acknowledgement, Snapshot, TenantRecord};
pub use violations::{Kind, Violations};

use crate::corpus::{EventNumber, dice::Dice};

/// Which tenant of the run, from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TenantIndex(pub usize);

/// Everything that is known of a run.
#[derive(Debug, Default)]
pub struct Record {
    tenants: Vec<Mutex<TenantRecord>>,
    violations: Violations,
}

impl Record {
    /// An empty memory for so many tenants.
    #[must_use]
    pub fn new(tenants: usize) -> Self {
        Self { tenants: (0..tenants).map(|_| Mutex::default()).collect(), violations: Violations::default() }
    }

    /// How many tenants there are.
    pub fn tenants(&self) -> impl Iterator<Item = TenantIndex> + use<> {
        (0..self.tenants.len()).map(TenantIndex)
    }

    /// What was promised and has been broken.
    #[must_use]
    pub const fn violations(&self) -> &Violations {
        &self.violations
    }

    /// Notes receipts. Two events at one place of a log are a violation by themselves.
    pub fn acknowledge(&self, tenant: TenantIndex, receipts: &[Acknowledgement]) {
        let Some(mut record) = self.lock(tenant) else { return };
        for text in record.acknowledge(receipts) {
            self.violations.report(Kind::Doubled, format!("tenant {}: {text}", tenant.0));
        }
    }

    /// Notes events that were sent and not answered: each may be stored once or not at all.
    pub fn doubt(&self, tenant: TenantIndex, numbers: impl Iterator<Item = EventNumber>) {
        if let Some(mut record) = self.lock(tenant) {
            record.doubt(numbers);
        }
    }

    /// A copy of what is known of one tenant's log from a sequence on, which verification compares with.
    #[must_use]
    pub fn snapshot(&self, tenant: TenantIndex, first_sequence: u64) -> Snapshot {
        self.lock(tenant).map(|record| record.snapshot(first_sequence)).unwrap_or_default()
    }

    /// One of a tenant's acknowledged events. `None` where the dice meet a place that nothing is known of.
    #[must_use]
    pub fn draw(&self, tenant: TenantIndex, dice: &mut Dice) -> Option<Acknowledgement> {
        self.lock(tenant)?.draw(dice)
    }

    /// How many events were acknowledged in all.
    #[must_use]
    pub fn acknowledged(&self) -> u64 {
        self.tenants().filter_map(|tenant| Some(self.lock(tenant)?.acknowledged())).sum()
    }

    /// How many were sent and are still unanswered.
    #[must_use]
    pub fn in_doubt(&self) -> u64 {
        self.tenants().filter_map(|tenant| Some(self.lock(tenant)?.in_doubt())).sum()
    }

    fn lock(&self, tenant: TenantIndex) -> Option<MutexGuard<'_, TenantRecord>> {
        // A poisoned lock means that another task panicked; what it noted before is still true.
        Some(self.tenants.get(tenant.0)?.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
