//! Owns tenants and keys and what each change does to them.

use auditlog_core::{
    id::TenantId,
    policy::Scope,
    store::{ApiKey, ApiKeyId, ControlChange, ControlError, Tenant},
    timestamp::Timestamp,
};

#[derive(Debug, Clone, Default)]
pub(super) struct Control {
    tenants: Vec<Tenant>,
    api_keys: Vec<ApiKey>,
}

impl Control {
    pub(super) fn tenant(&self, id: &TenantId) -> Option<&Tenant> {
        self.tenants.iter().find(|tenant| tenant.id == *id)
    }

    pub(super) fn tenants(&self) -> Vec<Tenant> {
        let mut tenants = self.tenants.clone();
        tenants.sort_by(|one, other| one.id.cmp(&other.id));
        tenants
    }

    pub(super) fn api_key(&self, id: &ApiKeyId) -> Option<&ApiKey> {
        self.api_keys.iter().find(|key| key.id == *id)
    }

    pub(super) fn api_keys(&self, scope: &Scope) -> Vec<ApiKey> {
        let mut keys: Vec<_> = self.api_keys.iter().filter(|key| key.scope == *scope).cloned().collect();
        keys.sort_by(|one, other| (one.created_at, &one.id).cmp(&(other.created_at, &other.id)));
        keys
    }

    pub(super) fn apply(&mut self, change: ControlChange) -> Result<(), ControlError> {
        match change {
            ControlChange::CreateTenant(tenant) => self.create_tenant(tenant),
            ControlChange::UpdateTenant(tenant) => self.update_tenant(tenant),
            ControlChange::CreateApiKey(key) => self.create_api_key(key),
            ControlChange::UpdateApiKey(key) => self.update_api_key(key),
            ControlChange::RevokeApiKey { id, scope, revoked_at } => self.revoke_api_key(&id, &scope, revoked_at),
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

    fn key_of_scope(&mut self, id: &ApiKeyId, scope: &Scope) -> Result<&mut ApiKey, ControlError> {
        let mut keys = self.api_keys.iter_mut();
        keys.find(|key| key.id == *id && key.scope == *scope).ok_or_else(|| ControlError::NotFound(format!("key {id}")))
    }
}
