//! Owns facts about a request that become known while it is handled and are written to the access log.

use std::sync::{Arc, OnceLock};

use auditlog_core::policy::{Principal, Scope};

/// Filled in by authentication, read by the access log. Cheap to clone: all clones share one state.
#[derive(Debug, Clone, Default)]
pub(crate) struct RequestFacts(Arc<OnceLock<Caller>>);

/// The authenticated sender of a request.
#[derive(Debug)]
pub(crate) struct Caller {
    /// The credential's public id.
    pub(crate) key_id: String,
    /// The tenant, or `-` for the system.
    pub(crate) tenant: String,
}

impl RequestFacts {
    /// Records the sender of the request.
    pub(crate) fn note(&self, principal: &Principal) {
        let tenant = match &principal.scope {
            Scope::Tenant(tenant) => tenant.to_string(),
            Scope::System => "-".to_owned(),
        };
        // The first record wins: a request has one credential.
        let _ = self.0.set(Caller { key_id: principal.id.clone(), tenant });
    }

    /// The sender of the request, if known.
    pub(crate) fn caller(&self) -> Option<&Caller> {
        self.0.get()
    }
}
