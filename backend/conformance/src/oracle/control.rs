//! Owns tenants, keys, saved searches and exports, and the effect of each change on them.

use auditlog_core::{
    id::{ApiKeyId, TenantId},
    policy::Scope,
    store::{
        ApiKey, ApiKeyChange, ApiKeyPosition, Condition, ControlChange, ControlError, EXPORTS_MAX,
        EXPORTS_OF_OWNER_MAX, Export, ExportChange, ExportId, ExportStatus, RecordKind, RecordName, Revision,
        SAVED_SEARCHES_MAX, SAVED_SEARCHES_OF_OWNER_MAX, SavedSearch, SavedSearchChange, SavedSearchId, Tenant,
        TenantChange, TenantStatus,
    },
    timestamp::Timestamp,
};

use super::leases::Leases;

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

    /// The number of keys of a scope that are neither revoked nor expired.
    pub(super) fn count_live_api_keys(&self, scope: &Scope, now: Timestamp) -> usize {
        let keys = self.api_keys(scope);
        keys.iter().filter(|key| key.revoked_at.is_none() && key.expires_at.is_none_or(|at| at > now)).count()
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

    /// Whether the tenants and the keys are the same.
    pub(super) fn has_credentials_of(&self, other: &Self) -> bool {
        self.tenants == other.tenants && self.api_keys == other.api_keys
    }

    pub(super) fn check(&self, leases: &Leases, condition: &Condition) -> Result<(), ControlError> {
        let holds = match condition {
            Condition::ApiKeyUnchanged { id, revision } => {
                self.api_key(id).is_some_and(|key| key.revision == *revision)
            }
            Condition::ApiKeyNotRevoked { id } => self.api_key(id).is_some_and(|key| key.revoked_at.is_none()),
            Condition::TenantActive { id } => {
                self.tenant(id).is_some_and(|tenant| tenant.status == TenantStatus::Active)
            }
            Condition::ExportLeased { key, lease } => leases.last_holder(key) == Some(*lease),
            Condition::LiveApiKeysAtMost { scope, now, count_max } => {
                self.count_live_api_keys(scope, *now) <= *count_max
            }
        };
        let name = match condition {
            Condition::ApiKeyUnchanged { id, .. } | Condition::ApiKeyNotRevoked { id } => RecordKind::ApiKey.named(id),
            Condition::TenantActive { id } => RecordKind::Tenant.named(id),
            Condition::ExportLeased { key, .. } => RecordKind::Export.named(key.id),
            Condition::LiveApiKeysAtMost { scope, .. } => RecordKind::ApiKey.named(format!("in {scope:?}")),
        };
        if holds { Ok(()) } else { Err(ControlError::Conflict(name)) }
    }

    pub(super) fn apply(&mut self, change: ControlChange) -> Result<(), ControlError> {
        match change {
            ControlChange::Tenant(TenantChange::Create(tenant)) => self.create_tenant(tenant),
            ControlChange::Tenant(TenantChange::Update(tenant)) => self.update_tenant(tenant),
            ControlChange::ApiKey(ApiKeyChange::Create(key)) => self.create_api_key(key),
            ControlChange::ApiKey(ApiKeyChange::Update(key)) => self.update_api_key(key),
            ControlChange::ApiKey(ApiKeyChange::Revoke { id, scope, revoked_at, expected }) => {
                let key = self.key_of_scope(&id, &scope)?;
                same_revision(RecordKind::ApiKey.named(&id), key.revision, expected)?;
                if key.revoked_at.is_none() {
                    key.revoked_at = Some(revoked_at);
                    key.revision = key.revision.next();
                }
                Ok(())
            }
            ControlChange::ApiKey(ApiKeyChange::Delete { id, scope, revision }) => {
                let key = self.key_of_scope(&id, &scope)?;
                same_revision(RecordKind::ApiKey.named(&id), key.revision, Some(revision))?;
                self.api_keys.retain(|key| key.id != id);
                Ok(())
            }
            ControlChange::SavedSearch(SavedSearchChange::Create(search)) => self.create_saved_search(search),
            ControlChange::SavedSearch(SavedSearchChange::Update(search)) => self.update_saved_search(search),
            ControlChange::SavedSearch(SavedSearchChange::Delete { id, tenant_id, expected }) => {
                let name = RecordKind::SavedSearch.named(id);
                let Some(search) = self.saved_search(&tenant_id, id) else {
                    return Err(ControlError::NotFound(name));
                };
                same_revision(name, search.revision, expected)?;
                self.saved_searches.retain(|search| search.tenant_id != tenant_id || search.id != id);
                Ok(())
            }
            ControlChange::Export(ExportChange::Create(export)) => self.create_export(export),
            ControlChange::Export(ExportChange::Update(export)) => self.update_export(export),
            ControlChange::Export(ExportChange::Delete { id, tenant_id, expected }) => {
                let name = RecordKind::Export.named(id);
                let Some(export) = self.export(&tenant_id, id) else {
                    return Err(ControlError::NotFound(name));
                };
                same_revision(name, export.revision, expected)?;
                self.exports.retain(|export| export.tenant_id != tenant_id || export.id != id);
                Ok(())
            }
        }
    }

    fn create_tenant(&mut self, mut tenant: Tenant) -> Result<(), ControlError> {
        if self.tenant(&tenant.id).is_some() {
            return Err(ControlError::AlreadyExists(RecordKind::Tenant.named(&tenant.id)));
        }
        tenant.revision = Revision::FIRST;
        self.tenants.push(tenant);
        Ok(())
    }

    fn update_tenant(&mut self, changed: Tenant) -> Result<(), ControlError> {
        let name = RecordKind::Tenant.named(&changed.id);
        let Some(tenant) = self.tenants.iter_mut().find(|tenant| tenant.id == changed.id) else {
            return Err(ControlError::NotFound(name));
        };
        same_revision(name, tenant.revision, Some(changed.revision))?;
        tenant.revision = tenant.revision.next();
        tenant.name = changed.name;
        tenant.status = changed.status;
        tenant.updated_at = changed.updated_at;
        Ok(())
    }

    fn create_api_key(&mut self, mut key: ApiKey) -> Result<(), ControlError> {
        if let Scope::Tenant(tenant_id) = &key.scope {
            self.check_tenant(tenant_id)?;
        }
        if self.api_key(&key.id).is_some() {
            return Err(ControlError::AlreadyExists(RecordKind::ApiKey.named(&key.id)));
        }
        key.revision = Revision::FIRST;
        self.api_keys.push(key);
        Ok(())
    }

    fn update_api_key(&mut self, changed: ApiKey) -> Result<(), ControlError> {
        let key = self.key_of_scope(&changed.id, &changed.scope)?;
        same_revision(RecordKind::ApiKey.named(&changed.id), key.revision, Some(changed.revision))?;
        key.revision = key.revision.next();
        key.name = changed.name;
        key.expires_at = changed.expires_at;
        key.allowed_networks = changed.allowed_networks;
        Ok(())
    }

    fn key_of_scope(&mut self, id: &ApiKeyId, scope: &Scope) -> Result<&mut ApiKey, ControlError> {
        let missing = || ControlError::NotFound(RecordKind::ApiKey.named(id));
        self.api_keys.iter_mut().find(|key| key.id == *id && key.scope == *scope).ok_or_else(missing)
    }

    fn create_saved_search(&mut self, mut search: SavedSearch) -> Result<(), ControlError> {
        self.check_tenant(&search.tenant_id)?;
        if self.saved_search(&search.tenant_id, search.id).is_some() {
            return Err(ControlError::AlreadyExists(RecordKind::SavedSearch.named(search.id)));
        }
        let all = self.saved_searches(&search.tenant_id);
        let own: Vec<_> = all.iter().filter(|other| other.owner == search.owner).collect();
        if own.iter().any(|other| other.name == search.name) {
            return Err(ControlError::AlreadyExists(RecordKind::SavedSearch.named(&search.name)));
        }
        if all.len() >= SAVED_SEARCHES_MAX || own.len() >= SAVED_SEARCHES_OF_OWNER_MAX {
            return Err(ControlError::LimitReached(RecordKind::SavedSearch.named(search.id)));
        }
        search.revision = Revision::FIRST;
        self.saved_searches.push(search);
        Ok(())
    }

    fn update_saved_search(&mut self, changed: SavedSearch) -> Result<(), ControlError> {
        let name = RecordKind::SavedSearch.named(changed.id);
        let Some(old) = self.saved_search(&changed.tenant_id, changed.id).cloned() else {
            return Err(ControlError::NotFound(name));
        };
        same_revision(name, old.revision, Some(changed.revision))?;
        let all = self.saved_searches(&changed.tenant_id);
        let mut others = all.iter().filter(|other| other.id != changed.id);
        if others.any(|other| other.owner == old.owner && other.name == changed.name) {
            return Err(ControlError::AlreadyExists(RecordKind::SavedSearch.named(&changed.name)));
        }
        let mut searches = self.saved_searches.iter_mut();
        if let Some(search) = searches.find(|one| one.tenant_id == changed.tenant_id && one.id == changed.id) {
            search.revision = search.revision.next();
            search.name = changed.name;
            search.query = changed.query;
            search.description = changed.description;
            search.visibility = changed.visibility;
            search.updated_at = changed.updated_at;
        }
        Ok(())
    }

    fn create_export(&mut self, mut export: Export) -> Result<(), ControlError> {
        self.check_tenant(&export.tenant_id)?;
        let name = RecordKind::Export.named(export.id);
        if self.export(&export.tenant_id, export.id).is_some() {
            return Err(ControlError::AlreadyExists(name));
        }
        let all = self.exports.iter().filter(|other| other.tenant_id == export.tenant_id);
        let own = all.clone().filter(|other| other.owner == export.owner);
        if all.count() >= EXPORTS_MAX || own.count() >= EXPORTS_OF_OWNER_MAX {
            return Err(ControlError::LimitReached(name));
        }
        export.revision = Revision::FIRST;
        self.exports.push(export);
        Ok(())
    }

    fn update_export(&mut self, changed: Export) -> Result<(), ControlError> {
        let name = RecordKind::Export.named(changed.id);
        let mut exports = self.exports.iter_mut();
        let found = exports.find(|one| one.tenant_id == changed.tenant_id && one.id == changed.id);
        let Some(export) = found else { return Err(ControlError::NotFound(name)) };
        if export.status != ExportStatus::Pending {
            return Err(ControlError::Conflict(name));
        }
        same_revision(name, export.revision, Some(changed.revision))?;
        export.revision = export.revision.next();
        export.status = changed.status;
        export.progress = changed.progress;
        Ok(())
    }

    fn check_tenant(&self, id: &TenantId) -> Result<(), ControlError> {
        match self.tenant(id) {
            Some(_) => Ok(()),
            None => Err(ControlError::NotFound(RecordKind::Tenant.named(id))),
        }
    }
}

fn same_revision(name: RecordName, stored: Revision, expected: Option<Revision>) -> Result<(), ControlError> {
    if expected.is_none() || expected == Some(stored) { Ok(()) } else { Err(ControlError::Conflict(name)) }
}
