//! Owns the lifecycle of API keys: who may grant which permissions, and the audit events that record each change.

use std::num::NonZeroUsize;

use auditlog_core::{
    id::ApiKeyId,
    intake::PreparedBatch,
    policy::{ApiKeyToken, EnvironmentName, Permission, Permissions, Scope},
    store::{ApiKey, ApiKeyCounts, ControlChange, ControlError, SearchVisibility, Urgency},
    timestamp::Timestamp,
};
use ipnet::IpNet;
use serde_json::{Value, json};

use crate::{
    app::Services,
    problem::{Code, Problem, ProblemError},
    use_cases::{
        Author,
        audit::{AuditedChange, Entry, EntryTarget, record, replaced},
        bootstrap::default_tenant,
        exports,
        key_rules::{
            check_granted, check_not_stronger, check_not_widened, inherited_expiry, inherited_networks, key_of,
        },
        saved_searches,
    },
};

/// An installation's policy for creating keys.
#[derive(Debug, Clone)]
pub struct KeyPolicy {
    /// The word in each key that names its environment.
    pub environment: EnvironmentName,
    /// The maximum number of keys per scope that are neither revoked nor expired. The same number of ended keys is
    /// kept.
    pub live_max: NonZeroUsize,
}

/// A key to create.
#[derive(Debug, Clone)]
pub struct NewApiKey {
    /// The scope in which the key will be valid.
    pub scope: Scope,
    /// A human-readable name.
    pub name: String,
    /// The key's permissions.
    pub permissions: Permissions,
    /// When the key expires.
    pub expires_at: Option<Timestamp>,
    /// Networks that requests must come from; an empty list allows any.
    pub allowed_networks: Vec<IpNet>,
}

/// Changes to a key; `None` leaves a member unchanged.
#[derive(Debug, Clone, Default)]
pub struct ApiKeyUpdate {
    /// The new name.
    pub name: Option<String>,
    /// The new expiry, or its removal.
    pub expires_at: Edit<Timestamp>,
    /// The new networks.
    pub allowed_networks: Option<Vec<IpNet>>,
}

/// A change of an optional value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Edit<T> {
    /// The value stays unchanged.
    #[default]
    Keep,
    /// The value is removed.
    Clear,
    /// The value is replaced by this one.
    Set(T),
}

/// Creates a key with a new secret, which is contained in the answer and stored nowhere. The key gets no permissions
/// beyond its creator's key and is subject to the same bounds.
pub async fn create_api_key(
    services: &Services,
    author: &Author,
    policy: KeyPolicy,
    new: NewApiKey,
) -> Result<(ApiKey, ApiKeyToken), Problem> {
    check_permissions_fit(&new)?;
    let own = key_of(services, author)?;
    check_granted(own.as_ref(), new.permissions)?;
    let new = NewApiKey {
        expires_at: inherited_expiry(own.as_ref(), new.expires_at)?,
        allowed_networks: inherited_networks(own.as_ref(), new.allowed_networks)?,
        ..new
    };
    store(services, author, policy, new).await
}

/// Creates the first key of a tenant for a caller who manages tenants but holds none of the tenant's permissions. Once
/// the tenant has a live key, it manages its keys itself. The bounds of the creator's key apply to the operator and are
/// not inherited by the tenant's key.
pub async fn create_first_api_key(
    services: &Services,
    author: &Author,
    policy: KeyPolicy,
    new: NewApiKey,
) -> Result<(ApiKey, ApiKeyToken), Problem> {
    check_permissions_fit(&new)?;
    if services.control.count_api_keys(&new.scope, services.clock.now())?.live > 0 {
        return Err(Problem::new(
            Code::TenantHasKeys,
            "the tenant manages its own keys; ask a holder of its api_keys.manage permission",
        ));
    }
    store(services, author, policy, new).await
}

