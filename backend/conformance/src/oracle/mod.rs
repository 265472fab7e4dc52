//! A slow and obvious store in memory that every other implementation is compared with.
//!
//! It shares no code with other implementations: duplicates, order, filters and words are implemented here a second
//! time, from the documentation in `core::store` and `core::query` alone. It keeps each tenant's events in a list and
//! scans the whole list for each query.

mod aggregation;
mod control;
mod export_files;
mod log;
mod matching;
pub(crate) mod values;
pub(crate) mod words;

use std::{collections::BTreeMap, future::ready, thread};

use auditlog_core::{
    event::StoredEvent,
    id::{ApiKeyId, EventId, TenantId},
    intake::PreparedBatch,
    merkle::Hash,
    policy::Scope,
    query::{Filter, Position, QueryBudget},
    store::{
        Aggregate, AggregateRequest, ApiKey, ApiKeyCounts, ApiKeyPosition, AppendError, BoxFuture, Computation,
        ControlChange, ControlError, ControlStore, EventStore, Export, ExportId, Findings, Health, Intake, ListRequest,
        Page, QueryError, Receipt, Reindex, Reindexed, SavedSearch, SavedSearchId, ScanPage, ScanRequest,
        StorageStatistics, Tenant, TreeHead, Urgency, Verification, Verify, View,
    },
    timestamp::Timestamp,
};
use parking_lot::{Mutex, MutexGuard};

use control::Control;
use export_files::Files;
use log::Log;
use tokio::sync::{oneshot, watch};

/// The in-memory store. Everything is lost with it.
#[derive(Debug, Default)]
pub struct Oracle {
    state: Mutex<State>,
    files: Files,
    /// Signals that some log may have grown.
    grown: watch::Sender<()>,
    /// The number of changes of control data.
    changes: watch::Sender<u64>,
}

/// Whether an event matches a filter, for tests that keep their events elsewhere.
#[must_use]
pub fn matches(filter: &Filter, stored: &StoredEvent) -> bool {
    let texts = words::searched_texts(&stored.event);
    matching::holds(filter, &matching::Candidate { stored, texts: &texts })
}

#[derive(Debug, Default)]
struct State {
    control: Control,
    logs: BTreeMap<TenantId, Log>,
}

impl State {
    fn append(&mut self, batch: PreparedBatch) -> Result<Vec<Receipt>, AppendError> {
        if self.control.tenant(&batch.tenant_id).is_none() {
            return Err(AppendError::UnknownTenant(batch.tenant_id));
        }
        Ok(self.logs.entry(batch.tenant_id.clone()).or_default().append(batch))
    }

    fn apply(&mut self, changes: Vec<ControlChange>, audit: Vec<PreparedBatch>) -> Result<(), ControlError> {
        // All changes are made to a copy, so that the first failure leaves everything unchanged.
        let mut after = self.control.clone();
        for change in changes {
            after.apply(change)?;
        }
        for batch in &audit {
            if after.tenant(&batch.tenant_id).is_none() {
                return Err(AppendError::UnknownTenant(batch.tenant_id.clone()).into());
            }
        }
        self.control = after;
        for batch in audit {
            self.append(batch)?;
        }
        Ok(())
    }

    fn log(&self, tenant_id: &TenantId) -> &Log {
        static EMPTY: Log = Log::new();
        self.logs.get(tenant_id).unwrap_or(&EMPTY)
    }
}

impl Oracle {
    /// An empty store.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Every event of a tenant's log with the leaf hash it was acknowledged with, by sequence.
    #[must_use]
    pub fn acknowledged(&self, tenant_id: &TenantId) -> Vec<(StoredEvent, Hash)> {
        self.state().log(tenant_id).acknowledged()
    }

    /// The position of every event of a view, by sequence.
    #[must_use]
    pub fn positions(&self, view: &View) -> Vec<Position> {
        self.state().log(&view.tenant_id).matching(view).into_iter().map(log::position).collect()
    }

