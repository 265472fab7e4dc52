//! Owns the leases of exports, as a list of all that were ever taken and not released.

use std::time::{Duration, Instant};

use auditlog_core::store::{Export, ExportKey, ExportStatus, LeaseId};

use super::control::Control;

#[derive(Debug, Default)]
pub(super) struct Leases {
    leases: Vec<Lease>,
}

#[derive(Debug)]
struct Lease {
    key: ExportKey,
    id: LeaseId,
    since: Instant,
    duration: Duration,
}

impl Leases {
    pub(super) fn waiting(&self, control: &Control) -> Vec<Export> {
        let mut exports = control.exports();
        exports.retain(|export| export.status == ExportStatus::Pending && self.holder(&export.key()).is_none());
        exports
    }

    pub(super) fn take(&mut self, control: &Control, wanted: Wanted) -> Option<Export> {
        let export = pending(control, &wanted.key)?;
        match self.holder(&wanted.key) {
            Some(holder) if holder != wanted.lease => None,
            _ => {
                self.put(wanted);
                Some(export)
            }
        }
    }

    pub(super) fn renew(&mut self, control: &Control, wanted: Wanted) -> Option<Export> {
        let export = pending(control, &wanted.key)?;
        if self.last_holder(&wanted.key) != Some(wanted.lease) {
            return None;
        }
        self.put(wanted);
        Some(export)
    }

    pub(super) fn release(&mut self, key: &ExportKey, id: LeaseId) {
        self.leases.retain(|lease| lease.key != *key || lease.id != id);
    }

    /// Ends all leases of an export.
    pub(super) fn forget(&mut self, key: &ExportKey) {
        self.leases.retain(|lease| lease.key != *key);
    }

    /// The worker that took the export last, also after the duration of its lease.
    pub(super) fn last_holder(&self, key: &ExportKey) -> Option<LeaseId> {
        self.leases.iter().find(|lease| lease.key == *key).map(|lease| lease.id)
    }

    fn put(&mut self, wanted: Wanted) {
        let Wanted { key, lease: id, duration } = wanted;
        self.forget(&key);
        self.leases.push(Lease { key, id, since: Instant::now(), duration });
    }

    fn holder(&self, key: &ExportKey) -> Option<LeaseId> {
        let lease = self.leases.iter().find(|lease| lease.key == *key)?;
        (lease.since.elapsed() < lease.duration).then_some(lease.id)
    }
}

/// A lease that a worker asks for.
pub(super) struct Wanted {
    pub key: ExportKey,
    pub lease: LeaseId,
    pub duration: Duration,
}

fn pending(control: &Control, key: &ExportKey) -> Option<Export> {
    control.export(&key.tenant_id, key.id).filter(|export| export.status == ExportStatus::Pending).cloned()
}
