//! The reference store with switches: a test decides when it is overloaded, full, slow or broken.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use auditlog_conformance::oracle::Oracle;
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
        LeaseId, ListRequest, Measurement, MeasurementKind, Observe, Page, QueryError, Reindex, Reindexed, SavedSearch,
        SavedSearchId, SavedSearchStore, ScanPage, ScanRequest, StorageStatistics, Tenant, TenantStore, TreeHead,
        Urgency, Verification, Verify, View,
    },
    timestamp::Timestamp,
};
use futures_util::FutureExt as _;
use tokio::sync::watch;

/// The behaviour of queries.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) enum Queries {
    /// Queries succeed.
    #[default]
    Answered,
    /// Queries fail.
    Failing(QueryError),
    /// This many queries succeed, and the next one fails.
    FailingAfter(usize, QueryError),
    /// Queries wait until their budget is used up.
    Waiting,
    /// This many queries succeed, and the others wait.
    WaitingAfter(usize),
    /// Queries panic.
    Panicking,
}

/// The behaviour of computations over events in memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Computations {
    /// Computations run normally.
    #[default]
    Run,
    /// Computations wait until they are released.
    Held,
    /// Computations run when their budget is used up.
    Late,
}

/// The reference store with switches.
#[derive(Debug, Default)]
pub(crate) struct TestStore {
    pub(crate) oracle: Oracle,
    appends_fail: Mutex<Option<AppendError>>,
    queries: Mutex<Queries>,
    computations: watch::Sender<Computations>,
    waiting: AtomicUsize,
    refused_changes: AtomicUsize,
    renewals_fail: Mutex<Option<ControlError>>,
    refused_renewals: AtomicUsize,
    files: Arc<FileSwitch>,
    ended: watch::Sender<Vec<QueryError>>,
    gate: watch::Sender<Gate>,
    /// Commits of another process, the last one first.
    race: Mutex<Vec<ControlCommit>>,
}

/// The error of appends to files of exports, and how many have failed with it.
#[derive(Debug, Default)]
struct FileSwitch {
    error: Mutex<Option<ExportFileError>>,
    failed: AtomicUsize,
}

/// A file whose appends fail while the switch holds an error.
struct SwitchedFile {
    file: Box<dyn ExportWriter>,
    switch: Arc<FileSwitch>,
}

impl ExportWriter for SwitchedFile {
    fn append(&mut self, bytes: &[u8]) -> Result<(), ExportFileError> {
        if let Some(error) = self.switch.error.lock().unwrap().clone() {
            self.switch.failed.fetch_add(1, Ordering::SeqCst);
            return Err(error);
        }
        self.file.append(bytes)
    }

    fn sha256(&self) -> [u8; 32] {
        self.file.sha256()
    }

    fn sync(&mut self) -> Result<(), ExportFileError> {
        self.file.sync()
    }

    fn finish(self: Box<Self>) -> Result<(), ExportFileError> {
        self.file.finish()
    }
}

/// Whether appends succeed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Gate {
    #[default]
    Open,
    Closed,
}

impl TestStore {
    /// Makes every append fail from now on, or succeed again.
    pub(crate) fn fail_appends(&self, error: Option<AppendError>) {
        *self.appends_fail.lock().unwrap() = error;
    }

    /// Makes every renewal of a lease fail from now on, or succeed again.
    pub(crate) fn fail_renewals(&self, error: Option<ControlError>) {
        *self.renewals_fail.lock().unwrap() = error;
    }

    /// Resolves when this many renewals of leases were refused.
    pub(crate) async fn until_refused_renewals(&self, renewals: usize) {
        while self.refused_renewals.load(Ordering::SeqCst) < renewals {
            tokio::task::yield_now().await;
        }
    }

    /// Makes every append to the file of an export fail from now on, or succeed again.
    pub(crate) fn fail_files(&self, error: Option<ExportFileError>) {
        *self.files.error.lock().unwrap() = error;
    }

    /// Resolves when this many appends to files of exports have failed.
    pub(crate) async fn until_failed_files(&self, appends: usize) {
        while self.files.failed.load(Ordering::SeqCst) < appends {
            tokio::task::yield_now().await;
        }
    }

    /// Resolves when a query has failed that was to be the first to fail.
    pub(crate) async fn until_failed_query(&self) {
        while !matches!(*self.queries.lock().unwrap(), Queries::Failing(_)) {
            tokio::task::yield_now().await;
        }
    }

    /// Sets the behaviour of queries from now on.
    pub(crate) fn set_queries(&self, queries: Queries) {
        *self.queries.lock().unwrap() = queries;
    }

    /// Sets the behaviour of computations from now on, including those that wait.
    pub(crate) fn set_computations(&self, computations: Computations) {
        self.computations.send_replace(computations);
    }

