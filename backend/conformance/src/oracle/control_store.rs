//! Implements the storage traits of control data for the reference store.

use std::{future::ready, time::Duration};

use auditlog_core::{
    id::{ApiKeyId, TenantId},
    policy::Scope,
    store::{
        ApiKey, ApiKeyCounts, ApiKeyPosition, ApiKeyStore, BoxFuture, ControlCommit, ControlError, ControlWriter,
        Export, ExportId, ExportKey, ExportStore, KeyDirectory, LeaseId, SavedSearch, SavedSearchId, SavedSearchStore,
        Tenant, TenantStore,
    },
    timestamp::Timestamp,
};

use super::{Oracle, State, leases::Wanted};

impl ControlWriter for Oracle {
    fn commit(&self, commit: ControlCommit) -> BoxFuture<'_, Result<(), ControlError>> {
        let committed = self.state().commit(commit);
        self.grown.send_replace(());
        if committed == Ok(true) {
            self.version.send_modify(|version| *version += 1);
        }
        Box::pin(ready(committed.map(drop)))
    }
}

impl KeyDirectory for Oracle {
    fn find_api_key(&self, id: &ApiKeyId) -> Result<Option<ApiKey>, ControlError> {
        Ok(self.state().control.api_key(id).cloned())
    }

    fn find_tenant(&self, id: &TenantId) -> Result<Option<Tenant>, ControlError> {
        Ok(self.state().control.tenant(id).cloned())
    }

    fn version(&self) -> u64 {
        *self.version.borrow()
    }

    fn wait_for_change(&self, seen: u64) -> BoxFuture<'_, Result<u64, ControlError>> {
        let mut versions = self.version.subscribe();
        Box::pin(async move {
            let gone = |_| ControlError::Unavailable("the store is gone".to_owned());
            versions.wait_for(|version| *version != seen).await.map(|version| *version).map_err(gone)
        })
    }
}

impl TenantStore for Oracle {
    fn get_tenant(&self, id: TenantId) -> BoxFuture<'_, Result<Option<Tenant>, ControlError>> {
        self.answer(|state| state.control.tenant(&id).cloned())
    }

    fn list_tenants(&self, after: Option<TenantId>, limit: usize) -> BoxFuture<'_, Result<Vec<Tenant>, ControlError>> {
        self.answer(|state| state.control.tenants(after.as_ref(), limit))
    }
}

impl ApiKeyStore for Oracle {
    fn get_api_key(&self, id: ApiKeyId) -> BoxFuture<'_, Result<Option<ApiKey>, ControlError>> {
        self.answer(|state| state.control.api_key(&id).cloned())
    }

    fn list_api_keys(
        &self,
        scope: Scope,
        after: Option<ApiKeyPosition>,
        limit: usize,
    ) -> BoxFuture<'_, Result<Vec<ApiKey>, ControlError>> {
        self.answer(|state| state.control.part_of_api_keys(&scope, after.as_ref(), limit))
    }

    fn count_api_keys(&self, scope: Scope, now: Timestamp) -> BoxFuture<'_, Result<ApiKeyCounts, ControlError>> {
        self.answer(|state| ApiKeyCounts {
            live: state.control.count_live_api_keys(&scope, now),
            all: state.control.api_keys(&scope).len(),
        })
    }
}

impl SavedSearchStore for Oracle {
    fn get_saved_search(
        &self,
        tenant_id: TenantId,
        id: SavedSearchId,
    ) -> BoxFuture<'_, Result<Option<SavedSearch>, ControlError>> {
        self.answer(|state| state.control.saved_search(&tenant_id, id).cloned())
    }

    fn list_saved_searches(&self, tenant_id: TenantId) -> BoxFuture<'_, Result<Vec<SavedSearch>, ControlError>> {
        self.answer(|state| state.control.saved_searches(&tenant_id))
    }
}

impl ExportStore for Oracle {
    fn get_export(&self, tenant_id: TenantId, id: ExportId) -> BoxFuture<'_, Result<Option<Export>, ControlError>> {
        self.answer(|state| state.control.export(&tenant_id, id).cloned())
    }

    fn list_exports(&self, tenant_id: TenantId) -> BoxFuture<'_, Result<Vec<Export>, ControlError>> {
        self.answer(|state| {
            let mut exports = state.control.exports();
            exports.retain(|export| export.tenant_id == tenant_id);
            exports
        })
    }

    fn list_all_exports(&self) -> BoxFuture<'_, Result<Vec<Export>, ControlError>> {
        self.answer(|state| state.control.exports())
    }

    fn list_waiting_exports(&self) -> BoxFuture<'_, Result<Vec<Export>, ControlError>> {
        self.answer(|state| state.leases.waiting(&state.control))
    }

    fn lease_export(
        &self,
        key: ExportKey,
        lease: LeaseId,
        duration: Duration,
    ) -> BoxFuture<'_, Result<Option<Export>, ControlError>> {
        self.answer(|state| state.leases.take(&state.control, Wanted { key, lease, duration }))
    }

    fn renew_lease(
        &self,
        key: ExportKey,
        lease: LeaseId,
        duration: Duration,
    ) -> BoxFuture<'_, Result<Option<Export>, ControlError>> {
        self.answer(|state| state.leases.renew(&state.control, Wanted { key, lease, duration }))
    }

    fn release_lease(&self, key: ExportKey, lease: LeaseId) -> BoxFuture<'_, Result<(), ControlError>> {
        self.answer(|state| state.leases.release(&key, lease))
    }
}

impl Oracle {
    /// Answers at once, from the state.
    fn answer<T: Send + 'static>(
        &self,
        answer: impl FnOnce(&mut State) -> T,
    ) -> BoxFuture<'static, Result<T, ControlError>> {
        Box::pin(ready(Ok(answer(&mut self.state()))))
    }
}
