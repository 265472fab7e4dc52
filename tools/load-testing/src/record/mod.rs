//! The oracle's memory: the sequence in its tenant's log at which each event was acknowledged, and the events that were
//! sent but never answered. Knows nothing about HTTP.

mod tenant;
mod violations;

use parking_lot::{Mutex, MutexGuard};
pub use tenant::{Acknowledgement, Snapshot, TenantRecord};
pub use violations::{Kind, Violations};

use crate::corpus::{EventNumber, dice::Dice};

/// The index of a tenant in the run, from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TenantIndex(pub usize);

/// The record of a run.
#[derive(Debug, Default)]
pub struct Record {
    tenants: Vec<Mutex<TenantRecord>>,
    violations: Violations,
}

impl Record {
    /// An empty record for this many tenants.
    #[must_use]
    pub fn new(tenants: usize) -> Self {
        Self { tenants: (0..tenants).map(|_| Mutex::default()).collect(), violations: Violations::default() }
    }

    /// The number of tenants.
    pub fn tenants(&self) -> impl Iterator<Item = TenantIndex> + use<> {
        (0..self.tenants.len()).map(TenantIndex)
    }

    /// The broken promises.
    #[must_use]
    pub const fn violations(&self) -> &Violations {
        &self.violations
    }

    /// Adds receipts. Two events at one sequence of a log are a violation by themselves.
    pub fn acknowledge(&self, tenant: TenantIndex, receipts: &[Acknowledgement]) {
        let Some(mut record) = self.lock(tenant) else { return };
        for text in record.acknowledge(receipts) {
            self.violations.report(Kind::Doubled, format!("tenant {}: {text}", tenant.0));
        }
    }

    /// Adds events that were sent and not answered: each may be stored once or not at all.
    pub fn doubt(&self, tenant: TenantIndex, numbers: impl Iterator<Item = EventNumber>) {
        if let Some(mut record) = self.lock(tenant) {
            record.doubt(numbers);
        }
    }

    /// A copy of the record of one tenant's log from a sequence on, for comparison by verification.
    #[must_use]
    pub fn snapshot(&self, tenant: TenantIndex, first_sequence: u64) -> Snapshot {
        self.lock(tenant).map(|record| record.snapshot(first_sequence)).unwrap_or_default()
    }

    /// A random acknowledged event of a tenant. `None` if nothing is known of the drawn sequence.
    #[must_use]
    pub fn draw(&self, tenant: TenantIndex, dice: &mut Dice) -> Option<Acknowledgement> {
        self.lock(tenant)?.draw(dice)
    }

    /// The number of acknowledged events.
    #[must_use]
    pub fn acknowledged(&self) -> u64 {
        self.tenants().filter_map(|tenant| Some(self.lock(tenant)?.acknowledged())).sum()
    }

    /// The number of events that are still unanswered.
    #[must_use]
    pub fn in_doubt(&self) -> u64 {
        self.tenants().filter_map(|tenant| Some(self.lock(tenant)?.in_doubt())).sum()
    }

    fn lock(&self, tenant: TenantIndex) -> Option<MutexGuard<'_, TenantRecord>> {
        Some(self.tenants.get(tenant.0)?.lock())
    }
}