    /// Makes these commits of another process come first: each right before one of the next commits, in reverse order.
    pub(crate) fn race(&self, commits: Vec<ControlCommit>) {
        *self.race.lock().unwrap() = commits;
    }

    /// All export jobs of all tenants.
    pub(crate) fn exports(&self) -> Vec<Export> {
        self.oracle.list_all_exports().now_or_never().unwrap().unwrap()
    }

    /// Makes appends and changes wait until the gate opens.
    pub(crate) fn close_gate(&self) {
        self.gate.send_replace(Gate::Closed);
    }

    pub(crate) fn open_gate(&self) {
        self.gate.send_replace(Gate::Open);
    }

    /// How many operations have begun to wait inside the store so far.
    pub(crate) fn waiting(&self) -> usize {
        self.waiting.load(Ordering::SeqCst)
    }

    /// Resolves when this many operations wait inside the store.
    pub(crate) async fn until_waiting(&self, operations: usize) {
        while self.waiting.load(Ordering::SeqCst) < operations {
            tokio::task::yield_now().await;
        }
    }

    /// Resolves when this many changes of control data were refused.
    pub(crate) async fn until_refused_changes(&self, changes: usize) {
        while self.refused_changes.load(Ordering::SeqCst) < changes {
            tokio::task::yield_now().await;
        }
    }

    /// Resolves when a waiting query has ended, with the reason why.
    pub(crate) async fn until_ended(&self) -> QueryError {
        let mut ended = self.ended.subscribe();
        let reasons = ended.wait_for(|reasons| !reasons.is_empty()).await.unwrap();
        reasons[0].clone()
    }

    /// Determines the outcome of a query before the reference store runs it.
    fn begin(&self, budget: QueryBudget) -> BoxFuture<'_, Result<(), QueryError>> {
        let queries = {
            let mut queries = self.queries.lock().unwrap();
            let answered = queries.clone();
            if let Queries::FailingAfter(left, error) = answered.clone() {
                *queries = match left {
                    0 => Queries::Failing(error),
                    _ => Queries::FailingAfter(left - 1, error),
                };
            }
            if let Queries::WaitingAfter(left @ 1..) = answered {
                *queries = Queries::WaitingAfter(left - 1);
            }
            answered
        };
        Box::pin(async move {
            match queries {
                Queries::Answered | Queries::FailingAfter(1.., _) | Queries::WaitingAfter(1..) => Ok(()),
                Queries::Failing(error) | Queries::FailingAfter(0, error) => Err(error),
                Queries::Panicking => panic!("a query panics because a test wants it to"),
                Queries::Waiting | Queries::WaitingAfter(0) => {
                    self.waiting.fetch_add(1, Ordering::SeqCst);
                    let waited = tokio::spawn(exhausted(budget, self.ended.clone()));
                    Err(waited.await.unwrap())
                }
            }
        })
    }

    async fn through_gate(&self) {
        self.waiting.fetch_add(1, Ordering::SeqCst);
        self.gate.subscribe().wait_for(|gate| *gate == Gate::Open).await.unwrap();
    }
}

/// Runs as on a thread of an engine: independently, until its budget reports that the caller is gone.
async fn exhausted(budget: QueryBudget, ended: watch::Sender<Vec<QueryError>>) -> QueryError {
    loop {
        if let Err(reason) = budget.check().map_err(QueryError::from) {
            ended.send_modify(|reasons| reasons.push(reason.clone()));
            return reason;
        }
        tokio::task::yield_now().await;
    }
}

impl Intake for TestStore {
    fn append(&self, batch: PreparedBatch) -> BoxFuture<'_, Result<Vec<EventOutcome>, AppendError>> {
        let failure = self.appends_fail.lock().unwrap().clone();
        Box::pin(async move {
            self.through_gate().await;
            match failure {
                Some(error) => Err(error),
                None => self.oracle.append(batch).await,
            }
        })
    }
}

