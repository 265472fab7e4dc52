//! Owns the checks between a presented key and a principal. What is wrong with a key is only told to those who hold
//! its secret: everybody else hears that the credentials are not valid.

use std::net::IpAddr;

use auditlog_core::{
    policy::{ApiKeyToken, Principal, Scope},
    store::{ApiKey, ApiKeyId, TenantStatus},
};
use axum::http::request::Parts;

use crate::{
    app::App,
    auth::bearer::api_key_of,
    problem::{Code, Problem},
    request::{PeerAddress, RequestFacts},
};

/// Finds out who sent a request.
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

/// Finds out whether the holder of a key may have anything done now, wherever they are.
pub(super) fn check_holder(id: &ApiKeyId, app: &App) -> Result<ApiKey, Problem> {
    let key = app.services().control.get_api_key(id)?;
    let key = key.ok_or_else(|| Problem::new(Code::InvalidCredentials, "there is no such API key"))?;
    check_validity(&key, app)?;
    check_tenant(&key, app)?;
    Ok(key)
}

/// The stored key whose secret the token carries.
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
        return Err(Problem::new(Code::KeyRevoked, "this API key is revoked; ask for another one"));
    }
    if key.expires_at.is_some_and(|expires_at| expires_at <= app.services().clock.now()) {
        return Err(Problem::new(Code::KeyExpired, "this API key is expired; ask for another one"));
    }
    Ok(())
}

/// A key bound to networks is refused where the peer is not known to be in one of them.
pub(super) fn check_address(key: &ApiKey, peer: Option<IpAddr>) -> Result<(), Problem> {
    if key.allowed_networks.is_empty() {
        return Ok(());
    }
    // An IPv4 client of a dual-stack listener arrives as a mapped address.
    let inside = peer
        .map(|address| address.to_canonical())
        .is_some_and(|address| key.allowed_networks.iter().any(|network| network.contains(&address)));
    if inside {
        return Ok(());
    }
    Err(Problem::new(
        Code::AddressNotAllowed,
        "this API key is bound to networks that the connection does not come from",
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
