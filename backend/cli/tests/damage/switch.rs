//! Owns the switch that lets one server serve many stores in turn: building the routes for each case would take longer
//! than everything else.

use std::time::Duration;

use parking_lot::Mutex;

use auditlog_core::{
    event::StoredEvent,
    id::{ApiKeyId, EventId, TenantId},
    intake::PreparedBatch,
    policy::Scope,
    query::QueryBudget,
    store::{
        Aggregate, AggregateRequest, ApiKey, ApiKeyCounts, ApiKeyPosition, ApiKeyStore, AppendError, BoxFuture,
        Computation, ControlCommit, ControlError, ControlWriter, EventOutcome, EventStore, Export, ExportFileError,
        ExportFiles, ExportId, ExportKey, ExportReader, ExportStore, ExportWriter, Health, Intake, KeyDirectory,
        LeaseId, ListRequest, Measurement, Observe, Page, QueryError, Reindex, Reindexed, SavedSearch, SavedSearchId,
        SavedSearchStore, ScanPage, ScanRequest, StorageStatistics, Tenant, TenantStore, TreeHead, Verification,
        Verify, View,
    },
    timestamp::Timestamp,
};
use auditlog_embedded::EmbeddedStore;

/// The store of the current case, if it opened.
#[derive(Default)]
pub(crate) struct Switch(Mutex<Option<EmbeddedStore>>);

const NO_STORE: &str = "no store is open";

impl Switch {
    pub(crate) fn set(&self, store: Option<EmbeddedStore>) -> Option<EmbeddedStore> {
        std::mem::replace(&mut *self.0.lock(), store)
    }

    fn store(&self) -> Option<EmbeddedStore> {
        self.0.lock().clone()
    }

    fn queried(&self) -> Result<EmbeddedStore, QueryError> {
        self.store().ok_or_else(|| QueryError::Unavailable(NO_STORE.to_owned()))
    }

    fn filed(&self) -> Result<EmbeddedStore, ExportFileError> {
        self.store().ok_or_else(|| ExportFileError::Unavailable(NO_STORE.to_owned()))
    }

    fn controlled(&self) -> Result<EmbeddedStore, ControlError> {
        self.store().ok_or_else(|| ControlError::Unavailable(NO_STORE.to_owned()))
    }
}

impl Intake for Switch {
    fn append(&self, batch: PreparedBatch) -> BoxFuture<'_, Result<Vec<EventOutcome>, AppendError>> {
        Box::pin(async move {
            let store = self.store().ok_or_else(|| AppendError::Stopped(NO_STORE.to_owned()))?;
            store.append(batch).await
        })
    }
}

impl EventStore for Switch {
    fn get(
        &self,
        tenant_id: TenantId,
        id: EventId,
        budget: QueryBudget,
    ) -> BoxFuture<'_, Result<Option<StoredEvent>, QueryError>> {
        Box::pin(async move { self.queried()?.get(tenant_id, id, budget).await })
    }

    fn list(&self, request: ListRequest, budget: QueryBudget) -> BoxFuture<'_, Result<Page, QueryError>> {
        Box::pin(async move { self.queried()?.list(request, budget).await })
    }

    fn count(&self, view: View, budget: QueryBudget) -> BoxFuture<'_, Result<u64, QueryError>> {
        Box::pin(async move { self.queried()?.count(view, budget).await })
    }

    fn aggregate(
        &self,
        request: AggregateRequest,
        budget: QueryBudget,
    ) -> BoxFuture<'_, Result<Vec<Aggregate>, QueryError>> {
        Box::pin(async move { self.queried()?.aggregate(request, budget).await })
    }

    fn compute(&self, computation: Computation, budget: QueryBudget) -> BoxFuture<'_, Result<(), QueryError>> {
        Box::pin(async move { self.queried()?.compute(computation, budget).await })
    }

    fn scan(&self, request: ScanRequest, budget: QueryBudget) -> BoxFuture<'_, Result<ScanPage, QueryError>> {
        Box::pin(async move { self.queried()?.scan(request, budget).await })
    }

    fn head(&self, tenant_id: TenantId) -> BoxFuture<'_, Result<u64, QueryError>> {
        Box::pin(async move { self.queried()?.head(tenant_id).await })
    }

    fn tree_head(&self, tenant_id: TenantId) -> BoxFuture<'_, Result<TreeHead, QueryError>> {
        Box::pin(async move { self.queried()?.tree_head(tenant_id).await })
    }

    fn wait(&self, tenant_id: TenantId, head: u64) -> BoxFuture<'_, Result<u64, QueryError>> {
        Box::pin(async move { self.queried()?.wait(tenant_id, head).await })
    }

    fn storage(&self, tenant_id: TenantId) -> BoxFuture<'_, Result<StorageStatistics, QueryError>> {
        Box::pin(async move { self.queried()?.storage(tenant_id).await })
    }

    fn health(&self) -> Health {
        self.store().map_or_else(|| Health::Degraded(NO_STORE.to_owned()), |store| store.health())
    }
}

impl TenantStore for Switch {
    fn get_tenant(&self, id: TenantId) -> BoxFuture<'_, Result<Option<Tenant>, ControlError>> {
        Box::pin(async move { self.controlled()?.get_tenant(id).await })
    }

    fn list_tenants(&self, after: Option<TenantId>, limit: usize) -> BoxFuture<'_, Result<Vec<Tenant>, ControlError>> {
        Box::pin(async move { self.controlled()?.list_tenants(after, limit).await })
    }
}