impl EventStore for TestStore {
    fn get(
        &self,
        tenant_id: TenantId,
        id: EventId,
        budget: QueryBudget,
    ) -> BoxFuture<'_, Result<Option<StoredEvent>, QueryError>> {
        Box::pin(async move {
            self.begin(budget.clone()).await?;
            self.oracle.get(tenant_id, id, budget).await
        })
    }

    fn list(&self, request: ListRequest, budget: QueryBudget) -> BoxFuture<'_, Result<Page, QueryError>> {
        Box::pin(async move {
            self.begin(budget.clone()).await?;
            self.oracle.list(request, budget).await
        })
    }

    fn count(&self, view: View, budget: QueryBudget) -> BoxFuture<'_, Result<u64, QueryError>> {
        Box::pin(async move {
            self.begin(budget.clone()).await?;
            self.oracle.count(view, budget).await
        })
    }

    fn aggregate(
        &self,
        request: AggregateRequest,
        budget: QueryBudget,
    ) -> BoxFuture<'_, Result<Vec<Aggregate>, QueryError>> {
        Box::pin(async move {
            self.begin(budget.clone()).await?;
            self.oracle.aggregate(request, budget).await
        })
    }

    fn scan(&self, request: ScanRequest, budget: QueryBudget) -> BoxFuture<'_, Result<ScanPage, QueryError>> {
        Box::pin(async move {
            self.begin(budget.clone()).await?;
            self.oracle.scan(request, budget).await
        })
    }

    fn compute(&self, computation: Computation, budget: QueryBudget) -> BoxFuture<'_, Result<(), QueryError>> {
        Box::pin(async move {
            let mut computations = self.computations.subscribe();
            let how = *computations.borrow_and_update();
            if how != Computations::Run {
                self.waiting.fetch_add(1, Ordering::SeqCst);
            }
            match how {
                Computations::Run => {}
                Computations::Held => drop(computations.wait_for(|how| *how != Computations::Held).await.unwrap()),
                Computations::Late => drop(tokio::spawn(exhausted(budget.clone(), self.ended.clone())).await.unwrap()),
            }
            self.oracle.compute(computation, budget).await
        })
    }

    fn head(&self, tenant_id: TenantId) -> BoxFuture<'_, Result<u64, QueryError>> {
        self.oracle.head(tenant_id)
    }

    fn tree_head(&self, tenant_id: TenantId) -> BoxFuture<'_, Result<TreeHead, QueryError>> {
        self.oracle.tree_head(tenant_id)
    }

    fn wait(&self, tenant_id: TenantId, head: u64) -> BoxFuture<'_, Result<u64, QueryError>> {
        self.oracle.wait(tenant_id, head)
    }

    fn storage(&self, tenant_id: TenantId) -> BoxFuture<'_, Result<StorageStatistics, QueryError>> {
        self.oracle.storage(tenant_id)
    }

    fn health(&self) -> Health {
        match &*self.appends_fail.lock().unwrap() {
            Some(AppendError::InsufficientStorage { free_bytes, min_free_bytes }) => {
                Health::DiskFull { free_bytes: *free_bytes, min_free_bytes: *min_free_bytes }
            }
            Some(error) => Health::Degraded(error.to_string()),
            None => Health::Ready,
        }
    }
}

impl ControlWriter for TestStore {
    fn commit(&self, commit: ControlCommit) -> BoxFuture<'_, Result<(), ControlError>> {
        let failure = self.appends_fail.lock().unwrap().clone();
        Box::pin(async move {
            if *self.gate.borrow() == Gate::Closed {
                self.through_gate().await;
            }
            let race = self.race.lock().unwrap().pop();
            if let Some(race) = race {
                self.oracle.commit(race).await.unwrap();
            }
            match failure {
                // Space is reserved for operations that protect or free space.
                Some(AppendError::Overloaded { .. } | AppendError::InsufficientStorage { .. })
                    if commit.urgency == Urgency::Protective =>
                {
                    self.oracle.commit(commit).await
                }
                Some(error) => {
                    self.refused_changes.fetch_add(1, Ordering::SeqCst);
                    Err(error.into())
                }
                None => self.oracle.commit(commit).await,
            }
        })
    }
}

impl TenantStore for TestStore {
    fn get_tenant(&self, id: TenantId) -> BoxFuture<'_, Result<Option<Tenant>, ControlError>> {
        self.oracle.get_tenant(id)
    }

    fn list_tenants(&self, after: Option<TenantId>, limit: usize) -> BoxFuture<'_, Result<Vec<Tenant>, ControlError>> {
        self.oracle.list_tenants(after, limit)
    }
}

impl ApiKeyStore for TestStore {
    fn get_api_key(&self, id: ApiKeyId) -> BoxFuture<'_, Result<Option<ApiKey>, ControlError>> {
        self.oracle.get_api_key(id)
    }

    fn list_api_keys(
        &self,
        scope: Scope,
        after: Option<ApiKeyPosition>,
        limit: usize,
    ) -> BoxFuture<'_, Result<Vec<ApiKey>, ControlError>> {
        self.oracle.list_api_keys(scope, after, limit)
    }

    fn count_api_keys(&self, scope: Scope, now: Timestamp) -> BoxFuture<'_, Result<ApiKeyCounts, ControlError>> {
        self.oracle.count_api_keys(scope, now)
    }
}

