//! Owns how computations over events in memory are kept off the threads of the runtime: they run on the query threads.

use auditlog_core::{
    query::QueryBudget,
    store::{EventStore, QueryError},
};
use tokio::sync::oneshot;

/// Runs work on the store's query threads, in turn with queries, and returns its result. The work checks its budget and
/// stops when the budget is exhausted or cancelled. A caller that may be dropped earlier must therefore hold the
/// budget's cancellation in a value that cancels it when dropped.
pub(crate) async fn compute<T: Send + 'static>(
    store: &dyn EventStore,
    budget: QueryBudget,
    work: impl FnOnce(&QueryBudget) -> Result<T, QueryError> + Send + 'static,
) -> Result<T, QueryError> {
    let (reply, answer) = oneshot::channel();
    // The receiver is gone if the client disconnected.
    store.compute(Box::new(move |budget| drop(reply.send(work(budget)))), budget).await?;
    answer.await.unwrap_or_else(|_| Err(QueryError::Unavailable("a computation returned no answer".to_owned())))
}
