//! A clock that tests set, repeatable randomness, and short helpers for the tests.

use std::{
    path::Path,
    sync::{
        Arc, Mutex,
        atomic::{AtomicI64, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use auditlog_core::{
    clock::{Clock, Entropy},
    event::{Actor, ActorType, EventDraft, Source, StoredEvent, Submission, Submitter},
    id::{CredentialId, EventId, OwnerId, TenantId},
    intake::{Prepared, PreparedBatch, prepare},
    policy::Scope,
    query::{Filter, Order, QueryBudget},
    store::{
        ApiKey, ApiKeyStore as _, AppendError, ControlChange, ControlCommit, ControlError, ControlWriter as _,
        EventStore as _, Intake as _, ListRequest, Observe as _, Receipt, ReceiptStatus, Revision, SavedSearch,
        SavedSearchId, SearchVisibility, Tenant, TenantChange, TenantStatus, TenantStore as _, View,
    },
    timestamp::Timestamp,
};
use auditlog_embedded::{EmbeddedStore, Maintenance, OpenError, Options};

/// 2026-11-23T12:00:00Z.
pub(crate) const NOON: Timestamp = Timestamp::from_micros(1_795_435_200_000_000);

/// Shows the time that the test has set.
pub(crate) struct ManualClock(AtomicI64);

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_micros(self.0.load(Ordering::SeqCst))
    }
}

impl ManualClock {
    pub(crate) fn set(&self, time: Timestamp) {
        self.0.store(time.as_micros(), Ordering::SeqCst);
    }
}

/// Never returns the same bytes twice, and returns the same ones in every run.
struct CountingEntropy(AtomicU64);

impl Entropy for CountingEntropy {
    fn fill(&self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(8) {
            let number = self.0.fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::SeqCst).to_le_bytes();
            chunk.copy_from_slice(&number[..chunk.len()]);
        }
    }
}

/// A data directory with everything needed to reopen it.
pub(crate) struct Place {
    pub(crate) directory: tempfile::TempDir,
    pub(crate) clock: Arc<ManualClock>,
    entropy: Arc<CountingEntropy>,
    /// The number of ids created, so that none is created twice.
    ids: Mutex<u64>,
}

impl Place {
    pub(crate) fn new() -> Self {
        Self {
            directory: tempfile::tempdir().unwrap(),
            clock: Arc::new(ManualClock(AtomicI64::new(NOON.as_micros()))),
            entropy: Arc::new(CountingEntropy(AtomicU64::new(1))),
            ids: Mutex::new(0),
        }
    }

    pub(crate) fn path(&self) -> &Path {
        self.directory.path()
    }

    /// Options under which the store does nothing automatically.
    pub(crate) fn options(&self) -> Options {
        Options { maintenance: Maintenance::OnDemand, min_free_bytes: 0, ..Options::new(self.path()) }
    }

    pub(crate) fn open(&self) -> EmbeddedStore {
        self.open_with(self.options()).unwrap()
    }

    pub(crate) fn open_with(&self, options: Options) -> Result<EmbeddedStore, OpenError> {
        EmbeddedStore::open(options, Arc::clone(&self.clock) as _, Arc::clone(&self.entropy) as _)
    }

    /// An open store with these tenants.
    pub(crate) async fn open_with_tenants(&self, tenants: &[&str]) -> EmbeddedStore {
        let store = self.open();
        create_tenants(&store, tenants).await;
        store
    }

    pub(crate) fn clock_now(&self) -> Timestamp {
        self.clock.now()
    }

    /// An id of the clock's time that was not used before.
    pub(crate) fn id(&self) -> EventId {
        let mut count = self.ids.lock().unwrap();
        *count += 1;
        let mut random = [0; 10];
        random[2..].copy_from_slice(&count.to_be_bytes());
        EventId::from_parts(self.clock.now(), random)
    }

    /// A request with these events.
    pub(crate) fn batch(&self, tenant: &str, drafts: Vec<EventDraft>) -> PreparedBatch {
        let mut seed = [0; 16];
        self.entropy.fill(&mut seed);
        let submission = Submission {
            tenant_id: tenant_id(tenant),
            submitted_by: Submitter::ApiKey(CredentialId::parse("0123456789abcdef").unwrap()),
            received_at: self.clock.now(),
        };
        let Prepared { batch, verdicts: results } =
            prepare(drafts.into_iter(), submission, seed, self.entropy.as_ref());
        assert!(results.iter().all(Result::is_ok), "{results:?}");
        batch
    }

    /// A request with this number of different events, whose ids the client set.
    pub(crate) fn fresh(&self, tenant: &str, count: usize) -> PreparedBatch {
        let drafts = (0..count).map(|index| EventDraft { id: Some(self.id()), ..draft(&format!("item.{index}")) });
        self.batch(tenant, drafts.collect())
    }

