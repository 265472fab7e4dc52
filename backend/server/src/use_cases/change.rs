//! Owns how control data is changed: a change is decided on the current state, committed on the condition that the
//! state is still the same, and decided again if the state has changed. The caller's own key is such a condition: a key
//! that was revoked or narrowed in the meantime changes nothing.

use std::{future::Future, sync::Arc};

use auditlog_core::{
    clock::{Clock, Entropy},
    id::TenantId,
    intake::PreparedBatch,
    policy::{Caller, Origin, Pepper, Scope},
    store::{
        ApiKey, Condition, ControlChange, ControlCommit, ControlError, ControlStore, Expected, KeyDirectory, Revision,
        Urgency,
    },
};

use crate::{
    limits::ChangeTurns,
    standing::{Standing, StandingChecks},
    use_cases::ChangeError,
};

/// How often a change is decided before the caller is asked to repeat it.
const ATTEMPTS_MAX: usize = 8;

/// The services that change control data. Cheap to clone: all clones share one state.
#[derive(Clone)]
pub struct ChangeServices {
    pub(super) control: Arc<dyn ControlStore>,
    pub(super) checks: StandingChecks,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) entropy: Arc<dyn Entropy>,
    pub(super) pepper: Pepper,
    turns: ChangeTurns,
}

impl std::fmt::Debug for ChangeServices {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("ChangeServices").finish_non_exhaustive()
    }
}

impl ChangeServices {
    /// Changes the control data of this store.
    #[must_use]
    pub fn new(
        control: Arc<dyn ControlStore>,
        directory: Arc<dyn KeyDirectory>,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
        pepper: Pepper,
    ) -> Self {
        let checks = StandingChecks::new(directory, Arc::clone(&clock));
        Self { control, checks, clock, entropy, pepper, turns: ChangeTurns::new() }
    }

    /// The same services on behalf of a caller.
    #[must_use]
    pub const fn by<'a, S>(&'a self, caller: &'a Caller<S>, origin: &'a Origin) -> Editor<'a, S> {
        Editor { services: self, caller, origin }
    }
}

/// A caller who changes control data, by one request.
#[derive(Debug)]
pub struct Editor<'a, S = Scope> {
    pub(super) services: &'a ChangeServices,
    pub(super) caller: &'a Caller<S>,
    pub(super) origin: &'a Origin,
}

/// What bounds a caller in what it may grant and change.
#[derive(Debug, Clone)]
pub(super) enum Authority {
    /// Its own key, as it is now.
    Key(ApiKey),
    /// Nothing: it is the operator.
    Operator,
}

impl From<Option<ApiKey>> for Authority {
    /// Only the operator needs no key.
    fn from(key: Option<ApiKey>) -> Self {
        key.map_or(Self::Operator, Self::Key)
    }
}

/// What a change comes to on the current state.
pub(super) struct Decision<T> {
    commit: Option<ControlCommit>,
    outcome: T,
}

/// A change and the event that records it.
pub(super) struct Recorded {
    pub(super) change: ControlChange,
    pub(super) event: PreparedBatch,
}

impl<T> Decision<T> {
    /// Nothing has to change.
    pub(super) const fn unchanged(outcome: T) -> Self {
        Self { commit: None, outcome }
    }

    /// These changes are made together.
    pub(super) fn commit(urgency: Urgency, recorded: Vec<Recorded>, outcome: T) -> Self {
        let (changes, events) = recorded.into_iter().map(|Recorded { change, event }| (change, event)).unzip();
        Self { commit: Some(ControlCommit::new(changes, events).with_urgency(urgency)), outcome }
    }

    /// The same decision, which holds only under this condition.
    pub(super) fn on_condition(mut self, condition: Condition) -> Self {
        self.commit = self.commit.map(|commit| commit.on_condition(condition));
        self
    }
}

/// The scopes that a caller may act in.
pub trait ActsIn {
    /// The scope, for fairness between tenants.
    fn scope(&self) -> Scope;
}

impl ActsIn for Scope {
    fn scope(&self) -> Scope {
        self.clone()
    }
}

impl ActsIn for TenantId {
    fn scope(&self) -> Scope {
        Scope::Tenant(self.clone())
    }
}

impl<S: ActsIn + Sync> Editor<'_, S> {
    /// Makes a change. `decide` reads the current state and decides on it; it gets what bounds the caller. It runs
    /// again where the state changed between its decision and the commit. The change waits for its turn as `waits_as`;
    /// the urgency of its commit is part of the decision.
    pub(super) async fn make<T: Send, F: Future<Output = Result<Decision<T>, ChangeError>> + Send>(
        &self,
        waits_as: Urgency,
        decide: impl Fn(Authority) -> F + Send + Sync,
    ) -> Result<T, ChangeError> {
        let _turn = self.services.turns.take(&self.caller.scope.scope(), waits_as).await?;
        let standing = Standing::of_caller(&self.services.checks, &self.caller.subject, self.origin.ip);
        let mut last = None;
        for _ in 0..ATTEMPTS_MAX {
            let authority = Authority::from(standing.valid_api_key()?);
            let Decision { commit, outcome } = decide(authority.clone()).await?;
            let Some(mut commit) = commit else { return Ok(outcome) };
            commit.conditions.extend(self.conditions(&authority, commit.urgency));
            match self.services.control.commit(commit).await {
                Ok(()) => return Ok(outcome),
                Err(error @ (ControlError::Conflict(_) | ControlError::NotFound(_))) => {
                    tracing::debug!(%error, "a change is decided again");
                    last = Some(error);
                }
                Err(ControlError::AlreadyExists(name)) => return Err(ChangeError::AlreadyExists(name.kind)),
                Err(ControlError::LimitReached(name)) => return Err(ChangeError::LimitReached(name.kind)),
                Err(error) => return Err(error.into()),
            }
        }
        tracing::warn!(error = ?last, "a change is refused, because other changes were always faster");
        Err(ChangeError::Conflict)
    }

    /// What must still be true of the caller when the change is made. Its key must be unchanged, or at least not
    /// revoked for a protective change, which another caller must not prevent by renaming the key again and again; and
    /// its tenant active.
    fn conditions(&self, authority: &Authority, urgency: Urgency) -> Vec<Condition> {
        let mut conditions = Vec::new();
        if let Authority::Key(key) = authority {
            let id = key.id.clone();
            conditions.push(match urgency {
                Urgency::Ordinary => Condition::ApiKeyUnchanged { id, revision: key.revision },
                Urgency::Protective => Condition::ApiKeyNotRevoked { id },
            });
        }
        if let Scope::Tenant(id) = self.caller.scope.scope() {
            conditions.push(Condition::TenantActive { id });
        }
        conditions
    }
}

/// Checks that the caller meant the record as it is now.
pub(super) fn check_expected(expected: &Expected, current: Revision) -> Result<(), ChangeError> {
    if expected.accepts(current) { Ok(()) } else { Err(ChangeError::WrongRevision { current }) }
}

/// The revision that the store has to check, where the caller named any.
pub(super) fn expected_by_store(expected: &Expected, current: Revision) -> Option<Revision> {
    match expected {
        Expected::Any => None,
        Expected::OneOf(_) => Some(current),
    }
}
