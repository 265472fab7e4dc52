//! Owns the checks from a presented key to a principal. The reason why a key is refused is only reported to callers
//! that hold its secret; all others learn only that the credentials are invalid.

use std::net::IpAddr;

use auditlog_core::{
    id::ApiKeyId,
    policy::{ApiKeyToken, Principal, Scope},
    store::{ApiKey, TenantStatus},
};
use axum::http::request::Parts;

use crate::{
    app::App,
    auth::bearer::api_key_of,
    problem::{Code, Problem},
    request::{PeerAddress, RequestFacts},
};

/// Authenticates the sender of a request.
pub(super) fn authenticate(parts: &Parts, app: &App) -> Result<Principal, Problem> {
    let token = api_key_of(&parts.headers)?;
    let key = holder_of(&token, app)?;
    check_validity(&key, app)?;
    check_address(&key, parts.extensions.get::<PeerAddress>().map(|peer| peer.0.ip()))?;
    check_tenant(&key, app)?;
    let principal = Principal { id: key.id.to_string(), scope: key.scope, permissions: key.permissions };
    if let Some(facts) = parts.extensions.get::<RequestFacts>() {
        facts.note(&principal);
    }
    Ok(principal)
}

/// Checks that a key may be used now, independent of the caller's address.
pub(super) fn check_holder(id: &ApiKeyId, app: &App) -> Result<ApiKey, Problem> {
    let key = app.services().control.get_api_key(id)?;
    let key = key.ok_or_else(|| Problem::new(Code::InvalidCredentials, "there is no such API key"))?;
    check_validity(&key, app)?;
    check_tenant(&key, app)?;
    Ok(key)
}

/// The stored key whose secret the token contains.
fn holder_of(token: &ApiKeyToken, app: &App) -> Result<ApiKey, Problem> {
    let stored = app.services().control.get_api_key(token.id())?;
    // An unknown id costs the same hash and comparison as a known one.
    let kept = stored.as_ref().map_or([0; 32], |key| key.secret_hash);
    let matches = token.matches(&kept, &app.services().secrets.pepper);
    match stored {
        Some(key) if matches => Ok(key),
        _ => Err(Problem::new(Code::InvalidCredentials, "there is no such API key")),
    }
}

fn check_validity(key: &ApiKey, app: &App) -> Result<(), Problem> {
    if key.revoked_at.is_some() {
        return Err(Problem::new(Code::KeyRevoked, "this API key was revoked; obtain another one"));
    }
    if key.expires_at.is_some_and(|expires_at| expires_at <= app.services().clock.now()) {
        return Err(Problem::new(Code::KeyExpired, "this API key has expired; obtain another one"));
    }
    Ok(())
}

/// A key that is bound to networks is refused unless the peer's address is known to be in one of them.
pub(super) fn check_address(key: &ApiKey, peer: Option<IpAddr>) -> Result<(), Problem> {
    if key.allowed_networks.is_empty() {
        return Ok(());
    }
    // An IPv4 client of a dual-stack listener has a mapped address.
    let inside = peer
        .map(|address| address.to_canonical())
        .is_some_and(|address| key.allowed_networks.iter().any(|network| network.contains(&address)));
    if inside {
        return Ok(());
    }
    Err(Problem::new(
        Code::AddressNotAllowed,
        "this API key is bound to networks, and the connection comes from none of them",
    ))
}

fn check_tenant(key: &ApiKey, app: &App) -> Result<(), Problem> {
    let Scope::Tenant(tenant_id) = &key.scope else { return Ok(()) };
    match app.services().control.get_tenant(tenant_id)? {
        Some(tenant) if tenant.status == TenantStatus::Active => Ok(()),
        Some(_) => Err(Problem::new(Code::TenantSuspended, "the tenant is suspended; its data is kept")),
        None => Err(Problem::new(Code::InvalidCredentials, "there is no such API key")),
    }
}
