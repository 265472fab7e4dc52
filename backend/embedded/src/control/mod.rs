//! Owns tenants, API keys and saved searches in memory, and the rules by which they change. The tables are the ledger's.

mod saved_searches;

use std::{
    collections::BTreeMap,
    sync::{PoisonError, RwLock, RwLockReadGuard},
};

use auditlog_core::{
    id::TenantId,
    policy::Scope,
    store::{ApiKey, ApiKeyId, ControlChange, ControlError, SavedSearch, SavedSearchId, Tenant},
};

pub(crate) use saved_searches::RowChange;
use saved_searches::{PlannedSearches, SavedSearches};

use crate::ledger::{NumberedTenant, TenantNumber};

/// Every tenant, key and saved search as of the last commit. The writer alone changes it.
#[derive(Debug)]
pub(crate) struct Control {
    current: RwLock<Entries>,
    saved_searches: RwLock<SavedSearches>,
}

#[derive(Debug, Default)]
struct Entries {
    tenants: BTreeMap<TenantId, NumberedTenant>,
    keys: BTreeMap<ApiKeyId, ApiKey>,
}

/// Changes that may be made: what the changed tenants, keys and saved searches will be.
#[derive(Debug)]
pub(crate) struct Planned {
    changed: Entries,
    /// The number of each changed key's tenant.
    key_tenants: BTreeMap<ApiKeyId, Option<TenantNumber>>,
    searches: PlannedSearches,
    /// The number of each tenant whose saved searches change.
    search_tenants: BTreeMap<TenantId, TenantNumber>,
}

impl Control {
    pub(crate) fn new(tenants: Vec<NumberedTenant>, keys: Vec<ApiKey>, searches: Vec<SavedSearch>) -> Self {
        let tenants = tenants.into_iter().map(|numbered| (numbered.tenant.id.clone(), numbered)).collect();
        let keys = keys.into_iter().map(|key| (key.id.clone(), key)).collect();
        let saved_searches = RwLock::new(SavedSearches::new(searches));
        Self { current: RwLock::new(Entries { tenants, keys }), saved_searches }
    }

    pub(crate) fn tenant(&self, id: &TenantId) -> Option<NumberedTenant> {
        self.read().tenants.get(id).cloned()
    }

    /// Every tenant, by id.
    pub(crate) fn tenants(&self) -> Vec<Tenant> {
        self.read().tenants.values().map(|numbered| numbered.tenant.clone()).collect()
    }

    pub(crate) fn api_key(&self, id: &ApiKeyId) -> Option<ApiKey> {
        self.read().keys.get(id).cloned()
    }

    /// Every key of a scope, by creation and id.
    pub(crate) fn api_keys(&self, scope: &Scope) -> Vec<ApiKey> {
        let mut keys: Vec<_> = self.read().keys.values().filter(|key| key.scope == *scope).cloned().collect();
        keys.sort_by(|left, right| (left.created_at, &left.id).cmp(&(right.created_at, &right.id)));
        keys
    }

    pub(crate) fn saved_search(&self, tenant_id: &TenantId, id: SavedSearchId) -> Option<SavedSearch> {
        self.read_searches().get(tenant_id, id)
    }

    /// A tenant's saved searches, by name and id.
    pub(crate) fn saved_searches(&self, tenant_id: &TenantId) -> Vec<SavedSearch> {
        self.read_searches().list(tenant_id)
    }

    /// Checks changes in order, each against what the ones before it make.
    pub(crate) fn plan(&self, changes: Vec<ControlChange>) -> Result<Planned, ControlError> {
        let (current, searches) = (self.read(), self.read_searches());
        let mut plan = Plan {
            current: &current,
            changed: Entries::default(),
            current_searches: &searches,
            searches: PlannedSearches::default(),
        };
        for change in changes {
            plan.add(change)?;
        }
        plan.finish()
    }

    /// Shows what has become durable.
    pub(crate) fn show(&self, planned: Planned) {
        let mut current = self.current.write().unwrap_or_else(PoisonError::into_inner);
        current.tenants.extend(planned.changed.tenants);
        current.keys.extend(planned.changed.keys);
        self.saved_searches.write().unwrap_or_else(PoisonError::into_inner).show(planned.searches);
    }

    fn read(&self) -> RwLockReadGuard<'_, Entries> {
        self.current.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn read_searches(&self) -> RwLockReadGuard<'_, SavedSearches> {
        self.saved_searches.read().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Planned {
    pub(crate) fn tenants(&self) -> impl Iterator<Item = &NumberedTenant> {
        self.changed.tenants.values()
    }

    pub(crate) fn api_keys(&self) -> impl Iterator<Item = (&ApiKey, Option<TenantNumber>)> {
        self.changed.keys.values().map(|key| (key, self.key_tenants.get(&key.id).copied().flatten()))
    }

    pub(crate) fn saved_searches(&self) -> impl Iterator<Item = (TenantNumber, SavedSearchId, &RowChange)> {
        self.searches.rows().filter_map(|(tenant, id, row)| Some((*self.search_tenants.get(tenant)?, id, row)))
    }
}

struct Plan<'a> {
    current: &'a Entries,
    changed: Entries,
    current_searches: &'a SavedSearches,
    searches: PlannedSearches,
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
            ControlChange::CreateSavedSearch(search) => {
                self.number_of(&search.tenant_id)?;
                self.searches.create(self.current_searches, search)
            }
            ControlChange::UpdateSavedSearch(search) => self.searches.update(self.current_searches, search),
            ControlChange::DeleteSavedSearch { id, tenant_id } => {
                self.searches.delete(self.current_searches, tenant_id, id)
            }
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
        self.changed.keys.get(id).or_else(|| self.current.keys.get(id))
    }

    fn key_in_scope(&self, id: &ApiKeyId, scope: &Scope) -> Result<ApiKey, ControlError> {
        let key = self.key(id).filter(|key| key.scope == *scope);
        key.cloned().ok_or_else(|| ControlError::NotFound(format!("API key {id}")))
    }

    fn put_key(&mut self, key: ApiKey) {
        self.changed.keys.insert(key.id.clone(), key);
    }

    fn finish(self) -> Result<Planned, ControlError> {
        let mut key_tenants = BTreeMap::new();
        for key in self.changed.keys.values() {
            let number = match &key.scope {
                Scope::System => None,
                Scope::Tenant(tenant) => Some(self.number_of(tenant)?),
            };
            key_tenants.insert(key.id.clone(), number);
        }
        let mut search_tenants = BTreeMap::new();
        for (tenant, _, _) in self.searches.rows() {
            search_tenants.insert(tenant.clone(), self.number_of(tenant)?);
        }
        Ok(Planned { changed: self.changed, key_tenants, searches: self.searches, search_tenants })
    }
}
