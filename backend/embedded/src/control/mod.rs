//! Owns tenants, API keys, saved searches and exports in memory, and the rules by which they change. The ledger owns
//! the tables.

mod api_keys;
mod by_tenant;
mod exports;
mod saved_searches;

use std::{collections::BTreeMap, ops::Bound, sync::Arc};

use api_keys::ApiKeys;
use auditlog_core::{
    id::{ApiKeyId, TenantId},
    policy::Scope,
    store::{
        ApiKey, ApiKeyCounts, ApiKeyPosition, ControlChange, ControlError, Export, ExportId, SavedSearch,
        SavedSearchId, Tenant,
    },
    timestamp::Timestamp,
};
use parking_lot::RwLock;
use tokio::sync::watch;

pub(crate) use by_tenant::RowChange;
use by_tenant::{ByTenant, PlannedRecords};

use crate::ledger::{NumberedTenant, TenantNumber};

/// Every tenant, key, saved search and export as of the last commit. The writer alone changes it.
#[derive(Debug)]
pub(crate) struct Control {
    current: RwLock<Entries>,
    records: RwLock<Records>,
    /// Rises with every change of a tenant or a key.
    revision: watch::Sender<u64>,
}

#[derive(Debug, Default)]
struct Entries {
    tenants: BTreeMap<TenantId, NumberedTenant>,
    keys: ApiKeys,
}

/// The changed tenants and keys as they will be.
#[derive(Debug, Default)]
struct Changed {
    tenants: BTreeMap<TenantId, NumberedTenant>,
    keys: BTreeMap<ApiKeyId, ChangedKey>,
}

/// A key that changes.
#[derive(Debug)]
struct ChangedKey {
    scope: Scope,
    row: RowChange<ApiKey>,
}

/// The kinds of records of which a tenant has any number.
#[derive(Debug)]
struct Records {
    searches: ByTenant<SavedSearch>,
    exports: ByTenant<Export>,
}

/// Changes that may be made: the changed tenants, keys, saved searches and exports as they will be.
#[derive(Debug)]
pub(crate) struct Planned {
    changed: Changed,
    /// The number of each changed key's tenant.
    key_tenants: BTreeMap<ApiKeyId, Option<TenantNumber>>,
    searches: PlannedRecords<SavedSearch>,
    exports: PlannedRecords<Export>,
    /// The number of each tenant whose saved searches or exports change.
    record_tenants: BTreeMap<TenantId, TenantNumber>,
}

impl Control {
    pub(crate) fn new(
        tenants: Vec<NumberedTenant>,
        keys: Vec<ApiKey>,
        (searches, exports): (Vec<SavedSearch>, Vec<Export>),
    ) -> Self {
        let tenants = tenants.into_iter().map(|numbered| (numbered.tenant.id.clone(), numbered)).collect();
        let keys = ApiKeys::new(keys);
        let records = Records { searches: ByTenant::new(searches), exports: ByTenant::new(exports) };
        let current = RwLock::new(Entries { tenants, keys });
        Self { current, records: RwLock::new(records), revision: watch::Sender::new(0) }
    }

    pub(crate) fn revision(&self) -> u64 {
        *self.revision.borrow()
    }

    /// Resolves with the revision as soon as it differs from `seen`.
    pub(crate) async fn changed_since(&self, seen: u64) -> u64 {
        let mut revisions = self.revision.subscribe();
        if let Ok(revision) = revisions.wait_for(|revision| *revision != seen).await.map(|revision| *revision) {
            return revision;
        }
        // Not reached, because this object owns the sender; without a sender nothing would change any more.
        std::future::pending().await
    }

    pub(crate) fn tenant(&self, id: &TenantId) -> Option<NumberedTenant> {
        self.current.read().tenants.get(id).cloned()
    }

    /// The tenants after an id, at most `limit`.
    pub(crate) fn tenants(&self, after: Option<&TenantId>, limit: usize) -> Vec<Tenant> {
        let first = after.map_or(Bound::Unbounded, Bound::Excluded);
        let current = self.current.read();
        let part = current.tenants.range::<TenantId, _>((first, Bound::Unbounded)).take(limit);
        part.map(|(_, numbered)| numbered.tenant.clone()).collect()
    }

    pub(crate) fn api_key(&self, id: &ApiKeyId) -> Option<ApiKey> {
        self.current.read().keys.get(id).cloned()
    }

    /// The keys of a scope after a position, at most `limit`.
    pub(crate) fn api_keys(&self, scope: &Scope, after: Option<&ApiKeyPosition>, limit: usize) -> Vec<ApiKey> {
        self.current.read().keys.part(scope, after, limit)
    }

    pub(crate) fn count_api_keys(&self, scope: &Scope, now: Timestamp) -> ApiKeyCounts {
        self.current.read().keys.count(scope, now)
    }

