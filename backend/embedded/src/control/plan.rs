//! Owns the plan of a commit of control data: the conditions are checked first, and then the changes in order, each
//! against the result of the earlier changes.

use std::collections::BTreeMap;

use auditlog_core::{
    id::{ApiKeyId, TenantId},
    policy::Scope,
    store::{
        ApiKey, ApiKeyChange, Condition, ControlChange, ControlError, Export, ExportChange, ExportId, RecordKind,
        RecordName, SavedSearch, SavedSearchChange, SavedSearchId, TenantStatus,
    },
};

use super::{
    Entries, Records,
    api_keys::PlannedKeys,
    by_tenant::{PlannedRecords, Record, RowChange},
    expect_revision,
    tenants::PlannedTenants,
};
use crate::ledger::{NumberedTenant, TenantNumber};

/// The change of one row. `T` identifies the tenant of the record.
pub(crate) struct ChangedRow<'a, Id, R, T = TenantNumber> {
    pub(crate) tenant: T,
    pub(crate) id: Id,
    pub(crate) row: &'a RowChange<R>,
}

/// Changes that may be made: the changed tenants, keys, saved searches and exports as they will be.
#[derive(Debug)]
pub(crate) struct Planned {
    pub(super) tenants: PlannedTenants,
    pub(super) keys: PlannedKeys,
    pub(super) searches: Numbered<SavedSearch>,
    pub(super) exports: Numbered<Export>,
    /// The number of each tenant whose keys change.
    pub(super) key_tenants: BTreeMap<TenantId, TenantNumber>,
}

/// Planned changes of records, with the numbers of their tenants, by which rows name them.
#[derive(Debug)]
pub(super) struct Numbered<R: Record> {
    pub(super) planned: PlannedRecords<R>,
    /// The number of each tenant of a changed row.
    tenants: BTreeMap<TenantId, TenantNumber>,
}

impl<R: Record> Numbered<R> {
    /// # Errors
    /// Those of `number_of`, for a tenant that does not exist.
    fn of(
        planned: PlannedRecords<R>,
        number_of: impl Fn(&TenantId) -> Result<TenantNumber, ControlError>,
    ) -> Result<Self, ControlError> {
        let tenants = planned.rows().map(|(tenant, _, _)| Ok((tenant.clone(), number_of(tenant)?)));
        Ok(Self { tenants: tenants.collect::<Result<_, ControlError>>()?, planned })
    }

    /// The changed rows. Every tenant of one has its number, because [`Numbered::of`] looked it up.
    fn rows(&self) -> impl Iterator<Item = ChangedRow<'_, R::Id, R>> {
        self.planned
            .rows()
            .filter_map(|(tenant_id, id, row)| Some(ChangedRow { tenant: *self.tenants.get(tenant_id)?, id, row }))
    }
}

impl Planned {
    pub(crate) fn tenants(&self) -> impl Iterator<Item = &NumberedTenant> {
        self.tenants.changed().all()
    }

