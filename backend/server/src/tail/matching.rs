//! Owns where the filters of tails are evaluated: on the query threads, one piece of work at a time per tenant, so that
//! no tail delays the runtime, the queries of other callers, or the tails of another tenant.

use std::{num::NonZeroUsize, sync::Arc, thread};

use auditlog_core::{
    query::QueryBudget,
    store::{EventStore, QueryError},
};
use tokio::sync::Semaphore;

use crate::limits::compute;

/// The amount of events that a piece of work examines, a few milliseconds of work, before others get their turn
/// (approximate).
pub(super) const BYTES_PER_TURN: u64 = 4 << 20;

/// The turns of all tenants' tails together: as many concurrent pieces of work as there are cores, and at least two.
#[derive(Debug, Clone)]
pub(super) struct AllTurns(Arc<Semaphore>);

impl Default for AllTurns {
    fn default() -> Self {
        let cores = thread::available_parallelism().map_or(1, NonZeroUsize::get);
        Self(Arc::new(Semaphore::new(cores.max(2))))
    }
}

/// Where the filters of one tenant's tails are evaluated.
pub(super) struct Matching {
    store: Arc<dyn EventStore>,
    /// The tenant's own turn. It is taken first, so that all tails of one tenant occupy one position in the common
    /// queue.
    own: Semaphore,
    all: AllTurns,
}

impl Matching {
    pub(super) fn new(store: Arc<dyn EventStore>, all: AllTurns) -> Self {
        Self { store, own: Semaphore::new(1), all }
    }

    /// Does a piece of work when its turn has come.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        budget: QueryBudget,
        work: impl FnOnce(&QueryBudget) -> Result<T, QueryError> + Send + 'static,
    ) -> Result<T, QueryError> {
        let closed = |_| QueryError::Unavailable("the turns of tails were closed".to_owned());
        let _own = self.own.acquire().await.map_err(closed)?;
        let _all = self.all.0.acquire().await.map_err(closed)?;
        compute(self.store.as_ref(), budget, work).await
    }
}

impl std::fmt::Debug for Matching {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Matching").finish_non_exhaustive()
    }
}