    pub(crate) fn saved_search(&self, tenant_id: &TenantId, id: SavedSearchId) -> Option<SavedSearch> {
        self.records.read().searches.get(tenant_id, id)
    }

    /// A tenant's saved searches, by name and id.
    pub(crate) fn saved_searches(&self, tenant_id: &TenantId) -> Vec<SavedSearch> {
        let mut searches: Vec<_> = self.records.read().searches.of(tenant_id).cloned().collect();
        searches.sort_by(|left, right| (&left.name, left.id).cmp(&(&right.name, right.id)));
        searches
    }

    pub(crate) fn export(&self, tenant_id: &TenantId, id: ExportId) -> Option<Export> {
        self.records.read().exports.get(tenant_id, id)
    }

    /// A tenant's exports, by creation and id.
    pub(crate) fn exports(&self, tenant_id: &TenantId) -> Vec<Export> {
        let mut exports: Vec<_> = self.records.read().exports.of(tenant_id).cloned().collect();
        exports.sort_by_key(|export| (export.created_at, export.id));
        exports
    }

    /// Every export, by tenant, creation and id.
    pub(crate) fn all_exports(&self) -> Vec<Export> {
        let mut exports: Vec<_> = self.records.read().exports.all().cloned().collect();
        exports.sort_by(|left, right| {
            (&left.tenant_id, left.created_at, left.id).cmp(&(&right.tenant_id, right.created_at, right.id))
        });
        exports
    }

    /// Checks changes in order, each against the result of the ones before it.
    pub(crate) fn plan(&self, changes: Vec<ControlChange>) -> Result<Planned, ControlError> {
        let (current, records) = (self.current.read(), self.records.read());
        let mut plan = Plan {
            current: &current,
            changed: Changed::default(),
            records: &records,
            searches: PlannedRecords::default(),
            exports: PlannedRecords::default(),
        };
        for change in changes {
            plan.add(change)?;
        }
        plan.finish()
    }

    /// Publishes changes that have become durable.
    pub(crate) fn show(&self, planned: Planned) {
        let Changed { tenants, keys } = planned.changed;
        let is_revised = !tenants.is_empty() || !keys.is_empty();
        {
            let mut current = self.current.write();
            current.tenants.extend(tenants);
            for (id, changed) in keys {
                match changed.row {
                    RowChange::Put(key) => current.keys.put(Arc::unwrap_or_clone(key)),
                    RowChange::Delete => current.keys.remove(&id),
                }
            }
            let mut records = self.records.write();
            records.searches.show(planned.searches);
            records.exports.show(planned.exports);
        }
        if is_revised {
            self.revision.send_modify(|revision| *revision += 1);
        }
    }
}

impl Planned {
    pub(crate) fn tenants(&self) -> impl Iterator<Item = &NumberedTenant> {
        self.changed.tenants.values()
    }

    pub(crate) fn api_keys(&self) -> impl Iterator<Item = (&ApiKeyId, &RowChange<ApiKey>, Option<TenantNumber>)> {
        let tenant_of = |id| self.key_tenants.get(id).copied().flatten();
        self.changed.keys.iter().map(move |(id, changed)| (id, &changed.row, tenant_of(id)))
    }

    pub(crate) fn saved_searches(
        &self,
    ) -> impl Iterator<Item = (TenantNumber, SavedSearchId, &RowChange<SavedSearch>)> {
        self.searches.rows().filter_map(|(tenant, id, row)| Some((*self.record_tenants.get(tenant)?, id, row)))
    }

    pub(crate) fn exports(&self) -> impl Iterator<Item = (TenantNumber, ExportId, &RowChange<Export>)> {
        self.exports.rows().filter_map(|(tenant, id, row)| Some((*self.record_tenants.get(tenant)?, id, row)))
    }
}

struct Plan<'a> {
    current: &'a Entries,
    changed: Changed,
    records: &'a Records,
    searches: PlannedRecords<SavedSearch>,
    exports: PlannedRecords<Export>,
}

