//! Owns the leases of exports: which worker has which export, and until when. Leases are kept in memory: only one
//! process can open a data directory, and its leases end with the process.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use auditlog_core::store::{Export, ExportKey, ExportStatus, LeaseId};

use super::by_tenant::{PlannedRecords, RowChange};

/// At most one lease for each export. One that has expired stays until the next one replaces it or its export ends.
#[derive(Debug, Default)]
pub(super) struct Leases {
    by_export: BTreeMap<ExportKey, Lease>,
}

#[derive(Debug)]
struct Lease {
    id: LeaseId,
    taken_at: Instant,
    duration: Duration,
}

impl Lease {
    fn is_held(&self, now: Instant) -> bool {
        now.saturating_duration_since(self.taken_at) < self.duration
    }
}

impl Leases {
    /// Whether any worker has the export.
    pub(super) fn is_leased(&self, key: &ExportKey, now: Instant) -> bool {
        self.by_export.get(key).is_some_and(|lease| lease.is_held(now))
    }

    /// Takes a lease. Returns whether no other worker has the export.
    pub(super) fn take(&mut self, key: ExportKey, id: LeaseId, now: Instant, duration: Duration) -> bool {
        if self.by_export.get(&key).is_some_and(|lease| lease.id != id && lease.is_held(now)) {
            return false;
        }
        self.by_export.insert(key, Lease { id, taken_at: now, duration });
        true
    }

    /// Whether a worker is the last one that took the export and has not released it.
    pub(super) fn is_holder(&self, key: &ExportKey, id: LeaseId) -> bool {
        self.by_export.get(key).is_some_and(|lease| lease.id == id)
    }

    /// Extends a lease. Returns whether it still existed.
    pub(super) fn renew(&mut self, key: &ExportKey, id: LeaseId, now: Instant, duration: Duration) -> bool {
        match self.by_export.get_mut(key) {
            Some(lease) if lease.id == id => {
                *lease = Lease { id, taken_at: now, duration };
                true
            }
            Some(_) | None => false,
        }
    }

    /// Ends a lease, if it exists.
    pub(super) fn release(&mut self, key: &ExportKey, id: LeaseId) {
        if self.by_export.get(key).is_some_and(|lease| lease.id == id) {
            self.by_export.remove(key);
        }
    }

    /// Ends the leases of exports that end or are deleted.
    pub(super) fn end(&mut self, planned: &PlannedRecords<Export>) {
        let ended = planned.rows().filter_map(|(tenant_id, id, row)| match row {
            RowChange::Put(export) if export.status != ExportStatus::Pending => Some((tenant_id, id)),
            RowChange::Put(_) | RowChange::Delete => None,
        });
        for (tenant_id, id) in planned.deleted().chain(ended) {
            self.by_export.remove(&ExportKey { tenant_id: tenant_id.clone(), id });
        }
    }
}
