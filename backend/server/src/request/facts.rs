//! Owns what becomes known of a request on its way in and is told by the access log on its way out.

use std::sync::{Arc, OnceLock};

use auditlog_core::policy::{Principal, Scope};

/// Filled by authentication, read by the access log. Cheap to clone: all clones are one.
#[derive(Debug, Clone, Default)]
pub(crate) struct RequestFacts(Arc<OnceLock<Caller>>);

/// Who sent a request.
#[derive(Debug)]
pub(crate) struct Caller {
    /// The credential's public name.
    pub(crate) key_id: String,
    /// The tenant, or `-` for the system.
    pub(crate) tenant: String,
}

impl RequestFacts {
    /// Notes who sent the request.
    pub(crate) fn note(&self, principal: &Principal) {
        let tenant = match &principal.scope {
            Scope::Tenant(tenant) => tenant.to_string(),
            Scope::System => "-".to_owned(),
        };
        // The first note stands: one request has one credential.
        let _ = self.0.set(Caller { key_id: principal.id.clone(), tenant });
    }

    /// Who sent the request, where that is known.
    pub(crate) fn caller(&self) -> Option<&Caller> {
        self.0.get()
    }
}
