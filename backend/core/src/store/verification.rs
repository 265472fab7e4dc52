//! How stored logs are verified while they are in use.

use crate::{
    id::TenantId,
    leaf::Hash,
    store::{BoxFuture, QueryBudget, QueryError},
};

/// What reading one tenant's log back found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogVerification {
    /// Whose log it is.
    pub tenant_id: TenantId,
    /// How many leaves it has.
    pub size: u64,
    /// The root that was recomputed from the stored events.
    pub root: Hash,
    /// What is wrong with it; empty means that every stored byte is as it was acknowledged.
    pub findings: Vec<Finding>,
}

/// One thing that is wrong with a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The leaf it concerns, where it concerns one.
    pub sequence: Option<u64>,
    /// What is wrong, for an operator.
    pub detail: String,
}

/// Verifies logs.
pub trait Verify: Send + Sync + 'static {
    /// Reads the log of one tenant, or of every tenant by id, back from what is stored, recomputes leaves and root and
    /// compares them with what was acknowledged. Damage is a finding, never an error; an unknown tenant has no log.
    ///
    /// # Errors
    /// [`QueryError`] where the logs could not be read to their end; never `Corrupted`.
    fn verify(
        &self,
        tenant: Option<TenantId>,
        budget: QueryBudget,
    ) -> BoxFuture<'_, Result<Vec<LogVerification>, QueryError>>;
}