    /// Every file below the data directory, with its length.
    pub(crate) fn files(&self, ending: &str) -> Vec<(std::path::PathBuf, u64)> {
        let mut files = Vec::new();
        let mut directories = vec![self.path().to_owned()];
        while let Some(directory) = directories.pop() {
            for entry in std::fs::read_dir(directory).unwrap() {
                let entry = entry.unwrap();
                if entry.file_type().unwrap().is_dir() {
                    directories.push(entry.path());
                } else if entry.path().to_string_lossy().ends_with(ending) {
                    files.push((entry.path(), entry.metadata().unwrap().len()));
                }
            }
        }
        files.sort();
        files
    }
}

pub(crate) fn tenant_id(tenant: &str) -> TenantId {
    TenantId::parse(tenant).unwrap()
}

pub(crate) fn draft(action: &str) -> EventDraft {
    let source = Source { service: "shop".into(), ..Source::default() };
    EventDraft::new(action, Actor::new(ActorType::User, "alice"), source)
}

pub(crate) async fn create_tenants(store: &EmbeddedStore, tenants: &[&str]) {
    let create = |tenant: &&str| TenantChange::Create(tenant_named(tenant)).into();
    change(store, tenants.iter().map(create).collect()).await.unwrap();
}

/// Makes changes in one commit, without events that record them.
pub(crate) async fn change(store: &EmbeddedStore, changes: Vec<ControlChange>) -> Result<(), ControlError> {
    record(store, changes, vec![]).await
}

/// Makes changes and stores the events that record them in one commit.
pub(crate) async fn record(
    store: &EmbeddedStore,
    changes: Vec<ControlChange>,
    audit: Vec<PreparedBatch>,
) -> Result<(), ControlError> {
    store.commit(ControlCommit::new(changes, audit)).await
}

/// Every tenant.
pub(crate) async fn tenants(store: &EmbeddedStore) -> Vec<Tenant> {
    store.list_tenants(None, usize::MAX).await.unwrap()
}

/// Every key of a scope.
pub(crate) async fn keys(store: &EmbeddedStore, scope: &Scope) -> Vec<ApiKey> {
    store.list_api_keys(scope.clone(), None, usize::MAX).await.unwrap()
}

pub(crate) fn tenant_named(tenant: &str) -> Tenant {
    Tenant {
        id: tenant_id(tenant),
        revision: Revision::FIRST,
        name: format!("{tenant} & sons"),
        status: TenantStatus::Active,
        created_at: NOON,
        updated_at: NOON,
    }
}

/// A saved search, named as its number.
pub(crate) fn saved_search(tenant: &str, number: u8) -> SavedSearch {
    SavedSearch {
        id: SavedSearchId::from_parts(NOON, [number; 10]),
        tenant_id: tenant_id(tenant),
        revision: Revision::FIRST,
        owner: OwnerId::parse("api_key:0123456789abcdef").unwrap(),
        name: format!("Search {number}"),
        query: "actor:alice \"payroll\" since:7d".into(),
        description: Some("for the audit".into()),
        visibility: SearchVisibility::Shared,
        created_at: NOON,
        updated_at: NOON,
    }
}

/// Appends and expects every event to be stored; returns their sequences.
pub(crate) async fn append(store: &EmbeddedStore, batch: PreparedBatch) -> Vec<u64> {
    let receipts = store.append(batch).await.unwrap();
    let sequence = |outcome| match outcome {
        Ok(Receipt { status: ReceiptStatus::Stored, sequence, .. }) => sequence,
        other => panic!("not stored: {other:?}"),
    };
    receipts.into_iter().map(sequence).collect()
}

pub(crate) async fn refusal(store: &EmbeddedStore, batch: PreparedBatch) -> AppendError {
    store.append(batch).await.unwrap_err()
}

pub(crate) fn budget() -> QueryBudget {
    QueryBudget::new(Instant::now() + Duration::from_mins(1), Arc::default())
}

/// Every event of a tenant's log, by sequence, page by page.
pub(crate) async fn all(store: &EmbeddedStore, tenant: &str) -> Vec<StoredEvent> {
    let head = store.head(tenant_id(tenant)).await.unwrap();
    let view = View { tenant_id: tenant_id(tenant), head, filter: Filter::All };
    let mut request = ListRequest { view, order: Order::OldestFirst, after: None, limit: 700 };
    let mut events = Vec::new();
    loop {
        let page = store.list(request.clone(), budget()).await.unwrap();
        events.extend(page.events);
        let Some(next) = page.next else { break };
        request.after = Some(next);
    }
    events.sort_by_key(|event| event.sequence);
    events
}

/// The value of one of the store's measurements.
pub(crate) fn measured(store: &EmbeddedStore, name: &str) -> f64 {
    store.measurements().into_iter().find(|measurement| measurement.name == name).unwrap().value
}

/// Changes a byte in the middle of a file, which may be open in the store.
pub(crate) fn flip_a_byte(path: &Path) {
    let mut bytes = std::fs::read(path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(path, bytes).unwrap();
}
