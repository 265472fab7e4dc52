//! Implements the traits of core, except intake and the traits of control data: each method is short and calls the
//! responsible module.

use std::sync::Arc;

use auditlog_core::{
    event::StoredEvent,
    id::{EventId, TenantId},
    merkle::CompactRange,
    query::QueryBudget,
    store::{
        Aggregate, AggregateRequest, BoxFuture, Computation, EventStore, ExportFileError, ExportFiles, ExportKey,
        ExportReader, ExportWriter, Health, ListRequest, Measurement, Observe, Page, QueryError, Reindex, Reindexed,
        ScanPage, ScanRequest, StorageStatistics, TreeHead, Verification, Verify, View,
    },
};

use crate::{
    check,
    executor::{self, Snapshot},
    exports, observe, reindex,
    store::EmbeddedStore,
};

impl EventStore for EmbeddedStore {
    fn get(
        &self,
        tenant_id: TenantId,
        id: EventId,
        budget: QueryBudget,
    ) -> BoxFuture<'_, Result<Option<StoredEvent>, QueryError>> {
        self.query(tenant_id, None, budget, move |snapshot, budget| executor::get(snapshot, id, budget))
    }

    fn list(&self, request: ListRequest, budget: QueryBudget) -> BoxFuture<'_, Result<Page, QueryError>> {
        let nothing = Page { events: Vec::new(), next: None };
        self.query(request.view.tenant_id.clone(), nothing, budget, move |snapshot, budget| {
            executor::list(snapshot, &request, budget)
        })
    }

    fn count(&self, view: View, budget: QueryBudget) -> BoxFuture<'_, Result<u64, QueryError>> {
        self.query(view.tenant_id.clone(), 0, budget, move |snapshot, budget| executor::count(snapshot, &view, budget))
    }

    fn scan(&self, request: ScanRequest, budget: QueryBudget) -> BoxFuture<'_, Result<ScanPage, QueryError>> {
        let nothing = ScanPage { events: Vec::new(), next: request.from };
        self.query(request.view.tenant_id.clone(), nothing, budget, move |snapshot, budget| {
            executor::scan(snapshot, &request, budget)
        })
    }

    fn aggregate(
        &self,
        request: AggregateRequest,
        budget: QueryBudget,
    ) -> BoxFuture<'_, Result<Vec<Aggregate>, QueryError>> {
        let nothing = request.aggregations.iter().map(Aggregate::of_nothing).collect();
        self.query(request.view.tenant_id.clone(), nothing, budget, move |snapshot, budget| {
            executor::aggregate(snapshot, &request, budget)
        })
    }

    fn compute(&self, computation: Computation, budget: QueryBudget) -> BoxFuture<'_, Result<(), QueryError>> {
        Box::pin(async move {
            let ended = self.inner.query_threads.run(budget, computation).await;
            ended.ok_or_else(|| QueryError::Unavailable("the computation's thread ended".to_owned()))
        })
    }

    fn head(&self, tenant_id: TenantId) -> BoxFuture<'_, Result<u64, QueryError>> {
        let head = self.engine().published.log(&tenant_id).map_or(0, |view| view.head());
        Box::pin(std::future::ready(Ok(head)))
    }

    fn tree_head(&self, tenant_id: TenantId) -> BoxFuture<'_, Result<TreeHead, QueryError>> {
        let view = self.engine().published.log(&tenant_id);
        let tree = view.map_or_else(CompactRange::new, |view| view.tree.clone());
        Box::pin(std::future::ready(Ok(TreeHead { size: tree.size(), root: tree.root() })))
    }

    fn wait(&self, tenant_id: TenantId, head: u64) -> BoxFuture<'_, Result<u64, QueryError>> {
        Box::pin(async move { Ok(self.engine().published.grown_beyond(tenant_id, head).await) })
    }

    fn storage(&self, tenant_id: TenantId) -> BoxFuture<'_, Result<StorageStatistics, QueryError>> {
        let view = self.engine().published.log(&tenant_id);
        Box::pin(std::future::ready(Ok(observe::storage(view.as_deref()))))
    }

    fn health(&self) -> Health {
        self.engine().health()
    }
}

impl EmbeddedStore {
    /// Runs a query over the tenant's current log, off the runtime's own threads: it may have to read from disk.
    fn query<T: Send + 'static>(
        &self,
        tenant_id: TenantId,
        nothing: T,
        budget: QueryBudget,
        run: impl FnOnce(&Snapshot<'_>, &QueryBudget) -> Result<T, QueryError> + Send + 'static,
    ) -> BoxFuture<'_, Result<T, QueryError>> {
        Box::pin(async move {
            // The view is taken here, so that the answer includes everything acknowledged before the query was sent.
            let Some(view) = self.engine().published.log(&tenant_id) else { return Ok(nothing) };
            let cache = Arc::clone(&self.engine().cache);
            let answer = self.inner.query_threads.run(budget, move |budget| run(&view.snapshot(&cache), budget)).await;
            answer.unwrap_or_else(|| Err(QueryError::Unavailable("the query's thread ended".to_owned())))
        })
    }
}

impl ExportFiles for EmbeddedStore {
    fn create_file(&self, key: &ExportKey) -> Result<Box<dyn ExportWriter>, ExportFileError> {
        Ok(Box::new(exports::create(self.engine(), key)?))
    }

    fn resume_file(&self, key: &ExportKey, bytes: u64) -> Result<Option<Box<dyn ExportWriter>>, ExportFileError> {
        let writer = exports::resume(self.engine(), key, bytes)?;
        Ok(writer.map(|writer| -> Box<dyn ExportWriter> { Box::new(writer) }))
    }

    fn open_file(&self, key: &ExportKey) -> Result<Option<Box<dyn ExportReader>>, ExportFileError> {
        let reader = exports::open(self.engine(), key)?;
        Ok(reader.map(|reader| -> Box<dyn ExportReader> { Box::new(reader) }))
    }

    fn delete_file(&self, key: &ExportKey) -> Result<(), ExportFileError> {
        Ok(exports::delete(self.engine(), key)?)
    }

    fn list_files(&self) -> Result<Vec<ExportKey>, ExportFileError> {
        Ok(exports::list(self.engine())?)
    }
}

impl Verify for EmbeddedStore {
    fn verify(&self, tenant: Option<TenantId>, budget: QueryBudget) -> BoxFuture<'_, Result<Verification, QueryError>> {
        Box::pin(async move {
            let store = self.clone();
            let verify = move || check::verify(store.engine(), tenant.as_ref(), &budget);
            let verified = tokio::task::spawn_blocking(verify).await;
            verified.map_err(|error| QueryError::Unavailable(error.to_string()))?
        })
    }
}

impl Reindex for EmbeddedStore {
    fn reindex(&self, budget: QueryBudget) -> BoxFuture<'_, Result<Reindexed, QueryError>> {
        Box::pin(async move {
            let store = self.clone();
            let reindexed = tokio::task::spawn_blocking(move || reindex::reindex(store.engine(), &budget)).await;
            reindexed.map_err(|error| QueryError::Unavailable(error.to_string()))?
        })
    }
}

impl Observe for EmbeddedStore {
    fn measurements(&self) -> Vec<Measurement> {
        observe::measure(self.engine())
    }
}
