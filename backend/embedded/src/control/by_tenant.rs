//! Owns the records that belong to tenants (saved searches, exports) in memory, and the planned changes to these
//! records. The sibling modules decide which changes are allowed.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    sync::Arc,
};

use auditlog_core::{
    id::TenantId,
    store::{ControlError, RecordKind, RecordName, Revision},
};

use super::expect_revision;

/// A kind of record of which a tenant has any number.
pub(crate) trait Record: Clone + fmt::Debug {
    /// Identifies a record within its tenant.
    type Id: Copy + Ord + fmt::Display + fmt::Debug;

    /// The kind, for errors.
    const KIND: RecordKind;

    fn id(&self) -> Self::Id;

    fn tenant_id(&self) -> &TenantId;

    fn revision(&self) -> Revision;

    /// The record in errors.
    fn record_name(&self) -> RecordName {
        Self::KIND.named(self.id())
    }
}

/// One tenant's records. Shared individually, so that a change copies none of their texts.
pub(super) type OfTenant<R> = BTreeMap<<R as Record>::Id, Arc<R>>;

/// Every record; or, of planned changes, all records of the affected tenants as they will be then.
#[derive(Debug)]
pub(super) struct ByTenant<R: Record> {
    tenants: BTreeMap<TenantId, OfTenant<R>>,
}

impl<R: Record> Default for ByTenant<R> {
    fn default() -> Self {
        Self { tenants: BTreeMap::new() }
    }
}

impl<R: Record> ByTenant<R> {
    pub(super) fn new(records: Vec<R>) -> Self {
        let mut tenants: BTreeMap<TenantId, OfTenant<R>> = BTreeMap::new();
        for record in records {
            tenants.entry(record.tenant_id().clone()).or_default().insert(record.id(), Arc::new(record));
        }
        Self { tenants }
    }

    pub(super) fn get(&self, tenant_id: &TenantId, id: R::Id) -> Option<R> {
        self.tenants.get(tenant_id)?.get(&id).map(|record| R::clone(record))
    }

    /// A tenant's records, by id.
    pub(super) fn of(&self, tenant_id: &TenantId) -> impl Iterator<Item = &R> {
        self.tenants.get(tenant_id).into_iter().flat_map(BTreeMap::values).map(Arc::as_ref)
    }

    /// All records, by tenant and id.
    pub(super) fn all(&self) -> impl Iterator<Item = &R> {
        self.tenants.values().flat_map(BTreeMap::values).map(Arc::as_ref)
    }

    /// Applies planned changes.
    pub(super) fn show(&mut self, planned: PlannedRecords<R>) {
        self.tenants.extend(planned.changed.tenants);
    }
}

/// The change of a record's row.
#[derive(Debug)]
pub(crate) enum RowChange<R> {
    /// It is written, new or changed.
    Put(Arc<R>),
    /// It is removed.
    Delete,
}

/// The planned changes of records.
#[derive(Debug)]
pub(super) struct PlannedRecords<R: Record> {
    changed: ByTenant<R>,
    rows: BTreeMap<(TenantId, R::Id), RowChange<R>>,
    /// The records that are deleted, also where later changes create others with their ids.
    deleted: BTreeSet<(TenantId, R::Id)>,
}

impl<R: Record> Default for PlannedRecords<R> {
    fn default() -> Self {
        Self { changed: ByTenant::default(), rows: BTreeMap::new(), deleted: BTreeSet::new() }
    }
}

impl<R: Record> PlannedRecords<R> {
    pub(super) fn rows(&self) -> impl Iterator<Item = (&TenantId, R::Id, &RowChange<R>)> {
        self.rows.iter().map(|((tenant_id, id), row)| (tenant_id, *id, row))
    }

    pub(super) fn deleted(&self) -> impl Iterator<Item = (&TenantId, R::Id)> {
        self.deleted.iter().map(|(tenant_id, id)| (tenant_id, *id))
    }

    /// A tenant's records, as the changes planned so far leave them.
    pub(super) fn of_tenant(&mut self, current: &ByTenant<R>, tenant_id: &TenantId) -> &mut OfTenant<R> {
        let now = || current.tenants.get(tenant_id).cloned().unwrap_or_default();
        self.changed.tenants.entry(tenant_id.clone()).or_insert_with(now)
    }

    /// The record that an update replaces; it must have the revision that the update was decided on.
    pub(super) fn replaced(&mut self, current: &ByTenant<R>, update: &R) -> Result<Arc<R>, ControlError> {
        let old = self.of_tenant(current, update.tenant_id()).get(&update.id()).cloned();
        let old = old.ok_or_else(|| ControlError::NotFound(update.record_name()))?;
        expect_revision(old.record_name(), old.revision(), Some(update.revision()))?;
        Ok(old)
    }

    /// Plans a new or changed record.
    pub(super) fn put(&mut self, current: &ByTenant<R>, record: R) {
        let (tenant_id, id, record) = (record.tenant_id().clone(), record.id(), Arc::new(record));
        self.of_tenant(current, &tenant_id).insert(id, Arc::clone(&record));
        self.rows.insert((tenant_id, id), RowChange::Put(record));
    }

    /// Plans a deletion.
    pub(super) fn delete(&mut self, current: &ByTenant<R>, deletion: Deletion<R::Id>) -> Result<(), ControlError> {
        let Deletion { tenant_id, id, expected } = deletion;
        let of_tenant = self.of_tenant(current, &tenant_id);
        let old = of_tenant.get(&id).ok_or_else(|| ControlError::NotFound(R::KIND.named(id)))?;
        expect_revision(old.record_name(), old.revision(), expected)?;
        of_tenant.remove(&id);
        self.deleted.insert((tenant_id.clone(), id));
        self.rows.insert((tenant_id, id), RowChange::Delete);
        Ok(())
    }
}

/// The deletion of a record.
pub(super) struct Deletion<Id> {
    pub tenant_id: TenantId,
    pub id: Id,
    /// The revision that it must have; `None` accepts any.
    pub expected: Option<Revision>,
}
