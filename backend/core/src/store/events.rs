//! Reading events. The query shapes are few and fixed: get one, list a page, count, aggregate, scan the log.

use crate::{
    event::StoredEvent,
    id::{EventId, TenantId},
    merkle::Hash,
    query::{Filter, Order, Position, QueryBudget},
    store::{Aggregate, AggregateRequest, BoxFuture, QueryError, StorageStatistics},
};

/// The events that a query covers: one tenant's, up to a position of its log, so that pages of one walk agree.
#[derive(Debug, Clone, PartialEq)]
pub struct View {
    /// The tenant. Data of another tenant is never read.
    pub tenant_id: TenantId,
    /// Only events with a smaller sequence are visible.
    pub head: u64,
    /// The filter that the events must match.
    pub filter: Filter,
}

/// The approximate maximum size of the texts of a page's events together, in bytes
/// ([`crate::event::Event::text_bytes`]).
pub const PAGE_BYTES_MAX: usize = 8 << 20;

/// A request for one page.
#[derive(Debug, Clone, PartialEq)]
pub struct ListRequest {
    /// The events.
    pub view: View,
    /// The order.
    pub order: Order,
    /// Only events strictly after this position in that order.
    pub after: Option<Position>,
    /// The maximum number of events, at least 1.
    pub limit: usize,
}

/// One page of events.
#[derive(Debug, Clone, PartialEq)]
pub struct Page {
    /// The events in order.
    pub events: Vec<StoredEvent>,
    /// The position of the last event where more may follow; `None` means that nothing follows this page.
    pub next: Option<Position>,
}

/// One step of a scan of the log, in the order of its sequences.
#[derive(Debug, Clone, PartialEq)]
pub struct ScanRequest {
    /// The events.
    pub view: View,
    /// The first sequence to scan.
    pub from: u64,
    /// The maximum number of events, at least 1.
    pub limit: usize,
}

/// The result of one step of a scan.
#[derive(Debug, Clone, PartialEq)]
pub struct ScanPage {
    /// All matching events with sequences from the request's `from` up to `next`, rising.
    pub events: Vec<StoredEvent>,
    /// The first sequence that was not scanned, and the `from` of the next step. The scan is complete where it is at
    /// least the view's head, or the size of the log where that is less.
    pub next: u64,
}

/// The state of a log at a moment: its size determines its root, and no other log of that size has the same root.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TreeHead {
    /// The number of leaves of the tree: the `head` of a view of all of them.
    pub size: u64,
    /// The root over them (RFC 6962).
    pub root: Hash,
}

/// Work over events that the caller already has, such as matching or highlighting. It checks the budget passed to it,
/// as queries do.
pub type Computation = Box<dyn FnOnce(&QueryBudget) + Send>;

/// Whether the store can serve requests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Health {
    /// Reads and writes work.
    Ready,
    /// Reads work, and events are refused until there is more free disk.
    DiskFull {
        /// The free space, in bytes.
        free_bytes: u64,
        /// The configured minimum, in bytes.
        min_free_bytes: u64,
    },
    /// Something does not work; the text names it for an operator.
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
    /// its events would exceed [`PAGE_BYTES_MAX`]; it holds at least one event where any matches.
    fn list(&self, request: ListRequest, budget: QueryBudget) -> BoxFuture<'_, Result<Page, QueryError>>;

    /// The exact number of matching events.
    fn count(&self, view: View, budget: QueryBudget) -> BoxFuture<'_, Result<u64, QueryError>>;

    /// The next step of a scan of the log. It may end early, also without any event, so that each call is short and
    /// uses little memory; it always makes progress while something is left.
    fn scan(&self, request: ScanRequest, budget: QueryBudget) -> BoxFuture<'_, Result<ScanPage, QueryError>>;

    /// Aggregates all events of a view. Results are exact except [`crate::store::Distinct::Estimated`]. Returns one
    /// [`Aggregate`] for each aggregation, in their order.
    ///
    /// # Errors
    /// [`QueryError::TooManyGroups`] where the groups take more memory than one query may use.
    fn aggregate(
        &self,
        request: AggregateRequest,
        budget: QueryBudget,
    ) -> BoxFuture<'_, Result<Vec<Aggregate>, QueryError>>;

    /// Runs a computation on a thread that queries run on, never on the caller's, and resolves when it has ended. It
    /// takes turns with queries, so that a long computation delays neither them nor the caller's runtime. Dropping the
    /// future stops the waiting for it, and the computation ends with its budget.
    ///
    /// # Errors
    /// [`QueryError::Unavailable`] where it did not complete.
    fn compute(&self, computation: Computation, budget: QueryBudget) -> BoxFuture<'_, Result<(), QueryError>>;

    /// The number of events in the tenant's log: the `head` of a walk that starts now. 0 for an unknown tenant.
    fn head(&self, tenant_id: TenantId) -> BoxFuture<'_, Result<u64, QueryError>>;

    /// Size and root of the tenant's tree at one moment. For an unknown tenant those of the empty tree.
    fn tree_head(&self, tenant_id: TenantId) -> BoxFuture<'_, Result<TreeHead, QueryError>>;

    /// Resolves with the tenant's head as soon as it is greater than `head`, at once where it already is. Queries that
    /// start then find every event before it. It also waits for a tenant that does not exist yet. There is no deadline:
    /// a caller that no longer wants to wait drops the future.
    fn wait(&self, tenant_id: TenantId, head: u64) -> BoxFuture<'_, Result<u64, QueryError>>;

    /// Statistics about the current storage of the tenant's log. For an unknown tenant those of an empty log.
    fn storage(&self, tenant_id: TenantId) -> BoxFuture<'_, Result<StorageStatistics, QueryError>>;

    /// Whether the store can serve requests.
    fn health(&self) -> Health;
}
