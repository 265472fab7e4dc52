//! Implements the traits of control data: reads are answered from memory, and a commit is a job of the writer.

use std::{future::ready, time::Duration};

use auditlog_core::{
    id::{ApiKeyId, TenantId},
    policy::Scope,
    store::{
        ApiKey, ApiKeyCounts, ApiKeyPosition, ApiKeyStore, AppendError, BoxFuture, ControlCommit, ControlError,
        ControlWriter, Export, ExportId, ExportKey, ExportStore, KeyDirectory, LeaseId, SavedSearch, SavedSearchId,
        SavedSearchStore, Tenant, TenantStore,
    },
    timestamp::Timestamp,
};
use tokio::sync::oneshot;

use crate::{
    commit::{ControlJob, Job},
    store::EmbeddedStore,
};

impl ControlWriter for EmbeddedStore {
    fn commit(&self, commit: ControlCommit) -> BoxFuture<'_, Result<(), ControlError>> {
        Box::pin(async move {
            let ControlCommit { urgency, conditions, changes, audit } = commit;
            let mut prepared = Vec::with_capacity(audit.len());
            for batch in audit {
                if !batch.events.is_empty() {
                    prepared.push(self.prepare(batch, None).await?);
                }
            }
            let (reply, answer) = oneshot::channel();
            let job = Job::Control(ControlJob { urgency, conditions, changes, audit: prepared, reply });
            self.engine().queue.push_request(job)?;
            let stopped = || AppendError::Stopped("the writer has stopped".into());
            answer.await.unwrap_or_else(|_| Err(stopped().into()))
        })
    }
}

impl KeyDirectory for EmbeddedStore {
    fn find_api_key(&self, id: &ApiKeyId) -> Result<Option<ApiKey>, ControlError> {
        Ok(self.engine().control.api_key(id))
    }

    fn find_tenant(&self, id: &TenantId) -> Result<Option<Tenant>, ControlError> {
        Ok(self.engine().control.tenant(id).map(|numbered| numbered.tenant))
    }

    fn version(&self) -> u64 {
        self.engine().control.version()
    }

    fn wait_for_change(&self, seen: u64) -> BoxFuture<'_, Result<u64, ControlError>> {
        Box::pin(async move { Ok(self.engine().control.changed_since(seen).await) })
    }
}

impl TenantStore for EmbeddedStore {
    fn get_tenant(&self, id: TenantId) -> BoxFuture<'_, Result<Option<Tenant>, ControlError>> {
        Box::pin(ready(self.find_tenant(&id)))
    }

    fn list_tenants(&self, after: Option<TenantId>, limit: usize) -> BoxFuture<'_, Result<Vec<Tenant>, ControlError>> {
        Box::pin(ready(Ok(self.engine().control.tenants(after.as_ref(), limit))))
    }
}

impl ApiKeyStore for EmbeddedStore {
    fn get_api_key(&self, id: ApiKeyId) -> BoxFuture<'_, Result<Option<ApiKey>, ControlError>> {
        Box::pin(ready(self.find_api_key(&id)))
    }

    fn list_api_keys(
        &self,
        scope: Scope,
        after: Option<ApiKeyPosition>,
        limit: usize,
    ) -> BoxFuture<'_, Result<Vec<ApiKey>, ControlError>> {
        Box::pin(ready(Ok(self.engine().control.api_keys(&scope, after.as_ref(), limit))))
    }

    fn count_api_keys(&self, scope: Scope, now: Timestamp) -> BoxFuture<'_, Result<ApiKeyCounts, ControlError>> {
        Box::pin(ready(Ok(self.engine().control.count_api_keys(&scope, now))))
    }
}

impl SavedSearchStore for EmbeddedStore {
    fn get_saved_search(
        &self,
        tenant_id: TenantId,
        id: SavedSearchId,
    ) -> BoxFuture<'_, Result<Option<SavedSearch>, ControlError>> {
        Box::pin(ready(Ok(self.engine().control.saved_search(&tenant_id, id))))
    }

    fn list_saved_searches(&self, tenant_id: TenantId) -> BoxFuture<'_, Result<Vec<SavedSearch>, ControlError>> {
        Box::pin(ready(Ok(self.engine().control.saved_searches(&tenant_id))))
    }
}

impl ExportStore for EmbeddedStore {
    fn get_export(&self, tenant_id: TenantId, id: ExportId) -> BoxFuture<'_, Result<Option<Export>, ControlError>> {
        Box::pin(ready(Ok(self.engine().control.export(&tenant_id, id))))
    }

    fn list_exports(&self, tenant_id: TenantId) -> BoxFuture<'_, Result<Vec<Export>, ControlError>> {
        Box::pin(ready(Ok(self.engine().control.exports(&tenant_id))))
    }

    fn list_all_exports(&self) -> BoxFuture<'_, Result<Vec<Export>, ControlError>> {
        Box::pin(ready(Ok(self.engine().control.all_exports())))
    }

    fn list_waiting_exports(&self) -> BoxFuture<'_, Result<Vec<Export>, ControlError>> {
        Box::pin(ready(Ok(self.engine().control.waiting_exports())))
    }

    fn lease_export(
        &self,
        key: ExportKey,
        lease: LeaseId,
        duration: Duration,
    ) -> BoxFuture<'_, Result<Option<Export>, ControlError>> {
        Box::pin(async move { Ok(self.engine().control.lease_export(key, lease, duration)) })
    }

    fn renew_lease(
        &self,
        key: ExportKey,
        lease: LeaseId,
        duration: Duration,
    ) -> BoxFuture<'_, Result<Option<Export>, ControlError>> {
        Box::pin(async move { Ok(self.engine().control.renew_lease(&key, lease, duration)) })
    }

    fn release_lease(&self, key: ExportKey, lease: LeaseId) -> BoxFuture<'_, Result<(), ControlError>> {
        Box::pin(async move {
            self.engine().control.release_lease(&key, lease);
            Ok(())
        })
    }
}