    /// Aggregates all events of a view.
    #[must_use]
    pub fn aggregates(&self, request: &AggregateRequest) -> Vec<Aggregate> {
        let state = self.state();
        let events = state.log(&request.view.tenant_id).matching(&request.view);
        request.aggregations.iter().map(|asked| aggregation::aggregate(&events, asked)).collect()
    }

    /// The number of events in a tenant's log.
    #[must_use]
    pub fn size(&self, tenant_id: &TenantId) -> u64 {
        self.state().log(tenant_id).size()
    }

    /// The event at a sequence.
    #[must_use]
    pub fn event(&self, tenant_id: &TenantId, sequence: u64) -> Option<StoredEvent> {
        self.state().log(tenant_id).event(sequence).cloned()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // A panic in a test that holds the lock must not hide its message behind this one's.
        self.state.lock()
    }
}

impl Intake for Oracle {
    fn append(&self, batch: PreparedBatch) -> BoxFuture<'_, Result<Vec<Receipt>, AppendError>> {
        let appended = self.state().append(batch);
        self.grown.send_replace(());
        Box::pin(ready(appended))
    }
}

impl EventStore for Oracle {
    fn get(
        &self,
        tenant_id: TenantId,
        id: EventId,
        budget: QueryBudget,
    ) -> BoxFuture<'_, Result<Option<StoredEvent>, QueryError>> {
        Box::pin(ready(within(&budget).map(|()| self.state().log(&tenant_id).get(&id).cloned())))
    }

    fn list(&self, request: ListRequest, budget: QueryBudget) -> BoxFuture<'_, Result<Page, QueryError>> {
        Box::pin(ready(within(&budget).map(|()| self.state().log(&request.view.tenant_id).list(&request))))
    }

    fn count(&self, view: View, budget: QueryBudget) -> BoxFuture<'_, Result<u64, QueryError>> {
        let count = || self.state().log(&view.tenant_id).matching(&view).len() as u64;
        Box::pin(ready(within(&budget).map(|()| count())))
    }

    fn scan(&self, request: ScanRequest, budget: QueryBudget) -> BoxFuture<'_, Result<ScanPage, QueryError>> {
        Box::pin(ready(within(&budget).map(|()| self.state().log(&request.view.tenant_id).scan(&request))))
    }

    fn aggregate(
        &self,
        request: AggregateRequest,
        budget: QueryBudget,
    ) -> BoxFuture<'_, Result<Vec<Aggregate>, QueryError>> {
        Box::pin(ready(within(&budget).map(|()| self.aggregates(&request))))
    }

    fn compute(&self, computation: Computation, budget: QueryBudget) -> BoxFuture<'_, Result<(), QueryError>> {
        Box::pin(async move {
            let (ended, end) = oneshot::channel();
            thread::spawn(move || {
                computation(&budget);
                ended.send(())
            });
            end.await.map_err(|_| QueryError::Unavailable("the computation panicked".to_owned()))
        })
    }

    fn head(&self, tenant_id: TenantId) -> BoxFuture<'_, Result<u64, QueryError>> {
        Box::pin(ready(Ok(self.state().log(&tenant_id).size())))
    }

    fn tree_head(&self, tenant_id: TenantId) -> BoxFuture<'_, Result<TreeHead, QueryError>> {
        Box::pin(ready(Ok(self.state().log(&tenant_id).tree_head())))
    }

    fn wait(&self, tenant_id: TenantId, head: u64) -> BoxFuture<'_, Result<u64, QueryError>> {
        // Subscribed to before the first check, so that nothing is missed between checks.
        let mut grown = self.grown.subscribe();
        Box::pin(async move {
            loop {
                let size = self.size(&tenant_id);
                if size > head {
                    return Ok(size);
                }
                let gone = |_| QueryError::Unavailable("the store is gone".to_owned());
                grown.changed().await.map_err(gone)?;
            }
        })
    }

    /// It keeps everything in one list.
    fn storage(&self, _tenant_id: TenantId) -> BoxFuture<'_, Result<StorageStatistics, QueryError>> {
        Box::pin(ready(Ok(StorageStatistics::default())))
    }

    fn health(&self) -> Health {
        Health::Ready
    }
}

