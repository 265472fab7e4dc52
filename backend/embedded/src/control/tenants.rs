//! Owns tenants in memory, and the rules by which they change.

use std::{collections::BTreeMap, ops::Bound};

use auditlog_core::{
    id::TenantId,
    store::{ControlError, RecordKind, Revision, Tenant, TenantChange},
};

use super::expect_revision;
use crate::ledger::{NumberedTenant, TenantNumber};

/// Tenants by id: every one, or those that planned changes affect.
#[derive(Debug, Default)]
pub(super) struct Tenants {
    by_id: BTreeMap<TenantId, NumberedTenant>,
}

impl Tenants {
    pub(super) fn new(tenants: Vec<NumberedTenant>) -> Self {
        Self { by_id: tenants.into_iter().map(|numbered| (numbered.tenant.id.clone(), numbered)).collect() }
    }

    pub(super) fn get(&self, id: &TenantId) -> Option<&NumberedTenant> {
        self.by_id.get(id)
    }

    pub(super) fn all(&self) -> impl Iterator<Item = &NumberedTenant> {
        self.by_id.values()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.by_id.is_empty()
    }

    /// The tenants after an id, at most `limit`.
    pub(super) fn part(&self, after: Option<&TenantId>, limit: usize) -> Vec<Tenant> {
        let first = after.map_or(Bound::Unbounded, Bound::Excluded);
        let part = self.by_id.range::<TenantId, _>((first, Bound::Unbounded)).take(limit);
        part.map(|(_, numbered)| numbered.tenant.clone()).collect()
    }

    /// Applies planned changes.
    pub(super) fn show(&mut self, planned: PlannedTenants) {
        self.by_id.extend(planned.changed.by_id);
    }
}

/// The changed tenants as they will be.
#[derive(Debug, Default)]
pub(super) struct PlannedTenants {
    changed: Tenants,
}

impl PlannedTenants {
    pub(super) fn changed(&self) -> &Tenants {
        &self.changed
    }

    /// A tenant's number, also if the tenant is new.
    pub(super) fn number_of(&self, current: &Tenants, id: &TenantId) -> Result<TenantNumber, ControlError> {
        self.find(current, id).map(|numbered| numbered.number)
    }

    pub(super) fn plan(&mut self, current: &Tenants, change: TenantChange) -> Result<(), ControlError> {
        match change {
            TenantChange::Create(tenant) => self.create(current, tenant),
            TenantChange::Update(tenant) => self.update(current, tenant),
        }
    }

    fn create(&mut self, current: &Tenants, tenant: Tenant) -> Result<(), ControlError> {
        if self.find(current, &tenant.id).is_ok() {
            return Err(ControlError::AlreadyExists(RecordKind::Tenant.named(&tenant.id)));
        }
        let last = current.all().chain(self.changed.all()).map(|numbered| numbered.number.0).max().unwrap_or(0);
        let full = || ControlError::Unavailable("there are too many tenants".into());
        let number = TenantNumber(last.checked_add(1).ok_or_else(full)?);
        self.put(number, Tenant { revision: Revision::FIRST, ..tenant });
        Ok(())
    }

    fn update(&mut self, current: &Tenants, tenant: Tenant) -> Result<(), ControlError> {
        let NumberedTenant { number, tenant: old } = self.find(current, &tenant.id)?;
        expect_revision(RecordKind::Tenant.named(&old.id), old.revision, Some(tenant.revision))?;
        let (number, changed) =
            (*number, Tenant { revision: old.revision.next(), created_at: old.created_at, ..tenant });
        self.put(number, changed);
        Ok(())
    }

    fn find<'a>(&'a self, current: &'a Tenants, id: &TenantId) -> Result<&'a NumberedTenant, ControlError> {
        let found = self.changed.get(id).or_else(|| current.get(id));
        found.ok_or_else(|| ControlError::NotFound(RecordKind::Tenant.named(id)))
    }

    fn put(&mut self, number: TenantNumber, tenant: Tenant) {
        self.changed.by_id.insert(tenant.id.clone(), NumberedTenant { number, tenant });
    }
}