    /// The changed keys. A key of the system has no tenant.
    fn api_keys(&self) -> impl Iterator<Item = ChangedRow<'_, &ApiKeyId, ApiKey, Option<TenantNumber>>> {
        self.keys.changed().iter().map(|(id, changed)| {
            let tenant = match &changed.scope {
                Scope::System => None,
                Scope::Tenant(tenant) => self.key_tenants.get(tenant).copied(),
            };
            ChangedRow { tenant, id, row: &changed.row }
        })
    }

    /// Calls one function for each kind of record. A new kind gets a parameter, so that no commit leaves it out.
    pub(crate) fn write<E>(
        &self,
        mut put_tenant: impl FnMut(&NumberedTenant) -> Result<(), E>,
        mut api_key: impl FnMut(ChangedRow<'_, &ApiKeyId, ApiKey, Option<TenantNumber>>) -> Result<(), E>,
        mut saved_search: impl FnMut(ChangedRow<'_, SavedSearchId, SavedSearch>) -> Result<(), E>,
        mut export: impl FnMut(ChangedRow<'_, ExportId, Export>) -> Result<(), E>,
    ) -> Result<(), E> {
        let Self { tenants, keys: _, searches, exports, key_tenants: _ } = self;
        tenants.changed().all().try_for_each(&mut put_tenant)?;
        self.api_keys().try_for_each(&mut api_key)?;
        searches.rows().try_for_each(&mut saved_search)?;
        exports.rows().try_for_each(&mut export)
    }

    /// Whether a tenant or a key changes.
    pub(super) fn changes_credentials(&self) -> bool {
        !self.tenants.changed().is_empty() || !self.keys.changed().is_empty()
    }
}

/// The changes of a commit that were checked so far.
pub(super) struct Plan<'a> {
    entries: &'a Entries,
    records: &'a Records,
    tenants: PlannedTenants,
    keys: PlannedKeys,
    searches: PlannedRecords<SavedSearch>,
    exports: PlannedRecords<Export>,
}

impl<'a> Plan<'a> {
    pub(super) fn new(entries: &'a Entries, records: &'a Records) -> Self {
        Self {
            entries,
            records,
            tenants: PlannedTenants::default(),
            keys: PlannedKeys::default(),
            searches: PlannedRecords::default(),
            exports: PlannedRecords::default(),
        }
    }

    /// Checks a condition on the state before the changes.
    pub(super) fn check(&self, condition: &Condition) -> Result<(), ControlError> {
        match condition {
            Condition::ApiKeyUnchanged { id, revision } => {
                let name = RecordKind::ApiKey.named(id);
                match self.entries.keys.get(id) {
                    Some(key) => expect_revision(name, key.revision, Some(*revision)),
                    None => Err(ControlError::Conflict(name)),
                }
            }
            Condition::ApiKeyNotRevoked { id } => {
                let is_valid = self.entries.keys.get(id).is_some_and(|key| key.revoked_at.is_none());
                require(is_valid, || RecordKind::ApiKey.named(id))
            }
            Condition::TenantActive { id } => {
                let status = self.entries.tenants.get(id).map(|numbered| numbered.tenant.status);
                require(status == Some(TenantStatus::Active), || RecordKind::Tenant.named(id))
            }
            Condition::ExportLeased { key, lease } => {
                require(self.records.leases.is_holder(key, *lease), || RecordKind::Export.named(key.id))
            }
            Condition::LiveApiKeysAtMost { scope, now, count_max } => {
                let is_room = self.entries.keys.count(scope, *now).live <= *count_max;
                require(is_room, || match scope {
                    Scope::System => RecordKind::ApiKey.named("of the system"),
                    Scope::Tenant(tenant) => RecordKind::ApiKey.named(format!("of tenant {tenant}")),
                })
            }
        }
    }

    pub(super) fn add(&mut self, change: ControlChange) -> Result<(), ControlError> {
        match change {
            ControlChange::Tenant(change) => self.tenants.plan(&self.entries.tenants, change),
            ControlChange::ApiKey(change) => {
                if let ApiKeyChange::Create(ApiKey { scope: Scope::Tenant(tenant), .. }) = &change {
                    self.number_of(tenant)?;
                }
                self.keys.plan(&self.entries.keys, change)
            }
            ControlChange::SavedSearch(change) => {
                if let SavedSearchChange::Create(search) = &change {
                    self.number_of(&search.tenant_id)?;
                }
                self.searches.plan(&self.records.searches, change)
            }
            ControlChange::Export(change) => {
                if let ExportChange::Create(export) = &change {
                    self.number_of(&export.tenant_id)?;
                }
                self.exports.plan(&self.records.exports, change)
            }
        }
    }

    pub(super) fn finish(self) -> Result<Planned, ControlError> {
        // Destructured completely, so that no kind of record is forgotten here.
        let Self { entries, records: _, tenants, keys, searches, exports } = self;
        let number_of = |tenant: &TenantId| tenants.number_of(&entries.tenants, tenant);
        let of_keys = keys.changed().values().filter_map(|changed| match &changed.scope {
            Scope::System => None,
            Scope::Tenant(tenant) => Some(tenant),
        });
        let key_tenants = of_keys.map(|tenant| Ok((tenant.clone(), number_of(tenant)?)));
        let key_tenants = key_tenants.collect::<Result<_, ControlError>>()?;
        let searches = Numbered::of(searches, number_of)?;
        let exports = Numbered::of(exports, number_of)?;
        Ok(Planned { tenants, keys, searches, exports, key_tenants })
    }

    fn number_of(&self, tenant: &TenantId) -> Result<TenantNumber, ControlError> {
        self.tenants.number_of(&self.entries.tenants, tenant)
    }
}

/// Fails with a conflict of the named record unless a condition holds.
fn require(holds: bool, name: impl FnOnce() -> RecordName) -> Result<(), ControlError> {
    if holds { Ok(()) } else { Err(ControlError::Conflict(name())) }
}