/// Revokes a key permanently; revoking a revoked key changes nothing. The key's private saved searches are deleted too,
/// because no other key could see them.
pub async fn revoke_api_key(
    services: &Services,
    author: &Author,
    scope: &Scope,
    id: &ApiKeyId,
) -> Result<ApiKey, Problem> {
    let key = find(services, scope, id)?;
    check_not_stronger(key_of(services, author)?.as_ref(), &key)?;
    if key.revoked_at.is_some() {
        return Ok(key);
    }
    let now = services.clock.now();
    let change = ControlChange::RevokeApiKey { id: id.clone(), scope: scope.clone(), revoked_at: now };
    let event = record(services, entry(author, &key, AuditedChange::new("api_key.revoke", now))?)?;
    let (mut changes, mut events) = (vec![change], vec![event]);
    for (change, event) in deletions(services, author, &key)? {
        changes.push(change);
        events.push(event);
    }
    services.control.apply_with(Urgency::Protective, changes, events).await?;
    Ok(ApiKey { revoked_at: Some(now), ..key })
}

/// Changes the name, expiry or networks of a key.
pub async fn update_api_key(
    services: &Services,
    author: &Author,
    scope: &Scope,
    id: &ApiKeyId,
    update: ApiKeyUpdate,
) -> Result<ApiKey, Problem> {
    let old = find(services, scope, id)?;
    let own = key_of(services, author)?;
    check_not_stronger(own.as_ref(), &old)?;
    let mut new = old.clone();
    new.name = update.name.unwrap_or(new.name);
    new.expires_at = match update.expires_at {
        Edit::Keep => new.expires_at,
        Edit::Clear => None,
        Edit::Set(expires_at) => Some(expires_at),
    };
    new.allowed_networks = update.allowed_networks.unwrap_or(new.allowed_networks);
    let changes = differences(&old, &new);
    if changes.is_empty() {
        return Ok(old);
    }
    check_not_widened(own.as_ref(), &old, &new)?;
    let change = AuditedChange { action: "api_key.update", at: services.clock.now(), changes };
    let event = record(services, entry(author, &new, change)?)?;
    services.control.apply(vec![ControlChange::UpdateApiKey(new.clone())], vec![event]).await?;
    Ok(new)
}

/// The key with this id in this scope. A key of another scope is reported as not found.
pub(crate) fn find(services: &Services, scope: &Scope, id: &ApiKeyId) -> Result<ApiKey, Problem> {
    let found = services.control.get_api_key(id)?.filter(|key| key.scope == *scope);
    found.ok_or_else(|| Problem::new(Code::ApiKeyNotFound, "there is no API key with this id"))
}

/// The changes that delete what only this key could read: its private saved searches and its exports.
fn deletions(
    services: &Services,
    author: &Author,
    key: &ApiKey,
) -> Result<Vec<(ControlChange, PreparedBatch)>, Problem> {
    let Scope::Tenant(tenant_id) = &key.scope else { return Ok(Vec::new()) };
    let mut deletions = Vec::new();
    for search in services.control.list_saved_searches(tenant_id)? {
        if search.owner == key.id && search.visibility == SearchVisibility::Private {
            deletions.push(saved_searches::deletion(services, author, &search)?);
        }
    }
    for export in services.control.list_exports(tenant_id)? {
        if export.owner == key.id {
            deletions.push(exports::deletion(services, author, &export)?);
        }
    }
    Ok(deletions)
}

/// The stored form of a token, the change that creates it, and the event that records it.
pub(super) fn creation(
    services: &Services,
    author: &Author,
    token: &ApiKeyToken,
    new: NewApiKey,
) -> Result<(ApiKey, PreparedBatch), Problem> {
    let now = services.clock.now();
    let key = ApiKey {
        id: token.id().clone(),
        scope: new.scope,
        name: new.name,
        permissions: new.permissions,
        secret_hash: token.hash(&services.secrets.pepper),
        created_at: now,
        expires_at: new.expires_at,
        revoked_at: None,
        allowed_networks: new.allowed_networks,
    };
    let change = AuditedChange::new("api_key.create", now);
    let event = record(services, entry(author, &key, change)?)?;
    Ok((key, event))
}

async fn store(
    services: &Services,
    author: &Author,
    policy: KeyPolicy,
    new: NewApiKey,
) -> Result<(ApiKey, ApiKeyToken), Problem> {
    let (mut changes, mut events) = make_room(services, author, policy.live_max.get(), &new.scope)?.into_iter().unzip();
    let token = ApiKeyToken::mint(policy.environment, services.entropy.as_ref());
    let (key, event) = creation(services, author, &token, new)?;
    Vec::push(&mut changes, ControlChange::CreateApiKey(key.clone()));
    Vec::push(&mut events, event);
    match services.control.apply(changes, events).await {
        Ok(()) => Ok((key, token)),
        Err(ControlError::NotFound(_)) => Err(Problem::new(Code::TenantNotFound, "there is no tenant with this id")),
        Err(error) => Err(error.into()),
    }
}

