//! A slow and obvious store in memory that every other implementation is compared with.
//!
//! It shares no code with other implementations: duplicates, order, filters and words are implemented here a second
//! time, from the documentation in `core::store` and `core::query` alone. It keeps each tenant's events in a list and
//! scans the whole list for each query.

mod aggregation;
mod control;
mod control_store;
mod export_files;
pub(crate) mod folding;
mod leases;
mod log;
mod matching;
mod paths;
pub mod tokens;
pub(crate) mod values;
pub(crate) mod words;

use std::{collections::BTreeMap, future::ready, thread};

use auditlog_core::{
    event::StoredEvent,
    id::{EventId, TenantId},
    intake::PreparedBatch,
    merkle::Hash,
    query::{Filter, Position, QueryBudget},
    store::{
        Aggregate, AggregateRequest, AppendError, BoxFuture, Computation, ControlChange, ControlCommit, ControlError,
        EventOutcome, EventStore, ExportChange, ExportKey, Findings, Health, Intake, ListRequest, Page, QueryError,
        Reindex, Reindexed, ScanPage, ScanRequest, StorageStatistics, TreeHead, Verification, Verify, View,
    },
};
use parking_lot::{Mutex, MutexGuard};

use control::Control;
use export_files::Files;
use leases::Leases;
use log::Log;
use tokio::sync::{oneshot, watch};

/// The in-memory store. Everything is lost with it.
#[derive(Debug, Default)]
pub struct Oracle {
    state: Mutex<State>,
    files: Files,
    /// Signals that some log may have grown.
    grown: watch::Sender<()>,
    /// The number of commits that changed a tenant or a key.
    version: watch::Sender<u64>,
}

/// Whether an event matches a filter, for tests that keep their events elsewhere.
#[must_use]
pub fn matches(filter: &Filter, stored: &StoredEvent) -> bool {
    let texts =
        if asks_for_words(filter) { words::searched_texts(&stored.event) } else { words::SearchedTexts::default() };
    matching::holds(filter, &matching::Candidate { stored, texts: &texts })
}

fn asks_for_words(filter: &Filter) -> bool {
    match filter {
        Filter::All | Filter::Field(_) => false,
        Filter::And(parts) | Filter::Or(parts) => parts.iter().any(asks_for_words),
        Filter::Not(part) => asks_for_words(part),
        Filter::Text(_) => true,
    }
}

#[derive(Debug, Default)]
struct State {
    control: Control,
    leases: Leases,
    logs: BTreeMap<TenantId, Log>,
}

impl State {
    fn append(&mut self, batch: PreparedBatch) -> Result<Vec<EventOutcome>, AppendError> {
        if self.control.tenant(&batch.tenant_id).is_none() {
            return Err(AppendError::UnknownTenant(batch.tenant_id));
        }
        Ok(self.logs.entry(batch.tenant_id.clone()).or_default().append(batch))
    }

    /// Makes a commit. Returns whether a tenant or a key changed.
    fn commit(&mut self, commit: ControlCommit) -> Result<bool, ControlError> {
        // All changes are made to a copy, so that the first failure leaves everything unchanged.
        let mut after = self.control.clone();
        for condition in &commit.conditions {
            after.check(&self.leases, condition)?;
        }
        for change in commit.changes.clone() {
            after.apply(change)?;
        }
        for batch in &commit.audit {
            if after.tenant(&batch.tenant_id).is_none() {
                return Err(AppendError::UnknownTenant(batch.tenant_id.clone()).into());
            }
        }
        let has_changed = !after.has_credentials_of(&self.control);
        self.control = after;
        self.end_leases(&commit.changes);
        for batch in commit.audit {
            self.append(batch)?;
        }
        Ok(has_changed)
    }

    fn end_leases(&mut self, changes: &[ControlChange]) {
        for change in changes {
            match change {
                ControlChange::Export(ExportChange::Delete { id, tenant_id, .. }) => {
                    self.leases.forget(&ExportKey { tenant_id: tenant_id.clone(), id: *id });
                }
                ControlChange::Export(ExportChange::Update(export)) if export.status.ended_at().is_some() => {
                    self.leases.forget(&export.key());
                }
                ControlChange::Export(_)
                | ControlChange::Tenant(_)
                | ControlChange::ApiKey(_)
                | ControlChange::SavedSearch(_) => {}
            }
        }
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

    /// The leaf hash with which each event of a tenant's log was acknowledged, by sequence.
    #[must_use]
    pub fn leaf_hashes(&self, tenant_id: &TenantId) -> Vec<Hash> {
        self.state().log(tenant_id).leaf_hashes()
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
    fn append(&self, batch: PreparedBatch) -> BoxFuture<'_, Result<Vec<EventOutcome>, AppendError>> {
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