impl ApiKeyStore for Switch {
    fn get_api_key(&self, id: ApiKeyId) -> BoxFuture<'_, Result<Option<ApiKey>, ControlError>> {
        Box::pin(async move { self.controlled()?.get_api_key(id).await })
    }

    fn list_api_keys(
        &self,
        scope: Scope,
        after: Option<ApiKeyPosition>,
        limit: usize,
    ) -> BoxFuture<'_, Result<Vec<ApiKey>, ControlError>> {
        Box::pin(async move { self.controlled()?.list_api_keys(scope, after, limit).await })
    }

    fn count_api_keys(&self, scope: Scope, now: Timestamp) -> BoxFuture<'_, Result<ApiKeyCounts, ControlError>> {
        Box::pin(async move { self.controlled()?.count_api_keys(scope, now).await })
    }
}

impl SavedSearchStore for Switch {
    fn get_saved_search(
        &self,
        tenant_id: TenantId,
        id: SavedSearchId,
    ) -> BoxFuture<'_, Result<Option<SavedSearch>, ControlError>> {
        Box::pin(async move { self.controlled()?.get_saved_search(tenant_id, id).await })
    }

    fn list_saved_searches(&self, tenant_id: TenantId) -> BoxFuture<'_, Result<Vec<SavedSearch>, ControlError>> {
        Box::pin(async move { self.controlled()?.list_saved_searches(tenant_id).await })
    }
}

impl ExportStore for Switch {
    fn get_export(&self, tenant_id: TenantId, id: ExportId) -> BoxFuture<'_, Result<Option<Export>, ControlError>> {
        Box::pin(async move { self.controlled()?.get_export(tenant_id, id).await })
    }

    fn list_exports(&self, tenant_id: TenantId) -> BoxFuture<'_, Result<Vec<Export>, ControlError>> {
        Box::pin(async move { self.controlled()?.list_exports(tenant_id).await })
    }

    fn list_all_exports(&self) -> BoxFuture<'_, Result<Vec<Export>, ControlError>> {
        Box::pin(async move { self.controlled()?.list_all_exports().await })
    }

    fn list_waiting_exports(&self) -> BoxFuture<'_, Result<Vec<Export>, ControlError>> {
        Box::pin(async move { self.controlled()?.list_waiting_exports().await })
    }

    fn lease_export(
        &self,
        key: ExportKey,
        lease: LeaseId,
        duration: Duration,
    ) -> BoxFuture<'_, Result<Option<Export>, ControlError>> {
        Box::pin(async move { self.controlled()?.lease_export(key, lease, duration).await })
    }

    fn renew_lease(
        &self,
        key: ExportKey,
        lease: LeaseId,
        duration: Duration,
    ) -> BoxFuture<'_, Result<Option<Export>, ControlError>> {
        Box::pin(async move { self.controlled()?.renew_lease(key, lease, duration).await })
    }

    fn release_lease(&self, key: ExportKey, lease: LeaseId) -> BoxFuture<'_, Result<(), ControlError>> {
        Box::pin(async move { self.controlled()?.release_lease(key, lease).await })
    }
}

impl ControlWriter for Switch {
    fn commit(&self, commit: ControlCommit) -> BoxFuture<'_, Result<(), ControlError>> {
        Box::pin(async move { self.controlled()?.commit(commit).await })
    }
}

impl KeyDirectory for Switch {
    fn find_api_key(&self, id: &ApiKeyId) -> Result<Option<ApiKey>, ControlError> {
        self.controlled()?.find_api_key(id)
    }

    fn find_tenant(&self, id: &TenantId) -> Result<Option<Tenant>, ControlError> {
        self.controlled()?.find_tenant(id)
    }

    fn version(&self) -> u64 {
        self.controlled().map_or(0, |store| store.version())
    }

    fn wait_for_change(&self, seen: u64) -> BoxFuture<'_, Result<u64, ControlError>> {
        Box::pin(async move { self.controlled()?.wait_for_change(seen).await })
    }
}

impl ExportFiles for Switch {
    fn create_file(&self, key: &ExportKey) -> Result<Box<dyn ExportWriter>, ExportFileError> {
        self.filed()?.create_file(key)
    }

    fn resume_file(&self, key: &ExportKey, bytes: u64) -> Result<Option<Box<dyn ExportWriter>>, ExportFileError> {
        self.filed()?.resume_file(key, bytes)
    }

    fn open_file(&self, key: &ExportKey) -> Result<Option<Box<dyn ExportReader>>, ExportFileError> {
        self.filed()?.open_file(key)
    }

    fn delete_file(&self, key: &ExportKey) -> Result<(), ExportFileError> {
        self.filed()?.delete_file(key)
    }

    fn list_files(&self) -> Result<Vec<ExportKey>, ExportFileError> {
        self.filed()?.list_files()
    }
}

impl Verify for Switch {
    fn verify(&self, tenant: Option<TenantId>, budget: QueryBudget) -> BoxFuture<'_, Result<Verification, QueryError>> {
        Box::pin(async move { self.queried()?.verify(tenant, budget).await })
    }
}

impl Reindex for Switch {
    fn reindex(&self, budget: QueryBudget) -> BoxFuture<'_, Result<Reindexed, QueryError>> {
        Box::pin(async move { self.queried()?.reindex(budget).await })
    }
}

impl Observe for Switch {
    fn measurements(&self) -> Vec<Measurement> {
        Vec::new()
    }
}