impl SavedSearchStore for TestStore {
    fn get_saved_search(
        &self,
        tenant_id: TenantId,
        id: SavedSearchId,
    ) -> BoxFuture<'_, Result<Option<SavedSearch>, ControlError>> {
        self.oracle.get_saved_search(tenant_id, id)
    }

    fn list_saved_searches(&self, tenant_id: TenantId) -> BoxFuture<'_, Result<Vec<SavedSearch>, ControlError>> {
        self.oracle.list_saved_searches(tenant_id)
    }
}

impl ExportStore for TestStore {
    fn get_export(&self, tenant_id: TenantId, id: ExportId) -> BoxFuture<'_, Result<Option<Export>, ControlError>> {
        self.oracle.get_export(tenant_id, id)
    }

    fn list_exports(&self, tenant_id: TenantId) -> BoxFuture<'_, Result<Vec<Export>, ControlError>> {
        self.oracle.list_exports(tenant_id)
    }

    fn list_all_exports(&self) -> BoxFuture<'_, Result<Vec<Export>, ControlError>> {
        self.oracle.list_all_exports()
    }

    fn list_waiting_exports(&self) -> BoxFuture<'_, Result<Vec<Export>, ControlError>> {
        self.oracle.list_waiting_exports()
    }

    fn lease_export(
        &self,
        key: ExportKey,
        lease: LeaseId,
        duration: Duration,
    ) -> BoxFuture<'_, Result<Option<Export>, ControlError>> {
        self.oracle.lease_export(key, lease, duration)
    }

    fn renew_lease(
        &self,
        key: ExportKey,
        lease: LeaseId,
        duration: Duration,
    ) -> BoxFuture<'_, Result<Option<Export>, ControlError>> {
        let failure = self.renewals_fail.lock().unwrap().clone();
        Box::pin(async move {
            match failure {
                Some(error) => {
                    self.refused_renewals.fetch_add(1, Ordering::SeqCst);
                    Err(error)
                }
                None => self.oracle.renew_lease(key, lease, duration).await,
            }
        })
    }

    fn release_lease(&self, key: ExportKey, lease: LeaseId) -> BoxFuture<'_, Result<(), ControlError>> {
        self.oracle.release_lease(key, lease)
    }
}

impl KeyDirectory for TestStore {
    fn find_api_key(&self, id: &ApiKeyId) -> Result<Option<ApiKey>, ControlError> {
        self.oracle.find_api_key(id)
    }

    fn find_tenant(&self, id: &TenantId) -> Result<Option<Tenant>, ControlError> {
        self.oracle.find_tenant(id)
    }

    fn version(&self) -> u64 {
        self.oracle.version()
    }

    fn wait_for_change(&self, seen: u64) -> BoxFuture<'_, Result<u64, ControlError>> {
        self.oracle.wait_for_change(seen)
    }
}

impl ExportFiles for TestStore {
    fn create_file(&self, key: &ExportKey) -> Result<Box<dyn ExportWriter>, ExportFileError> {
        Ok(Box::new(SwitchedFile { file: self.oracle.create_file(key)?, switch: Arc::clone(&self.files) }))
    }

    fn resume_file(&self, key: &ExportKey, bytes: u64) -> Result<Option<Box<dyn ExportWriter>>, ExportFileError> {
        self.oracle.resume_file(key, bytes)
    }

    fn open_file(&self, key: &ExportKey) -> Result<Option<Box<dyn ExportReader>>, ExportFileError> {
        self.oracle.open_file(key)
    }

    fn delete_file(&self, key: &ExportKey) -> Result<(), ExportFileError> {
        self.oracle.delete_file(key)
    }

    fn list_files(&self) -> Result<Vec<ExportKey>, ExportFileError> {
        self.oracle.list_files()
    }
}

impl Verify for TestStore {
    fn verify(&self, tenant: Option<TenantId>, budget: QueryBudget) -> BoxFuture<'_, Result<Verification, QueryError>> {
        Box::pin(async move {
            self.begin(budget.clone()).await?;
            self.oracle.verify(tenant, budget).await
        })
    }
}

impl Reindex for TestStore {
    fn reindex(&self, budget: QueryBudget) -> BoxFuture<'_, Result<Reindexed, QueryError>> {
        Box::pin(async move {
            self.begin(budget.clone()).await?;
            self.oracle.reindex(budget).await
        })
    }
}

impl Observe for TestStore {
    fn measurements(&self) -> Vec<Measurement> {
        let waiting = u32::try_from(self.waiting.load(Ordering::SeqCst)).unwrap();
        vec![
            Measurement {
                name: "commits",
                help: "Commits of the ledger",
                kind: MeasurementKind::Counter,
                value: f64::from(waiting),
            },
            Measurement { name: "tail_bytes", help: "Bytes of the tail", kind: MeasurementKind::Gauge, value: 17.0 },
        ]
    }
}
