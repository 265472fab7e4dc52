//! Owns the rules for changes of exports: which are allowed, and in which state.

use auditlog_core::{
    id::TenantId,
    store::{
        ControlError, EXPORTS_MAX, EXPORTS_OF_OWNER_MAX, Export, ExportChange, ExportId, ExportStatus, RecordKind,
        Revision,
    },
};

use super::by_tenant::{ByTenant, Deletion, PlannedRecords, Record};

impl Record for Export {
    type Id = ExportId;

    const KIND: RecordKind = RecordKind::Export;

    fn id(&self) -> ExportId {
        self.id
    }

    fn tenant_id(&self) -> &TenantId {
        &self.tenant_id
    }

    fn revision(&self) -> Revision {
        self.revision
    }
}

impl PlannedRecords<Export> {
    /// Plans a change; the caller has checked that the tenant of a new export exists.
    pub(super) fn plan(&mut self, current: &ByTenant<Export>, change: ExportChange) -> Result<(), ControlError> {
        match change {
            ExportChange::Create(export) => self.create(current, export),
            ExportChange::Update(export) => self.update(current, export),
            ExportChange::Delete { id, tenant_id, expected } => {
                self.delete(current, Deletion { tenant_id, id, expected })
            }
        }
    }

    fn create(&mut self, current: &ByTenant<Export>, export: Export) -> Result<(), ControlError> {
        let of_tenant = self.of_tenant(current, &export.tenant_id);
        if of_tenant.contains_key(&export.id) {
            return Err(ControlError::AlreadyExists(export.record_name()));
        }
        let of_owner = of_tenant.values().filter(|other| other.owner == export.owner).count();
        if of_tenant.len() >= EXPORTS_MAX || of_owner >= EXPORTS_OF_OWNER_MAX {
            return Err(ControlError::LimitReached(export.record_name()));
        }
        self.put(current, Export { revision: Revision::FIRST, ..export });
        Ok(())
    }

    /// Plans progress or an end of an export. An ended export does not change, so that the job that writes a file
    /// cannot undo its cancellation.
    fn update(&mut self, current: &ByTenant<Export>, export: Export) -> Result<(), ControlError> {
        let old = self.replaced(current, &export)?;
        if old.status != ExportStatus::Pending {
            return Err(ControlError::Conflict(old.record_name()));
        }
        let Export { status, progress, .. } = export;
        self.put(current, Export { revision: old.revision.next(), status, progress, ..Export::clone(&old) });
        Ok(())
    }
}
