//! Owns the starting point of every case: a store, and short helpers for the operations of cases.

use std::{
    collections::BTreeSet,
    sync::{Arc, atomic::AtomicBool},
    time::{Duration, Instant},
};

use auditlog_core::{
    event::{StoredEvent, Submission, Submitter},
    id::{EventId, TenantId},
    intake::PreparedBatch,
    query::{Field, FieldTest, Filter, Order, OwnedToken, Phrase, PhraseEnd, QueryBudget, Test},
    store::{
        ControlChange, ControlCommit, ControlError, EventOutcome, ListRequest, Page, QueryError, Receipt,
        ReceiptStatus, Revision, ScanRequest, Tenant, TenantChange, TenantStatus, View,
    },
    text::Pattern,
    timestamp::Timestamp,
};
use serde_json::Value;

use crate::{
    Store,
    fixtures::{self, ManualClock, SeededEntropy, budget},
    oracle::folding,
};

/// A store of a case's own, with a clock and entropy.
pub struct Scene<S> {
    /// The store.
    pub store: Arc<S>,
    clock: ManualClock,
    pub(super) entropy: SeededEntropy,
}

impl<S: Store> Scene<S> {
    pub(super) fn new(store: Arc<S>) -> Self {
        Self { store, clock: ManualClock::default(), entropy: SeededEntropy::new(1) }
    }

    /// The next moment, a millisecond after the last.
    pub(super) fn tick(&self) -> Timestamp {
        self.clock.advance(Duration::from_millis(1))
    }

    /// Creates a tenant.
    pub(super) async fn tenant(&self, name: &str) -> TenantId {
        let tenant = self.new_tenant(name);
        let id = tenant.id.clone();
        self.change(TenantChange::Create(tenant)).await.expect("the tenant is new");
        id
    }

    /// Makes one change, without an event that records it.
    pub(super) async fn change(&self, change: impl Into<ControlChange>) -> Result<(), ControlError> {
        self.changes(vec![change.into()]).await
    }

    /// Makes changes in one commit, without events that record them.
    pub(super) async fn changes(&self, changes: Vec<ControlChange>) -> Result<(), ControlError> {
        self.store.commit(ControlCommit::new(changes, Vec::new())).await
    }

    /// A tenant that is not created yet.
    pub(super) fn new_tenant(&self, name: &str) -> Tenant {
        let now = self.tick();
        Tenant {
            id: fixtures::tenant_id(name),
            revision: Revision::FIRST,
            name: format!("Tenant {name}"),
            status: TenantStatus::Active,
            created_at: now,
            updated_at: now,
        }
    }

    /// Prepares events as the server would now.
    pub(super) fn prepare(&self, tenant_id: &TenantId, events: &[Value]) -> PreparedBatch {
        fixtures::prepare(tenant_id, self.tick(), events, &self.entropy)
    }

    /// Prepares events as the server would now, of this credential.
    pub(super) fn prepare_by(&self, submitted_by: Submitter, tenant_id: &TenantId, events: &[Value]) -> PreparedBatch {
        let submission = Submission { tenant_id: tenant_id.clone(), submitted_by, received_at: self.tick() };
        fixtures::prepare_submission(submission, events, &self.entropy)
    }

    /// Prepares and appends events.
    pub(super) async fn append(&self, tenant_id: &TenantId, events: &[Value]) -> Vec<EventOutcome> {
        self.append_prepared(self.prepare(tenant_id, events)).await
    }

    pub(super) async fn append_prepared(&self, batch: PreparedBatch) -> Vec<EventOutcome> {
        let expected = batch.events.len();
        let receipts = self.store.append(batch).await.expect("the store takes the batch in");
        assert_eq!(receipts.len(), expected, "one receipt for each event");
        receipts
    }

    pub(super) async fn head(&self, tenant_id: &TenantId) -> u64 {
        self.store.head(tenant_id.clone()).await.expect("the head can be read")
    }

    pub(super) async fn get(&self, tenant_id: &TenantId, id: EventId) -> Option<StoredEvent> {
        self.store.get(tenant_id.clone(), id, budget()).await.expect("the event can be looked up")
    }

    pub(super) async fn count(&self, view: View) -> u64 {
        self.store.count(view, budget()).await.expect("the events can be counted")
    }

    pub(super) async fn page(&self, request: ListRequest) -> Page {
        let limit = request.limit;
        let page = self.store.list(request, budget()).await.expect("the page can be listed");
        assert!(page.events.len() <= limit, "a page keeps its limit");
        page
    }

    /// Every event of a view, in pages of `limit`.
    pub(super) async fn walk(&self, view: &View, order: Order, limit: usize) -> Vec<StoredEvent> {
        let mut events = Vec::new();
        let mut after = None;
        loop {
            let page = self.page(ListRequest { view: view.clone(), order, after, limit }).await;
            events.extend(page.events);
            if page.next.is_none() {
                return events;
            }
            after = page.next;
        }
    }

    /// Every event of a scan from a position on, requested in steps of at most `limit`.
    pub(super) async fn scan(&self, view: &View, from: u64, limit: usize) -> Vec<StoredEvent> {
        let end = view.head.min(self.head(&view.tenant_id).await);
        let mut events = Vec::new();
        let mut from = from;
        while from < end {
            let request = ScanRequest { view: view.clone(), from, limit };
            let page = self.store.scan(request, budget()).await.expect("the log can be scanned");
            assert!(page.events.len() <= limit, "a piece keeps its limit");
            assert!(page.next > from, "a scan goes on while something is left");
            assert!(
                page.events.iter().all(|stored| (from..page.next).contains(&stored.sequence)),
                "a step returns the events it scanned"
            );
            events.extend(page.events);
            from = page.next;
        }
        events
    }

