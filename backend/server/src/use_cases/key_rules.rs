//! Owns the rules for creating and changing API keys: a key cannot create a key with more permissions or looser bounds
//! than its own, and cannot change a key with more permissions. These rules do not bind the operator, who has no key,
//! nor the system key when it creates a tenant's first key.

use auditlog_core::{policy::Permissions, store::ApiKey, timestamp::Timestamp};
use ipnet::IpNet;

use crate::use_cases::{ChangeError, change::Authority};

impl Authority {
    fn expires_at(&self) -> Option<Timestamp> {
        match self {
            Self::Key(own) => own.expires_at,
            Self::Operator => None,
        }
    }

    /// Empty where any network is allowed.
    fn allowed_networks(&self) -> &[IpNet] {
        match self {
            Self::Key(own) => &own.allowed_networks,
            Self::Operator => &[],
        }
    }
}

/// Rejects a new key with permissions that its creator's key lacks.
pub(super) fn check_granted(own: &Authority, granted: Permissions) -> Result<(), ChangeError> {
    match own {
        Authority::Key(own) if !own.permissions.contains_all(granted) => Err(ChangeError::PermissionNotHeld),
        Authority::Key(_) | Authority::Operator => Ok(()),
    }
}

/// Rejects a change of a key with permissions that the caller's key lacks.
pub(super) fn check_not_stronger(own: &Authority, key: &ApiKey) -> Result<(), ChangeError> {
    let Authority::Key(own) = own else { return Ok(()) };
    let missing = key.permissions.iter().find(|permission| !own.permissions.contains(*permission));
    missing.map_or(Ok(()), |missing| Err(ChangeError::StrongerKey(missing)))
}

/// The expiry of a new key: the requested one, or else that of its creator's key, which it must not outlive.
pub(super) fn inherited_expiry(own: &Authority, wanted: Option<Timestamp>) -> Result<Option<Timestamp>, ChangeError> {
    match (own.expires_at(), wanted) {
        (Some(own), Some(wanted)) if wanted > own => Err(ChangeError::ExpiresTooLate(own)),
        (own, wanted) => Ok(wanted.or(own)),
    }
}

/// The networks of a new key: the requested ones, which must lie within those of its creator's key, or else the latter.
pub(super) fn inherited_networks(own: &Authority, wanted: Vec<IpNet>) -> Result<Vec<IpNet>, ChangeError> {
    let own = own.allowed_networks();
    if wanted.is_empty() {
        return Ok(own.to_vec());
    }
    if wanted.iter().all(|network| lies_in(network, own)) { Ok(wanted) } else { Err(ChangeError::NetworksTooWide) }
}

/// Rejects a change that widens a key beyond the bounds of the caller's key. This also keeps a key from widening
/// itself.
pub(super) fn check_not_widened(own: &Authority, old: &ApiKey, new: &ApiKey) -> Result<(), ChangeError> {
    let Authority::Key(own) = own else { return Ok(()) };
    let ends_by = |end: Option<Timestamp>| end.is_none_or(|end| new.expires_at.is_some_and(|expiry| expiry <= end));
    if let Some(end) = own.expires_at.filter(|own| !ends_by(Some(*own)) && !ends_by(old.expires_at)) {
        return Err(ChangeError::ExpiresTooLate(end));
    }
    let is_bound = |networks: &[IpNet]| match new.allowed_networks.as_slice() {
        [] => networks.is_empty(),
        wanted => wanted.iter().all(|network| lies_in(network, networks)),
    };
    if is_bound(&old.allowed_networks) || is_bound(&own.allowed_networks) {
        Ok(())
    } else {
        Err(ChangeError::NetworksTooWide)
    }
}

/// Whether a network lies within one of `bounds`; empty bounds allow any network.
fn lies_in(network: &IpNet, bounds: &[IpNet]) -> bool {
    bounds.is_empty() || bounds.iter().any(|bound| bound.contains(network))
}