impl ControlStore for Oracle {
    fn apply_with(
        &self,
        _urgency: Urgency,
        changes: Vec<ControlChange>,
        audit: Vec<PreparedBatch>,
    ) -> BoxFuture<'_, Result<(), ControlError>> {
        let applied = self.state().apply(changes, audit);
        self.grown.send_replace(());
        if applied.is_ok() {
            self.changes.send_modify(|changes| *changes += 1);
        }
        Box::pin(ready(applied))
    }

    fn revision(&self) -> u64 {
        *self.changes.borrow()
    }

    fn wait_for_change(&self, seen: u64) -> BoxFuture<'_, Result<u64, ControlError>> {
        let mut changes = self.changes.subscribe();
        Box::pin(async move {
            let gone = |_| ControlError::Unavailable("the store is gone".to_owned());
            changes.wait_for(|changes| *changes != seen).await.map(|changes| *changes).map_err(gone)
        })
    }

    fn get_tenant(&self, id: &TenantId) -> Result<Option<Tenant>, ControlError> {
        Ok(self.state().control.tenant(id).cloned())
    }

    fn list_tenants(&self, after: Option<&TenantId>, limit: usize) -> Result<Vec<Tenant>, ControlError> {
        Ok(self.state().control.tenants(after, limit))
    }

    fn get_api_key(&self, id: &ApiKeyId) -> Result<Option<ApiKey>, ControlError> {
        Ok(self.state().control.api_key(id).cloned())
    }

    fn list_api_keys(
        &self,
        scope: &Scope,
        after: Option<&ApiKeyPosition>,
        limit: usize,
    ) -> Result<Vec<ApiKey>, ControlError> {
        Ok(self.state().control.part_of_api_keys(scope, after, limit))
    }

    fn count_api_keys(&self, scope: &Scope, now: Timestamp) -> Result<ApiKeyCounts, ControlError> {
        let keys = self.state().control.api_keys(scope);
        let live = keys.iter().filter(|key| key.revoked_at.is_none() && key.expires_at.is_none_or(|at| at > now));
        Ok(ApiKeyCounts { live: live.count(), all: keys.len() })
    }

    fn get_saved_search(&self, tenant_id: &TenantId, id: SavedSearchId) -> Result<Option<SavedSearch>, ControlError> {
        Ok(self.state().control.saved_search(tenant_id, id).cloned())
    }

    fn list_saved_searches(&self, tenant_id: &TenantId) -> Result<Vec<SavedSearch>, ControlError> {
        Ok(self.state().control.saved_searches(tenant_id))
    }

    fn get_export(&self, tenant_id: &TenantId, id: ExportId) -> Result<Option<Export>, ControlError> {
        Ok(self.state().control.export(tenant_id, id).cloned())
    }

    fn list_exports(&self, tenant_id: &TenantId) -> Result<Vec<Export>, ControlError> {
        let exports = self.state().control.exports();
        Ok(exports.into_iter().filter(|export| export.tenant_id == *tenant_id).collect())
    }

    fn list_all_exports(&self) -> Result<Vec<Export>, ControlError> {
        Ok(self.state().control.exports())
    }
}

impl Verify for Oracle {
    fn verify(&self, tenant: Option<TenantId>, budget: QueryBudget) -> BoxFuture<'_, Result<Verification, QueryError>> {
        let verify = || {
            let state = self.state();
            let wanted = state.logs.iter().filter(|(id, _)| tenant.as_ref().is_none_or(|tenant| tenant == *id));
            Verification { logs: wanted.map(|(id, log)| log.verify(id)).collect(), findings: Findings::default() }
        };
        Box::pin(ready(within(&budget).map(|()| verify())))
    }
}

/// It has no index, so nothing is rebuilt.
impl Reindex for Oracle {
    fn reindex(&self, budget: QueryBudget) -> BoxFuture<'_, Result<Reindexed, QueryError>> {
        Box::pin(ready(within(&budget).map(|()| Reindexed::default())))
    }
}

/// Whether a query may begin.
fn within(budget: &QueryBudget) -> Result<(), QueryError> {
    Ok(budget.check()?)
}
