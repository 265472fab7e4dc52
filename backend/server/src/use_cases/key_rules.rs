//! Owns who may make and change which API key: nobody makes one that may do more than their own or is bound less, and
//! nobody touches one that may do more. Only whoever holds the data directory may do anything.

use auditlog_core::{
    policy::{Permission, Permissions},
    store::{ApiKey, ApiKeyId},
    timestamp::Timestamp,
};
use ipnet::IpNet;

use crate::{
    app::Services,
    problem::{Code, Problem, ProblemError},
    use_cases::Author,
};

/// The key that an author acts with, as it is now; `None` for whoever holds the data directory.
pub(super) fn key_of(services: &Services, author: &Author) -> Result<Option<ApiKey>, Problem> {
    let Some((id, _)) = author.key() else { return Ok(None) };
    let unknown = || Problem::new(Code::InvalidCredentials, "there is no such API key");
    let id = ApiKeyId::parse(id).ok_or_else(unknown)?;
    services.control.get_api_key(&id)?.ok_or_else(unknown).map(Some)
}

/// Refuses a new key that may do more than its creator's.
pub(super) fn check_granted(author: Option<&ApiKey>, granted: Permissions) -> Result<(), Problem> {
    if author.is_none_or(|author| author.permissions.contains_all(granted)) {
        return Ok(());
    }
    Err(Problem::new(Code::PermissionNotHeld, "the new key would be allowed more than the one that asks"))
}

/// Refuses to touch a key that may do more than the author's.
pub(super) fn check_not_stronger(author: Option<&ApiKey>, key: &ApiKey) -> Result<(), Problem> {
    let Some(author) = author else { return Ok(()) };
    let missing = key.permissions.iter().find(|permission| !author.permissions.contains(*permission));
    let Some(missing) = missing.map(Permission::as_str) else { return Ok(()) };
    Err(Problem::new(Code::StrongerKey, format!("the key holds {missing}, which the key that asks does not hold")))
}

/// The end of a new key: what is asked for, or else that of its creator's, which it must not outlive.
pub(super) fn inherited_expiry(
    author: Option<&ApiKey>,
    wanted: Option<Timestamp>,
) -> Result<Option<Timestamp>, Problem> {
    match (author.and_then(|author| author.expires_at), wanted) {
        (Some(own), Some(wanted)) if wanted > own => Err(too_long(own)),
        (own, wanted) => Ok(wanted.or(own)),
    }
}

/// The networks of a new key: those that are asked for, or else its creator's, in which they must lie.
pub(super) fn inherited_networks(author: Option<&ApiKey>, wanted: Vec<IpNet>) -> Result<Vec<IpNet>, Problem> {
    let own = author.map_or(&[][..], |author| &author.allowed_networks);
    if wanted.is_empty() {
        return Ok(own.to_vec());
    }
    if wanted.iter().all(|network| lies_in(network, own)) { Ok(wanted) } else { Err(too_wide()) }
}

/// Refuses to widen a key beyond what bounds the author's. Their own is bound by itself, so nobody widens that.
pub(super) fn check_not_widened(author: Option<&ApiKey>, old: &ApiKey, new: &ApiKey) -> Result<(), Problem> {
    let Some(author) = author else { return Ok(()) };
    let ends_by = |end: Option<Timestamp>| end.is_none_or(|end| new.expires_at.is_some_and(|expiry| expiry <= end));
    if let Some(own) = author.expires_at.filter(|own| !ends_by(Some(*own)) && !ends_by(old.expires_at)) {
        return Err(too_long(own));
    }
    let is_bound = |networks: &[IpNet]| match new.allowed_networks.as_slice() {
        [] => networks.is_empty(),
        wanted => wanted.iter().all(|network| lies_in(network, networks)),
    };
    if is_bound(&old.allowed_networks) || is_bound(&author.allowed_networks) { Ok(()) } else { Err(too_wide()) }
}

/// Whether a network lies in one of these; none of them means anywhere.
fn lies_in(network: &IpNet, bounds: &[IpNet]) -> bool {
    bounds.is_empty() || bounds.iter().any(|bound| bound.contains(network))
}

fn too_long(own: Timestamp) -> Problem {
    refusal("/expires_at", format!("the key that asks ends at {own}, and so must this one at the latest"))
}

fn too_wide() -> Problem {
    let detail = "the key that asks is bound to networks, and this one must be bound to some within them";
    refusal("/allowed_networks", detail.to_owned())
}

fn refusal(pointer: &str, detail: String) -> Problem {
    let code = Code::KeyBoundsExceeded;
    Problem::new(code, detail.clone()).with_error(ProblemError::body(pointer, code.as_str(), detail))
}
