//! Owns the checks of a key and its tenant against the current state in memory.

use std::{net::IpAddr, sync::Arc};

use auditlog_core::{
    clock::Clock,
    id::ApiKeyId,
    policy::Scope,
    store::{ApiKey, ControlError, KeyDirectory, TenantStatus},
};

/// Why a subject may not act.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotValid {
    /// There is no such credential.
    #[error("there is no such credential")]
    Unknown,
    /// The key was revoked.
    #[error("the key was revoked")]
    Revoked,
    /// The key has expired.
    #[error("the key has expired")]
    Expired,
    /// The connection comes from outside the key's networks.
    #[error("the key may not be used from this address")]
    WrongAddress,
    /// The tenant is suspended.
    #[error("the tenant is suspended")]
    TenantSuspended,
    /// The current state cannot be read.
    #[error(transparent)]
    Unavailable(#[from] ControlError),
}

/// Checks keys and tenants. Cheap to clone.
#[derive(Clone)]
pub(crate) struct StandingChecks {
    pub(super) directory: Arc<dyn KeyDirectory>,
    pub(super) clock: Arc<dyn Clock>,
}

impl std::fmt::Debug for StandingChecks {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("StandingChecks").finish_non_exhaustive()
    }
}

impl StandingChecks {
    pub(crate) fn new(directory: Arc<dyn KeyDirectory>, clock: Arc<dyn Clock>) -> Self {
        Self { directory, clock }
    }

    /// Rises with every change that may change the outcome of a check.
    pub(crate) fn version(&self) -> u64 {
        self.directory.version()
    }

    /// Resolves as soon as the version differs from `seen`.
    pub(crate) async fn wait_for_change(&self, seen: u64) -> Result<u64, ControlError> {
        self.directory.wait_for_change(seen).await
    }

    /// The stored key with this id, valid or not.
    pub(crate) fn find_api_key(&self, id: &ApiKeyId) -> Result<Option<ApiKey>, NotValid> {
        Ok(self.directory.find_api_key(id)?)
    }

    /// The key with this id, if it may be used now by a caller whose address is not known.
    pub(super) fn get_valid_api_key(&self, id: &ApiKeyId) -> Result<ApiKey, NotValid> {
        let key = self.directory.find_api_key(id)?.ok_or(NotValid::Unknown)?;
        self.check_validity(&key)?;
        self.check_tenant(&key)?;
        Ok(key)
    }

    /// Checks that a key may be used now from this address.
    pub(crate) fn check(&self, key: &ApiKey, peer: Option<IpAddr>) -> Result<(), NotValid> {
        self.check_validity(key)?;
        check_address(key, peer)?;
        self.check_tenant(key)
    }

    fn check_validity(&self, key: &ApiKey) -> Result<(), NotValid> {
        if key.revoked_at.is_some() {
            return Err(NotValid::Revoked);
        }
        if key.expires_at.is_some_and(|expires_at| expires_at <= self.clock.now()) {
            return Err(NotValid::Expired);
        }
        Ok(())
    }

    fn check_tenant(&self, key: &ApiKey) -> Result<(), NotValid> {
        let Scope::Tenant(tenant_id) = &key.scope else { return Ok(()) };
        match self.directory.find_tenant(tenant_id)?.map(|tenant| tenant.status) {
            Some(TenantStatus::Active) => Ok(()),
            Some(TenantStatus::Suspended) => Err(NotValid::TenantSuspended),
            None => Err(NotValid::Unknown),
        }
    }
}

/// A key that is bound to networks is refused unless the peer's address is known to be in one of them.
pub(super) fn check_address(key: &ApiKey, peer: Option<IpAddr>) -> Result<(), NotValid> {
    if key.allowed_networks.is_empty() {
        return Ok(());
    }
    // An IPv4 client of a dual-stack listener has a mapped address.
    let inside = peer
        .map(|address| address.to_canonical())
        .is_some_and(|address| key.allowed_networks.iter().any(|network| network.contains(&address)));
    if inside { Ok(()) } else { Err(NotValid::WrongAddress) }
}
