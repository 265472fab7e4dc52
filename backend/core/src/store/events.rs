//! Reading events. The query shapes are few and fixed: get one, list a page, count, aggregate, scan the log.

use crate::{
    event::StoredEvent,
    id::{EventId, TenantId},
    leaf::Hash,
    query::Filter,
    store::{Aggregate, AggregateRequest, BoxFuture, QueryBudget, QueryError, StorageStatistics},
    timestamp::Timestamp,
};

/// Which events a query looks at: one tenant's, up to a position of its log, so that pages of one walk agree.
#[derive(Debug, Clone, PartialEq)]
pub struct View {
    /// The tenant. Nothing of another tenant is ever touched.
    pub tenant_id: TenantId,
    /// Only events with a smaller sequence are seen.
    pub head: u64,
    /// What the events must match.
    pub filter: Filter,
}

/// In which order events are listed: by (`occurred_at`, `sequence`), both falling or both rising.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Order {
    /// Falling.
    #[default]
    NewestFirst,
    /// Rising.
    OldestFirst,
}

/// A place in that order. It names an event, never a file, so it outlives sealing, compaction and restarts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    /// The event's time.
    pub occurred_at: Timestamp,
    /// The event's sequence.
    pub sequence: u64,
}

/// The texts of a page's events take at most about so many bytes together ([`crate::event::Event::text_bytes`]).
pub const PAGE_BYTES_MAX: usize = 8 << 20;

/// One page to be listed.
#[derive(Debug, Clone, PartialEq)]
pub struct ListRequest {
    /// Which events.
    pub view: View,
    /// In which order.
    pub order: Order,
    /// Only events strictly behind this position in that order.
    pub after: Option<Position>,
    /// At most so many, at least 1.
    pub limit: usize,
}

/// One page of events.
#[derive(Debug, Clone, PartialEq)]
pub struct Page {
    /// The events in order.
    pub events: Vec<StoredEvent>,
    /// The position of the last one where more may follow; `None` says that there is nothing behind this page.
    pub next: Option<Position>,
}

/// A piece of a walk through the log, in the order of its sequences.
#[derive(Debug, Clone, PartialEq)]
pub struct ScanRequest {
    /// Which events.
    pub view: View,
    /// The first sequence that is looked at.
    pub from: u64,
    /// At most so many events, at least 1.
    pub limit: usize,
}

/// What a piece of the walk found.
#[derive(Debug, Clone, PartialEq)]
pub struct ScanPage {
    /// The matching events with sequences from the request's `from` up to `next`, all of them, rising.
    pub events: Vec<StoredEvent>,
    /// The first sequence that was not looked at, and the `from` of the next piece. Nothing is left where it is the
    /// view's head or beyond, or the size of the log where that is less.
    pub next: u64,
}

/// What a log is at a moment: its size decides its root, and no other log of that size has the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TreeHead {
    /// How many leaves the tree has: the `head` of a view of all of them.
    pub size: u64,
    /// The root over them (RFC 6962).
    pub root: Hash,
}

/// Work over events that somebody has already, such as matching or highlighting. It checks the budget that it is given, as
/// queries do.
pub type Computation = Box<dyn FnOnce(&QueryBudget) + Send>;

/// Whether the store can serve.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Health {
    /// Reads and writes go on.
    Ready,
    /// Reads go on, and events are refused until there is more free disk.
    DiskFull {
        /// What is free, in bytes.
        free_bytes: u64,
        /// What the configuration wants free, in bytes.
        min_free_bytes: u64,
    },
    /// Something does not; the text says what, for an operator.
    Degraded(String),
}

/// Finds events.
///
/// Every answer is complete and correct for its [`View`], or an error: bytes that fail their checksum are never served
/// and never skipped.
pub trait EventStore: Send + Sync + 'static {
    /// The event with this id in this tenant's log. An id of another tenant is `None`, as an unknown one is.
    fn get(
        &self,
        tenant_id: TenantId,
        id: EventId,
        budget: QueryBudget,
    ) -> BoxFuture<'_, Result<Option<StoredEvent>, QueryError>>;

    /// A page of events. `next` is `None` exactly where no further event matches. A page ends early, with `next`, where
    /// its events would take more than [`PAGE_BYTES_MAX`]; it holds at least one event where any matches.
    fn list(&self, request: ListRequest, budget: QueryBudget) -> BoxFuture<'_, Result<Page, QueryError>>;

    /// How many events match, exactly.
    fn count(&self, view: View, budget: QueryBudget) -> BoxFuture<'_, Result<u64, QueryError>>;

    /// The next piece of a walk through the log. It may end early, also without any event, so that each call stays
    /// short and what it holds in memory stays small; it always goes on while something is left.
    fn scan(&self, request: ScanRequest, budget: QueryBudget) -> BoxFuture<'_, Result<ScanPage, QueryError>>;

    /// What is asked of all events of a view, exactly but for what [`crate::store::Distinct::Estimated`] says. One
    /// [`Aggregate`] for each aggregation, in their order.
    ///
    /// # Errors
    /// [`QueryError::TooManyGroups`] where the groups take more memory than one query gets.
    fn aggregate(
        &self,
        request: AggregateRequest,
        budget: QueryBudget,
    ) -> BoxFuture<'_, Result<Vec<Aggregate>, QueryError>>;

    /// Runs a computation on a thread that queries run on, never on the caller's, and resolves when it has ended. It takes
    /// turns with queries, so that what takes long holds up neither them nor the caller's runtime. It is not waited for any
    /// more where the future is dropped, and ends with its budget.
    ///
    /// # Errors
    /// [`QueryError::Unavailable`] where it did not come to its end.
    fn compute(&self, computation: Computation, budget: QueryBudget) -> BoxFuture<'_, Result<(), QueryError>>;

    /// How many events the tenant's log holds: the `head` of a walk that starts now. 0 for an unknown tenant.
    fn head(&self, tenant_id: TenantId) -> BoxFuture<'_, Result<u64, QueryError>>;

    /// Size and root of the tenant's tree, of one moment. That of no leaves for an unknown tenant.
    fn tree_head(&self, tenant_id: TenantId) -> BoxFuture<'_, Result<TreeHead, QueryError>>;

    /// Resolves with the tenant's head as soon as it is greater than `head`, at once where it is already. Every event
    /// before it is found by queries that start then. A tenant that is not there yet is waited for like any other.
    /// There is no deadline: whoever does not want to wait longer drops the future.
    fn wait(&self, tenant_id: TenantId, head: u64) -> BoxFuture<'_, Result<u64, QueryError>>;

    /// How the tenant's log is kept now. Nothing for a tenant that is not there.
    fn storage(&self, tenant_id: TenantId) -> BoxFuture<'_, Result<StorageStatistics, QueryError>>;

    /// Whether the store can serve.
    fn health(&self) -> Health;
}