impl Plan<'_> {
    fn add(&mut self, change: ControlChange) -> Result<(), ControlError> {
        match change {
            ControlChange::CreateTenant(tenant) => self.create_tenant(tenant),
            ControlChange::UpdateTenant(tenant) => self.update_tenant(tenant),
            ControlChange::CreateApiKey(key) => self.create_api_key(key),
            ControlChange::UpdateApiKey(key) => {
                let old = self.key_in_scope(&key.id, &key.scope)?;
                let ApiKey { name, expires_at, allowed_networks, .. } = key;
                self.put_key(ApiKey { name, expires_at, allowed_networks, ..old });
                Ok(())
            }
            ControlChange::RevokeApiKey { id, scope, revoked_at } => {
                let old = self.key_in_scope(&id, &scope)?;
                let revoked_at = Some(old.revoked_at.unwrap_or(revoked_at));
                self.put_key(ApiKey { revoked_at, ..old });
                Ok(())
            }
            ControlChange::ForgetApiKey { id, scope } => {
                self.key_in_scope(&id, &scope)?;
                self.changed.keys.insert(id, ChangedKey { scope, row: RowChange::Delete });
                Ok(())
            }
            ControlChange::CreateSavedSearch(search) => {
                self.number_of(&search.tenant_id)?;
                self.searches.create(&self.records.searches, search)
            }
            ControlChange::UpdateSavedSearch(search) => self.searches.update(&self.records.searches, search),
            ControlChange::DeleteSavedSearch { id, tenant_id } => {
                self.searches.delete(&self.records.searches, tenant_id, id)
            }
            ControlChange::CreateExport(export) => {
                self.number_of(&export.tenant_id)?;
                self.exports.create(&self.records.exports, export)
            }
            ControlChange::UpdateExport(export) => self.exports.update(&self.records.exports, export),
            ControlChange::DeleteExport { id, tenant_id } => self.exports.delete(&self.records.exports, tenant_id, id),
        }
    }

    fn create_tenant(&mut self, tenant: Tenant) -> Result<(), ControlError> {
        if self.tenant(&tenant.id).is_some() {
            return Err(ControlError::AlreadyExists(format!("tenant {}", tenant.id)));
        }
        let known = self.current.tenants.values().chain(self.changed.tenants.values());
        let last = known.map(|numbered| numbered.number.0).max().unwrap_or(0);
        let full = || ControlError::Unavailable("there are too many tenants".into());
        let number = TenantNumber(last.checked_add(1).ok_or_else(full)?);
        self.changed.tenants.insert(tenant.id.clone(), NumberedTenant { number, tenant });
        Ok(())
    }

    fn update_tenant(&mut self, tenant: Tenant) -> Result<(), ControlError> {
        let not_found = || ControlError::NotFound(format!("tenant {}", tenant.id));
        let NumberedTenant { number, tenant: old } = self.tenant(&tenant.id).cloned().ok_or_else(not_found)?;
        let tenant = Tenant { created_at: old.created_at, ..tenant };
        self.changed.tenants.insert(tenant.id.clone(), NumberedTenant { number, tenant });
        Ok(())
    }

    fn create_api_key(&mut self, key: ApiKey) -> Result<(), ControlError> {
        if self.key(&key.id).is_some() {
            return Err(ControlError::AlreadyExists(format!("API key {}", key.id)));
        }
        if let Scope::Tenant(tenant) = &key.scope {
            self.number_of(tenant)?;
        }
        self.put_key(key);
        Ok(())
    }

    fn tenant(&self, id: &TenantId) -> Option<&NumberedTenant> {
        self.changed.tenants.get(id).or_else(|| self.current.tenants.get(id))
    }

    fn number_of(&self, id: &TenantId) -> Result<TenantNumber, ControlError> {
        let not_found = || ControlError::NotFound(format!("tenant {id}"));
        self.tenant(id).map(|numbered| numbered.number).ok_or_else(not_found)
    }

    fn key(&self, id: &ApiKeyId) -> Option<&ApiKey> {
        match self.changed.keys.get(id) {
            Some(ChangedKey { row: RowChange::Put(key), .. }) => Some(key),
            Some(ChangedKey { row: RowChange::Delete, .. }) => None,
            None => self.current.keys.get(id),
        }
    }

    fn key_in_scope(&self, id: &ApiKeyId, scope: &Scope) -> Result<ApiKey, ControlError> {
        let key = self.key(id).filter(|key| key.scope == *scope);
        key.cloned().ok_or_else(|| ControlError::NotFound(format!("API key {id}")))
    }

    fn put_key(&mut self, key: ApiKey) {
        let (id, scope) = (key.id.clone(), key.scope.clone());
        self.changed.keys.insert(id, ChangedKey { scope, row: RowChange::Put(Arc::new(key)) });
    }

    fn finish(self) -> Result<Planned, ControlError> {
        let mut key_tenants = BTreeMap::new();
        for (id, key) in &self.changed.keys {
            let number = match &key.scope {
                Scope::System => None,
                Scope::Tenant(tenant) => Some(self.number_of(tenant)?),
            };
            key_tenants.insert(id.clone(), number);
        }
        let mut record_tenants = BTreeMap::new();
        let of_searches = self.searches.rows().map(|(tenant, _, _)| tenant);
        for tenant in of_searches.chain(self.exports.rows().map(|(tenant, _, _)| tenant)) {
            record_tenants.insert(tenant.clone(), self.number_of(tenant)?);
        }
        let Self { changed, searches, exports, .. } = self;
        Ok(Planned { changed, key_tenants, searches, exports, record_tenants })
    }
}
