//! Owns tenants and API keys in memory, and the rules by which they change. The tables are the ledger's.

use std::{
    collections::BTreeMap,
    sync::{PoisonError, RwLock, RwLockReadGuard},
};

use auditlog_core::{
    id::TenantId,
    policy::Scope,
    store::{ApiKey, ApiKeyId, ControlChange, ControlError, Tenant},
};

use crate::ledger::{NumberedTenant, TenantNumber};

/// Every tenant and key as of the last commit. The writer alone changes it.
#[derive(Debug)]
pub(crate) struct Control {
    current: RwLock<Entries>,
}

#[derive(Debug, Default)]
struct Entries {
    tenants: BTreeMap<TenantId, NumberedTenant>,
    keys: BTreeMap<ApiKeyId, ApiKey>,
}

/// Changes that may be made: what the changed tenants and keys will be.
#[derive(Debug)]
pub(crate) struct Planned {
    changed: Entries,
    /// The number of each changed key's tenant.
    key_tenants: BTreeMap<ApiKeyId, Option<TenantNumber>>,
}

impl Control {
    pub(crate) fn new(tenants: Vec<NumberedTenant>, keys: Vec<ApiKey>) -> Self {
        let tenants = tenants.into_iter().map(|numbered| (numbered.tenant.id.clone(), numbered)).collect();
        let keys = keys.into_iter().map(|key| (key.id.clone(), key)).collect();
        Self { current: RwLock::new(Entries { tenants, keys }) }
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

    /// Checks changes in order, each against what the ones before it make.
    pub(crate) fn plan(&self, changes: Vec<ControlChange>) -> Result<Planned, ControlError> {
        let current = self.read();
        let mut plan = Plan { current: &current, changed: Entries::default() };
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
    }

    fn read(&self) -> RwLockReadGuard<'_, Entries> {
        self.current.read().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Planned {
    pub(crate) fn tenants(&self) -> impl Iterator<Item = &NumberedTenant> {
        self.changed.tenants.values()
    }

    pub(crate) fn api_keys(&self) -> impl Iterator<Item = (&ApiKey, Option<TenantNumber>)> {
        self.changed.keys.values().map(|key| (key, self.key_tenants.get(&key.id).copied().flatten()))
    }
}

struct Plan<'a> {
    current: &'a Entries,
    changed: Entries,
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
        if let Scope::Tenant(tenant) = &key.scope
            && self.tenant(tenant).is_none()
        {
            return Err(ControlError::NotFound(format!("tenant {tenant}")));
        }
        self.put_key(key);
        Ok(())
    }

    fn tenant(&self, id: &TenantId) -> Option<&NumberedTenant> {
        self.changed.tenants.get(id).or_else(|| self.current.tenants.get(id))
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
                Scope::Tenant(tenant) => {
                    let not_found = || ControlError::NotFound(format!("tenant {tenant}"));
                    Some(self.tenant(tenant).ok_or_else(not_found)?.number)
                }
            };
            key_tenants.insert(key.id.clone(), number);
        }
        Ok(Planned { changed: self.changed, key_tenants })
    }
}
