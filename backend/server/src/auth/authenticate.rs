//! Owns the checks that determine a caller from a presented key. The reason why a key is refused is only reported to
//! callers that hold its secret; all others learn only that the credentials are invalid.

use auditlog_core::{
    policy::{ApiKeyToken, Caller, Pepper, Subject},
    store::ApiKey,
};
use axum::http::request::Parts;

use crate::{
    auth::bearer::api_key_of,
    problem::Problem,
    request::{PeerAddress, RequestFacts},
    standing::{NotValid, StandingChecks},
};

/// Authenticates the senders of requests.
#[derive(Debug, Clone)]
pub(crate) struct Authenticator {
    checks: StandingChecks,
    pepper: Pepper,
}

impl Authenticator {
    pub(crate) const fn new(checks: StandingChecks, pepper: Pepper) -> Self {
        Self { checks, pepper }
    }

    /// The sender of a request.
    pub(super) fn authenticate(&self, parts: &Parts) -> Result<Caller, Problem> {
        let token = api_key_of(&parts.headers)?;
        let key = self.holder_of(&token)?;
        self.checks.check(&key, parts.extensions.get::<PeerAddress>().map(|peer| peer.0.ip()))?;
        let caller = Caller::new(Subject::ApiKey(key.id), key.scope, key.permissions);
        if let Some(facts) = parts.extensions.get::<RequestFacts>() {
            facts.note(&caller);
        }
        Ok(caller)
    }

    /// The stored key whose secret the token contains.
    fn holder_of(&self, token: &ApiKeyToken) -> Result<ApiKey, NotValid> {
        let stored = self.checks.find_api_key(token.id())?;
        // An unknown id costs the same hash and comparison as a known one.
        let kept = stored.as_ref().map_or([0; 32], |key| key.secret_hash);
        let matches = token.matches(&kept, &self.pepper);
        stored.filter(|_| matches).ok_or(NotValid::Unknown)
    }
}
