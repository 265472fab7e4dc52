//! Owns how work over events that are in memory is kept off the threads of the runtime: it runs where queries run.

use auditlog_core::store::{EventStore, QueryBudget, QueryError};
use tokio::sync::oneshot;

/// Runs work on the store's threads for queries, in turn with them, and gives what came of it. The work checks the budget
/// that it is given and ends with it; so who may go away before keeps the budget in something that cancels it when dropped.
pub(crate) async fn compute<T: Send + 'static>(
    store: &dyn EventStore,
    budget: QueryBudget,
    work: impl FnOnce(&QueryBudget) -> Result<T, QueryError> + Send + 'static,
) -> Result<T, QueryError> {
    let (reply, answer) = oneshot::channel();
    // Nobody waits for it any more where the client went away.
    store.compute(Box::new(move |budget| drop(reply.send(work(budget)))), budget).await?;
    answer.await.unwrap_or_else(|_| Err(QueryError::Unavailable("a computation gave no answer".to_owned())))
}