    /// A view of everything up to now.
    pub(super) async fn view(&self, tenant_id: &TenantId, filter: Filter) -> View {
        View { tenant_id: tenant_id.clone(), head: self.head(tenant_id).await, filter }
    }

    /// The sequences of the matching events, rising; asserts that listing in both orders, also in small pages, and
    /// counting agree.
    pub(super) async fn matching(&self, tenant_id: &TenantId, filter: &Filter) -> Vec<u64> {
        let view = self.view(tenant_id, filter.clone()).await;
        let mut sequences: Vec<_> = sequences(&self.walk(&view, Order::NewestFirst, 1_000).await);
        let mut paged = self::sequences(&self.walk(&view, Order::OldestFirst, 2).await);
        sequences.sort_unstable();
        paged.sort_unstable();
        assert_eq!(sequences, paged, "both orders and page sizes agree on {filter:?}");
        let scanned = self.scan(&view, 0, 1_000).await;
        assert_eq!(self::sequences(&scanned), sequences, "a scan agrees with the list of {filter:?}");
        assert_eq!(self.count(view).await, sequences.len() as u64, "the count agrees with the list of {filter:?}");
        sequences
    }
}

/// The sequences of events, in their order.
pub(super) fn sequences(events: &[StoredEvent]) -> Vec<u64> {
    events.iter().map(|stored| stored.sequence).collect()
}

/// A test of a field as a filter.
pub(super) fn field(field: Field, test: Test) -> Filter {
    Filter::Field(FieldTest { field, test })
}

/// A field is one of these texts.
pub(super) fn one_of(tested: Field, texts: &[&str]) -> Filter {
    let keys: BTreeSet<String> = texts.iter().map(|text| folding::key(text)).collect();
    field(tested, Test::OneOf(keys.into_iter().collect()))
}

/// A field begins with a text.
pub(super) fn prefix(tested: Field, text: &str) -> Filter {
    field(tested, Test::Like(Pattern::prefix(text).expect("it is not empty")))
}

/// These words are adjacent.
pub(super) fn words(tokens: &[&str]) -> Filter {
    phrase(tokens, PhraseEnd::Whole)
}

/// These words are adjacent, and the last is a prefix.
pub(super) fn begun(tokens: &[&str]) -> Filter {
    phrase(tokens, PhraseEnd::Prefix)
}

fn phrase(tokens: &[&str], end: PhraseEnd) -> Filter {
    let tokens = tokens.iter().map(|token| OwnedToken::word(*token)).collect();
    Filter::Text(Phrase::of_tokens(tokens, end).expect("a phrase has tokens"))
}

/// The tokens of a text are adjacent.
pub(super) fn text(text: &str) -> Filter {
    Filter::Text(Phrase::of_text(text, PhraseEnd::Whole).expect("the text has tokens"))
}

/// The same, and the last is a prefix.
pub(super) fn begun_text(text: &str) -> Filter {
    Filter::Text(Phrase::of_text(text, PhraseEnd::Prefix).expect("the text has tokens"))
}

/// A filter does not hold.
pub(super) fn not(filter: Filter) -> Filter {
    Filter::Not(Box::new(filter))
}

/// The sequence of a `Stored` event.
pub(super) fn stored_sequence(outcome: &EventOutcome) -> u64 {
    match outcome {
        Ok(Receipt { status: ReceiptStatus::Stored, sequence, .. }) => *sequence,
        other => panic!("{other:?} is not stored"),
    }
}

/// The id of an event that is stored, or was before.
pub(super) fn receipt_id(outcome: &EventOutcome) -> EventId {
    outcome.as_ref().expect("the event is not rejected").id
}

/// The object to be created exists already.
pub(super) fn assert_exists(result: &Result<(), ControlError>) {
    assert!(matches!(result, Err(ControlError::AlreadyExists(_))), "{result:?}");
}

/// The object to be changed does not exist.
pub(super) fn assert_missing(result: &Result<(), ControlError>) {
    assert!(matches!(result, Err(ControlError::NotFound(_))), "{result:?}");
}

/// The object changed since the change was decided, or a condition does not hold.
pub(super) fn assert_conflict(result: &Result<(), ControlError>) {
    assert!(matches!(result, Err(ControlError::Conflict(_))), "{result:?}");
}

/// The revision after this number of changes.
pub(super) fn after_changes(count: usize) -> Revision {
    (0..count).fold(Revision::FIRST, |revision, _| revision.next())
}

/// Exhausted budgets, each with the error it results in.
pub(super) fn used_up_budgets() -> [(QueryBudget, QueryError); 2] {
    let past = Instant::now().checked_sub(Duration::from_millis(1)).expect("the machine runs for a millisecond");
    let cancelled = Arc::new(AtomicBool::new(true));
    [
        (QueryBudget::new(past, Arc::default()), QueryError::DeadlineExceeded),
        (QueryBudget::new(Instant::now() + Duration::from_mins(1), cancelled), QueryError::Cancelled),
    ]
}