/// Rejects a new key if the maximum number of keys is live. The same number of ended keys is kept; the keys that ended
/// first are removed beyond that, and the log records their properties.
fn make_room(
    services: &Services,
    author: &Author,
    live_max: usize,
    scope: &Scope,
) -> Result<Vec<(ControlChange, PreparedBatch)>, Problem> {
    let now = services.clock.now();
    let ApiKeyCounts { live, all } = services.control.count_api_keys(scope, now)?;
    if live >= live_max {
        let detail =
            format!("there are {live} keys that are neither revoked nor expired; revoke one that is no longer needed");
        return Err(Problem::new(Code::TooManyApiKeys, detail));
    }
    let surplus = (all - live).saturating_sub(live_max);
    if surplus == 0 {
        return Ok(Vec::new());
    }
    let mut ended = services.control.list_api_keys(scope, None, usize::MAX)?;
    ended.retain(|key| !key.is_live(now));
    ended.sort_by_key(|key| (key.revoked_at.or(key.expires_at), key.created_at));
    let mut forgotten = Vec::new();
    for key in ended.into_iter().take(surplus) {
        forgotten.extend(deletions(services, author, &key)?);
        let change = AuditedChange::new("api_key.forget", now);
        let event = record(services, entry(author, &key, change)?)?;
        forgotten.push((ControlChange::ForgetApiKey { id: key.id, scope: key.scope }, event));
    }
    Ok(forgotten)
}

/// Rejects permissions that have no effect in the key's scope.
fn check_permissions_fit(new: &NewApiKey) -> Result<(), Problem> {
    let is_system = new.scope == Scope::System;
    let stray = new.permissions.iter().find(|permission| (*permission == Permission::TenantsManage) != is_system);
    let Some(stray) = stray else { return Ok(()) };
    let place = if is_system { "outside of tenants" } else { "inside a tenant" };
    let detail = format!("the permission {} has no effect {place}", stray.as_str());
    let error = ProblemError::body("/permissions", "permission_out_of_scope", detail.clone());
    Err(Problem::new(Code::InvalidRequest, detail).with_error(error))
}

/// The audit entry that records it. Changes of system keys are recorded in the log of the default tenant, because no
/// log exists outside of tenants.
fn entry<'a>(author: &'a Author, key: &'a ApiKey, change: AuditedChange) -> Result<Entry<'a>, Problem> {
    let tenant_id = match &key.scope {
        Scope::Tenant(tenant_id) => tenant_id.clone(),
        Scope::System => default_tenant()?,
    };
    let permissions: Vec<_> = key.permissions.iter().map(Permission::as_str).collect();
    let mut metadata = json!({"scope": scope_text(&key.scope), "permissions": permissions.join(" ")});
    if let Some(expires_at) = key.expires_at {
        metadata["expires_at"] = json!(expires_at.to_string());
    }
    Ok(Entry {
        tenant_id,
        at: change.at,
        author,
        action: change.action,
        target: EntryTarget { kind: "api_key", id: key.id.as_str(), name: &key.name },
        changes: change.changes,
        metadata,
    })
}

fn scope_text(scope: &Scope) -> &str {
    match scope {
        Scope::Tenant(tenant_id) => tenant_id.as_str(),
        Scope::System => "system",
    }
}

/// The differences made by an update, in the form of an event's changes.
fn differences(old: &ApiKey, new: &ApiKey) -> Vec<Value> {
    let time = |time: Option<Timestamp>| time.map_or(Value::Null, |time| json!(time.to_string()));
    let networks = |networks: &[IpNet]| json!(networks.iter().map(IpNet::to_string).collect::<Vec<_>>());
    let mut changes = Vec::new();
    if old.name != new.name {
        changes.push(replaced("/name", &json!(old.name), &json!(new.name)));
    }
    if old.expires_at != new.expires_at {
        changes.push(replaced("/expires_at", &time(old.expires_at), &time(new.expires_at)));
    }
    if old.allowed_networks != new.allowed_networks {
        let (old, new) = (networks(&old.allowed_networks), networks(&new.allowed_networks));
        changes.push(replaced("/allowed_networks", &old, &new));
    }
    changes
}
