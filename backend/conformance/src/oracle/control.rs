//! Owns tenants, keys, saved searches and exports, and the effect of each change on them.

use auditlog_core::{
    id::{ApiKeyId, TenantId},
    policy::Scope,
    store::{
        ApiKey, ApiKeyPosition, ControlChange, ControlError, EXPORTS_MAX, EXPORTS_OF_KEY_MAX, Export, ExportId,
        ExportStatus, SAVED_SEARCHES_MAX, SAVED_SEARCHES_OF_KEY_MAX, SavedSearch, SavedSearchId, Tenant,
    },
    timestamp::Timestamp,
};

#[derive(Debug, Clone, Default)]
pub(super) struct Control {
    tenants: Vec<Tenant>,
    api_keys: Vec<ApiKey>,
    saved_searches: Vec<SavedSearch>,
    exports: Vec<Export>,
}

impl Control {
    pub(super) fn tenant(&self, id: &TenantId) -> Option<&Tenant> {
        self.tenants.iter().find(|tenant| tenant.id == *id)
    }

    pub(super) fn tenants(&self, after: Option<&TenantId>, limit: usize) -> Vec<Tenant> {
        let mut tenants = self.tenants.clone();
        tenants.sort_by(|one, other| one.id.cmp(&other.id));
        tenants.retain(|tenant| after.is_none_or(|after| tenant.id > *after));
        tenants.truncate(limit);
        tenants
    }

    pub(super) fn api_key(&self, id: &ApiKeyId) -> Option<&ApiKey> {
        self.api_keys.iter().find(|key| key.id == *id)
    }

    /// Every key of a scope, in order.
    pub(super) fn api_keys(&self, scope: &Scope) -> Vec<ApiKey> {
        let mut keys: Vec<_> = self.api_keys.iter().filter(|key| key.scope == *scope).cloned().collect();
        keys.sort_by(|one, other| (one.created_at, &one.id).cmp(&(other.created_at, &other.id)));
        keys
    }

    pub(super) fn part_of_api_keys(&self, scope: &Scope, after: Option<&ApiKeyPosition>, limit: usize) -> Vec<ApiKey> {
        let mut keys = self.api_keys(scope);
        keys.retain(|key| after.is_none_or(|after| (key.created_at, &key.id) > (after.created_at, &after.id)));
        keys.truncate(limit);
        keys
    }

    pub(super) fn saved_search(&self, tenant_id: &TenantId, id: SavedSearchId) -> Option<&SavedSearch> {
        self.saved_searches.iter().find(|search| search.tenant_id == *tenant_id && search.id == id)
    }

    pub(super) fn saved_searches(&self, tenant_id: &TenantId) -> Vec<SavedSearch> {
        let of_tenant = self.saved_searches.iter().filter(|search| search.tenant_id == *tenant_id);
        let mut searches: Vec<_> = of_tenant.cloned().collect();
        searches.sort_by(|one, other| (&one.name, one.id).cmp(&(&other.name, other.id)));
        searches
    }

    pub(super) fn export(&self, tenant_id: &TenantId, id: ExportId) -> Option<&Export> {
        self.exports.iter().find(|export| export.tenant_id == *tenant_id && export.id == id)
    }

    /// Every export, by tenant, creation and id.
    pub(super) fn exports(&self) -> Vec<Export> {
        let mut exports = self.exports.clone();
        exports.sort_by_key(|export| (export.tenant_id.clone(), export.created_at, export.id));
        exports
    }

    pub(super) fn apply(&mut self, change: ControlChange) -> Result<(), ControlError> {
        match change {
            ControlChange::CreateTenant(tenant) => self.create_tenant(tenant),
            ControlChange::UpdateTenant(tenant) => self.update_tenant(tenant),
            ControlChange::CreateApiKey(key) => self.create_api_key(key),
            ControlChange::UpdateApiKey(key) => self.update_api_key(key),
            ControlChange::RevokeApiKey { id, scope, revoked_at } => self.revoke_api_key(&id, &scope, revoked_at),
            ControlChange::ForgetApiKey { id, scope } => self.forget_api_key(&id, &scope),
            ControlChange::CreateSavedSearch(search) => self.create_saved_search(search),
            ControlChange::UpdateSavedSearch(search) => self.update_saved_search(search),
            ControlChange::DeleteSavedSearch { id, tenant_id } => self.delete_saved_search(id, &tenant_id),
            ControlChange::CreateExport(export) => self.create_export(export),
            ControlChange::UpdateExport(export) => self.update_export(export),
            ControlChange::DeleteExport { id, tenant_id } => self.delete_export(id, &tenant_id),
        }
    }

    fn create_tenant(&mut self, tenant: Tenant) -> Result<(), ControlError> {
        if self.tenant(&tenant.id).is_some() {
            return Err(ControlError::AlreadyExists(format!("tenant {}", tenant.id)));
        }
        self.tenants.push(tenant);
        Ok(())
    }

    fn update_tenant(&mut self, changed: Tenant) -> Result<(), ControlError> {
        let Some(tenant) = self.tenants.iter_mut().find(|tenant| tenant.id == changed.id) else {
            return Err(ControlError::NotFound(format!("tenant {}", changed.id)));
        };
        tenant.name = changed.name;
        tenant.status = changed.status;
        tenant.updated_at = changed.updated_at;
        Ok(())
    }

