//! Owns the rules by which exports change.

use auditlog_core::{
    id::TenantId,
    store::{ControlError, EXPORTS_MAX, EXPORTS_OF_KEY_MAX, Export, ExportId, ExportStatus},
};

use super::by_tenant::{ByTenant, PlannedRecords, Record, exists, not_found};

impl Record for Export {
    type Id = ExportId;

    const NAME: &'static str = "export";

    fn id(&self) -> ExportId {
        self.id
    }

    fn tenant_id(&self) -> &TenantId {
        &self.tenant_id
    }
}

impl PlannedRecords<Export> {
    /// Plans a new export; the caller has checked that its tenant exists.
    pub(super) fn create(&mut self, current: &ByTenant<Export>, export: Export) -> Result<(), ControlError> {
        let of_tenant = self.of_tenant(current, &export.tenant_id);
        if of_tenant.contains_key(&export.id) {
            return Err(exists::<Export>(export.id));
        }
        if of_tenant.len() >= EXPORTS_MAX {
            return Err(ControlError::LimitReached(format!("a tenant keeps at most {EXPORTS_MAX} exports")));
        }
        if of_tenant.values().filter(|other| other.owner == export.owner).count() >= EXPORTS_OF_KEY_MAX {
            return Err(ControlError::LimitReached(format!("a key keeps at most {EXPORTS_OF_KEY_MAX} exports")));
        }
        self.put(current, export);
        Ok(())
    }

    /// Plans progress or an end of an export. An ended export does not change, so that the job that writes a file
    /// cannot undo its cancellation.
    pub(super) fn update(&mut self, current: &ByTenant<Export>, export: Export) -> Result<(), ControlError> {
        let old = self.of_tenant(current, &export.tenant_id).get(&export.id);
        let old =
            old.filter(|old| old.status == ExportStatus::Pending).ok_or_else(|| not_found::<Export>(export.id))?;
        let Export { status, progress, .. } = export;
        let changed = Export { status, progress, ..Export::clone(old) };
        self.put(current, changed);
        Ok(())
    }
}
