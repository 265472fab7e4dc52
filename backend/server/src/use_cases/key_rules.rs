//! Owns the rules for creating and changing API keys: a key cannot create a key with more permissions or looser bounds
//! than its own, and cannot change a key with more permissions. Only the operator with access to the data directory is
//! exempt.

use auditlog_core::{
    id::ApiKeyId,
    policy::{Permission, Permissions},
    store::ApiKey,
    timestamp::Timestamp,
};
use ipnet::IpNet;

use crate::{
    app::Services,
    problem::{Code, Problem, ProblemError},
    use_cases::Author,
};

/// The author's key in its current state; `None` for the operator with access to the data directory.
pub(super) fn key_of(services: &Services, author: &Author) -> Result<Option<ApiKey>, Problem> {
    let Some((id, _)) = author.key() else { return Ok(None) };
    let unknown = || Problem::new(Code::InvalidCredentials, "there is no such API key");
    let id = ApiKeyId::parse(id).ok_or_else(unknown)?;
    services.control.get_api_key(&id)?.ok_or_else(unknown).map(Some)
}

/// Rejects a new key with permissions that its creator's key lacks.
pub(super) fn check_granted(author: Option<&ApiKey>, granted: Permissions) -> Result<(), Problem> {
    if author.is_none_or(|author| author.permissions.contains_all(granted)) {
        return Ok(());
    }
    Err(Problem::new(Code::PermissionNotHeld, "the new key would have permissions that the caller's key lacks"))
}

/// Rejects a change of a key with permissions that the author's key lacks.
pub(super) fn check_not_stronger(author: Option<&ApiKey>, key: &ApiKey) -> Result<(), Problem> {
    let Some(author) = author else { return Ok(()) };
    let missing = key.permissions.iter().find(|permission| !author.permissions.contains(*permission));
    let Some(missing) = missing.map(Permission::as_str) else { return Ok(()) };
    Err(Problem::new(Code::StrongerKey, format!("the key holds {missing}, which the caller's key does not hold")))
}

/// The expiry of a new key: the requested one, or else that of its creator's key, which it must not outlive.
pub(super) fn inherited_expiry(
    author: Option<&ApiKey>,
    wanted: Option<Timestamp>,
) -> Result<Option<Timestamp>, Problem> {
    match (author.and_then(|author| author.expires_at), wanted) {
        (Some(own), Some(wanted)) if wanted > own => Err(too_long(own)),
        (own, wanted) => Ok(wanted.or(own)),
    }
}

/// The networks of a new key: the requested ones, which must lie within those of its creator's key, or else the latter.
pub(super) fn inherited_networks(author: Option<&ApiKey>, wanted: Vec<IpNet>) -> Result<Vec<IpNet>, Problem> {
    let own = author.map_or(&[][..], |author| &author.allowed_networks);
    if wanted.is_empty() {
        return Ok(own.to_vec());
    }
    if wanted.iter().all(|network| lies_in(network, own)) { Ok(wanted) } else { Err(too_wide()) }
}

/// Rejects a change that widens a key beyond the bounds of the author's key. This also keeps a key from widening
/// itself.
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

/// Whether a network lies within one of `bounds`; empty bounds allow any network.
fn lies_in(network: &IpNet, bounds: &[IpNet]) -> bool {
    bounds.is_empty() || bounds.iter().any(|bound| bound.contains(network))
}

fn too_long(own: Timestamp) -> Problem {
    refusal("/expires_at", format!("the caller's key expires at {own}; this key must not expire later"))
}

fn too_wide() -> Problem {
    let detail = "the caller's key is bound to networks; this key must be bound to networks within them";
    refusal("/allowed_networks", detail.to_owned())
}

fn refusal(pointer: &str, detail: String) -> Problem {
    let code = Code::KeyBoundsExceeded;
    Problem::new(code, detail.clone()).with_error(ProblemError::body(pointer, code.as_str(), detail))
}
