//! Owns the change of control data: what one commit contains, and the conditions under which it is made.

use crate::{
    id::{ApiKeyId, TenantId},
    intake::PreparedBatch,
    policy::Scope,
    store::{
        ApiKeyChange, BoxFuture, ControlError, ExportChange, ExportKey, LeaseId, Revision, SavedSearchChange,
        TenantChange,
    },
    timestamp::Timestamp,
};

/// A change of one record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ControlChange {
    /// Of a tenant.
    Tenant(TenantChange),
    /// Of an API key.
    ApiKey(ApiKeyChange),
    /// Of a saved search.
    SavedSearch(SavedSearchChange),
    /// Of an export.
    Export(ExportChange),
}

impl From<TenantChange> for ControlChange {
    fn from(change: TenantChange) -> Self {
        Self::Tenant(change)
    }
}

impl From<ApiKeyChange> for ControlChange {
    fn from(change: ApiKeyChange) -> Self {
        Self::ApiKey(change)
    }
}

impl From<SavedSearchChange> for ControlChange {
    fn from(change: SavedSearchChange) -> Self {
        Self::SavedSearch(change)
    }
}

impl From<ExportChange> for ControlChange {
    fn from(change: ExportChange) -> Self {
        Self::Export(change)
    }
}

/// A fact on which a change was decided besides the records that it changes. The store checks it in the commit and
/// fails with `Conflict` where it is no longer true.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Condition {
    /// The key exists and has this revision: the key that makes the change was neither revoked nor narrowed since it
    /// was checked.
    ApiKeyUnchanged {
        /// The key.
        id: ApiKeyId,
        /// The revision that was read.
        revision: Revision,
    },
    /// The key exists and is not revoked. For protective changes: another change of the key, such as a new name, must
    /// not prevent them.
    ApiKeyNotRevoked {
        /// The key.
        id: ApiKeyId,
    },
    /// The tenant exists and is active.
    TenantActive {
        /// The tenant.
        id: TenantId,
    },
    /// The worker that makes the change has the lease of this export, or had it last.
    ExportLeased {
        /// The export.
        key: ExportKey,
        /// The worker's lease.
        lease: LeaseId,
    },
    /// Before the changes, the scope has at most this many keys that are neither revoked nor expired at `now`.
    LiveApiKeysAtMost {
        /// The scope.
        scope: Scope,
        /// When keys must not have expired.
        now: Timestamp,
        /// The maximum.
        count_max: usize,
    },
}

/// How urgent a change of control data is while the store lacks resources.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Urgency {
    /// It is refused as events are: with [`crate::store::AppendError::Overloaded`] where the queue is full, and with
    /// [`crate::store::AppendError::InsufficientStorage`] where too little disk is free.
    Ordinary,
    /// It protects or frees space, as revoking, suspending, cancelling and deleting do. It has reserved places in the
    /// queue and reserved disk space: conditions that make the store refuse events do not make it refuse this. Only
    /// changes that can be made once each may be protective, or the reserved space could be used up.
    Protective,
}

/// Changes that are made together, and the events that record them.
#[derive(Debug, Clone)]
pub struct ControlCommit {
    /// How urgent they are.
    pub urgency: Urgency,
    /// What must be true before the first change.
    pub conditions: Vec<Condition>,
    /// The changes, made in order, each on the result of the ones before it.
    pub changes: Vec<ControlChange>,
    /// The events that record them. They may belong to a tenant that one of the changes creates.
    pub audit: Vec<PreparedBatch>,
}

impl ControlCommit {
    /// An ordinary commit of changes and the events that record them, without conditions.
    #[must_use]
    pub fn new(changes: Vec<ControlChange>, audit: Vec<PreparedBatch>) -> Self {
        Self { urgency: Urgency::Ordinary, conditions: Vec::new(), changes, audit }
    }

    /// The same commit with this urgency.
    #[must_use]
    pub fn with_urgency(mut self, urgency: Urgency) -> Self {
        self.urgency = urgency;
        self
    }

    /// The same commit under one more condition.
    #[must_use]
    pub fn on_condition(mut self, condition: Condition) -> Self {
        self.conditions.push(condition);
        self
    }
}

/// Changes control data. The only place where a change is decided: any number of processes may read, decide and commit
/// at the same time, without a lock between them.
pub trait ControlWriter: Send + Sync + 'static {
    /// Checks the conditions, makes the changes in order and appends the events, all in one commit or none of them.
    /// When the future resolves with `Ok`, all of it is durable and every later read returns it.
    fn commit(&self, commit: ControlCommit) -> BoxFuture<'_, Result<(), ControlError>>;
}