    fn create_api_key(&mut self, key: ApiKey) -> Result<(), ControlError> {
        if let Scope::Tenant(tenant_id) = &key.scope
            && self.tenant(tenant_id).is_none()
        {
            return Err(ControlError::NotFound(format!("tenant {tenant_id}")));
        }
        if self.api_key(&key.id).is_some() {
            return Err(ControlError::AlreadyExists(format!("key {}", key.id)));
        }
        self.api_keys.push(key);
        Ok(())
    }

    fn update_api_key(&mut self, changed: ApiKey) -> Result<(), ControlError> {
        let key = self.key_of_scope(&changed.id, &changed.scope)?;
        key.name = changed.name;
        key.expires_at = changed.expires_at;
        key.allowed_networks = changed.allowed_networks;
        Ok(())
    }

    fn revoke_api_key(&mut self, id: &ApiKeyId, scope: &Scope, revoked_at: Timestamp) -> Result<(), ControlError> {
        let key = self.key_of_scope(id, scope)?;
        key.revoked_at = key.revoked_at.or(Some(revoked_at));
        Ok(())
    }

    fn forget_api_key(&mut self, id: &ApiKeyId, scope: &Scope) -> Result<(), ControlError> {
        self.key_of_scope(id, scope)?;
        self.api_keys.retain(|key| key.id != *id);
        Ok(())
    }

    fn key_of_scope(&mut self, id: &ApiKeyId, scope: &Scope) -> Result<&mut ApiKey, ControlError> {
        let mut keys = self.api_keys.iter_mut();
        keys.find(|key| key.id == *id && key.scope == *scope).ok_or_else(|| ControlError::NotFound(format!("key {id}")))
    }

    fn create_saved_search(&mut self, search: SavedSearch) -> Result<(), ControlError> {
        if self.tenant(&search.tenant_id).is_none() {
            return Err(ControlError::NotFound(format!("tenant {}", search.tenant_id)));
        }
        if self.saved_search(&search.tenant_id, search.id).is_some() {
            return Err(ControlError::AlreadyExists(format!("saved search {}", search.id)));
        }
        let all = self.saved_searches(&search.tenant_id);
        let own: Vec<_> = all.iter().filter(|other| other.owner == search.owner).collect();
        if own.iter().any(|other| other.name == search.name) {
            return Err(ControlError::AlreadyExists(format!("saved search {:?}", search.name)));
        }
        if all.len() >= SAVED_SEARCHES_MAX || own.len() >= SAVED_SEARCHES_OF_KEY_MAX {
            return Err(ControlError::LimitReached("there are too many saved searches".to_owned()));
        }
        self.saved_searches.push(search);
        Ok(())
    }

    fn update_saved_search(&mut self, changed: SavedSearch) -> Result<(), ControlError> {
        let Some(owner) = self.saved_search(&changed.tenant_id, changed.id).map(|search| search.owner.clone()) else {
            return Err(ControlError::NotFound(format!("saved search {}", changed.id)));
        };
        let all = self.saved_searches(&changed.tenant_id);
        let mut others = all.iter().filter(|other| other.id != changed.id);
        if others.any(|other| other.owner == owner && other.name == changed.name) {
            return Err(ControlError::AlreadyExists(format!("saved search {:?}", changed.name)));
        }
        let mut searches = self.saved_searches.iter_mut();
        if let Some(search) = searches.find(|one| one.tenant_id == changed.tenant_id && one.id == changed.id) {
            search.name = changed.name;
            search.query = changed.query;
            search.description = changed.description;
            search.visibility = changed.visibility;
            search.updated_at = changed.updated_at;
        }
        Ok(())
    }

    fn delete_saved_search(&mut self, id: SavedSearchId, tenant_id: &TenantId) -> Result<(), ControlError> {
        let before = self.saved_searches.len();
        self.saved_searches.retain(|search| search.tenant_id != *tenant_id || search.id != id);
        if self.saved_searches.len() == before {
            return Err(ControlError::NotFound(format!("saved search {id}")));
        }
        Ok(())
    }

    fn create_export(&mut self, export: Export) -> Result<(), ControlError> {
        if self.tenant(&export.tenant_id).is_none() {
            return Err(ControlError::NotFound(format!("tenant {}", export.tenant_id)));
        }
        if self.export(&export.tenant_id, export.id).is_some() {
            return Err(ControlError::AlreadyExists(format!("export {}", export.id)));
        }
        let all = self.exports.iter().filter(|other| other.tenant_id == export.tenant_id);
        let own = all.clone().filter(|other| other.owner == export.owner);
        if all.count() >= EXPORTS_MAX || own.count() >= EXPORTS_OF_KEY_MAX {
            return Err(ControlError::LimitReached("there are too many exports".to_owned()));
        }
        self.exports.push(export);
        Ok(())
    }

    fn update_export(&mut self, changed: Export) -> Result<(), ControlError> {
        let pending = |one: &&mut Export| {
            one.tenant_id == changed.tenant_id && one.id == changed.id && one.status == ExportStatus::Pending
        };
        let Some(export) = self.exports.iter_mut().find(pending) else {
            return Err(ControlError::NotFound(format!("export {}", changed.id)));
        };
        export.status = changed.status;
        export.progress = changed.progress;
        Ok(())
    }

    fn delete_export(&mut self, id: ExportId, tenant_id: &TenantId) -> Result<(), ControlError> {
        let before = self.exports.len();
        self.exports.retain(|export| export.tenant_id != *tenant_id || export.id != id);
        if self.exports.len() == before {
            return Err(ControlError::NotFound(format!("export {id}")));
        }
        Ok(())
    }
}
