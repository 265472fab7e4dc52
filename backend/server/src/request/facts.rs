//! Owns facts about a request that become known while it is handled and are written to the access log.

use std::sync::{Arc, OnceLock};

use auditlog_core::policy::{Caller, Scope, Subject};

/// Filled in by authentication, read by the access log. Cheap to clone: all clones share one state.
#[derive(Debug, Clone, Default)]
pub(crate) struct RequestFacts(Arc<OnceLock<Sender>>);

/// The authenticated sender of a request.
#[derive(Debug)]
pub(crate) struct Sender {
    /// The public id of the key or user, or `-` for the operator.
    pub(crate) id: String,
    /// The tenant, or `-` for the system.
    pub(crate) tenant: String,
}

impl RequestFacts {
    /// Records the sender of the request.
    pub(crate) fn note(&self, caller: &Caller) {
        let tenant = match &caller.scope {
            Scope::Tenant(tenant) => tenant.to_string(),
            Scope::System => "-".to_owned(),
        };
        let id = match &caller.subject {
            Subject::ApiKey(id) => id.to_string(),
            Subject::User(id) => id.to_string(),
            Subject::Operator => "-".to_owned(),
        };
        // The first record wins: a request has one credential.
        let _ = self.0.set(Sender { id, tenant });
    }

    /// The sender of the request, if known.
    pub(crate) fn sender(&self) -> Option<&Sender> {
        self.0.get()
    }
}
