//! Owns the lifecycle of API keys: who may grant which permissions, and the audit events that record each change.

use std::num::NonZeroUsize;

use auditlog_core::{
    id::{ApiKeyId, OwnerId, TenantId},
    policy::{ApiKeyToken, EnvironmentName, Permission, Permissions, Scope},
    store::{
        ApiKey, ApiKeyChange, ApiKeyCounts, ApiKeyStore, Condition, Edit, Expected, RecordKind, Revision,
        SearchVisibility, Urgency,
    },
    timestamp::Timestamp,
};
use ipnet::IpNet;
use serde_json::{Value, json};

use crate::use_cases::{
    ChangeError, Editor,
    audit::{AuditedChange, Entry, EntryTarget, Unrecordable, replaced},
    change::{Authority, Decision, Recorded, check_expected, expected_by_store},
    exports,
    key_rules::{check_granted, check_not_stronger, check_not_widened, inherited_expiry, inherited_networks},
    saved_searches,
    tenants::find_tenant,
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

/// A new key, and its token, which holds the secret and is stored nowhere.
#[derive(Debug)]
pub struct CreatedApiKey {
    /// The key.
    pub key: ApiKey,
    /// Its token.
    pub token: ApiKeyToken,
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

/// Creates a key with a new secret. The key gets no permissions beyond its creator's key and is subject to the same
/// bounds.
pub async fn create_api_key(
    editor: &Editor<'_>,
    policy: &KeyPolicy,
    new: NewApiKey,
) -> Result<CreatedApiKey, ChangeError> {
    check_permissions_fit(&new)?;
    let new = &new;
    let decide = |own: Authority| async move {
        let own = &own;
        check_granted(own, new.permissions)?;
        let bound = NewApiKey {
            expires_at: inherited_expiry(own, new.expires_at)?,
            allowed_networks: inherited_networks(own, new.allowed_networks.clone())?,
            ..new.clone()
        };
        decide_creation(editor, policy, bound).await
    };
    editor.make(Urgency::Ordinary, decide).await
}

/// Creates the first key of a tenant for a caller who manages tenants but holds none of the tenant's permissions. Once
/// the tenant has a live key, it manages its keys itself. The bounds of the creator's key apply to the operator and are
/// not inherited by the tenant's key.
pub async fn create_first_api_key(
    editor: &Editor<'_>,
    policy: &KeyPolicy,
    new: NewApiKey,
) -> Result<CreatedApiKey, ChangeError> {
    check_permissions_fit(&new)?;
    let new = &new;
    let decide = |_| async move {
        let (store, now) = (editor.services.control.as_ref(), editor.services.clock.now());
        if store.count_api_keys(new.scope.clone(), now).await?.live > 0 {
            return Err(ChangeError::TenantHasKeys);
        }
        let decision = decide_creation(editor, policy, new.clone()).await?;
        let (scope, count_max) = (new.scope.clone(), 0);
        Ok(decision.on_condition(Condition::LiveApiKeysAtMost { scope, now, count_max }))
    };
    editor.make(Urgency::Ordinary, decide).await
}

/// Revokes a key permanently; revoking a revoked key changes nothing. The key's exports and private saved searches are
/// deleted too, because no other key could read them.
pub async fn revoke_api_key(
    editor: &Editor<'_>,
    scope: &Scope,
    id: &ApiKeyId,
    expected: &Expected,
) -> Result<ApiKey, ChangeError> {
    let decide = |own: Authority| async move {
        let key = find_api_key(editor.services.control.as_ref(), scope, id).await?;
        check_expected(expected, key.revision)?;
        check_not_stronger(&own, &key)?;
        if key.revoked_at.is_some() {
            return Ok(Decision::unchanged(key));
        }
        let now = editor.services.clock.now();
        let change = ApiKeyChange::Revoke {
            id: id.clone(),
            scope: scope.clone(),
            revoked_at: now,
            expected: expected_by_store(expected, key.revision),
        };
        let event = editor.record(entry(&key, AuditedChange::new("api_key.revoke", now)))?;
        let mut recorded = vec![Recorded { change: change.into(), event }];
        recorded.extend(deletions(editor, &key).await?);
        let revoked = ApiKey { revoked_at: Some(now), revision: key.revision.next(), ..key };
        Ok(Decision::commit(Urgency::Protective, recorded, revoked))
    };
    let revoked = editor.make(Urgency::Protective, decide).await?;
    delete_leftovers(editor, &revoked).await;
    Ok(revoked)
}

/// Deletes what the key created while its revocation was being decided. From the revocation on it creates nothing.
async fn delete_leftovers(editor: &Editor<'_>, key: &ApiKey) {
    let decide = |_| async move {
        let recorded = deletions(editor, key).await?;
        Ok(if recorded.is_empty() {
            Decision::unchanged(())
        } else {
            Decision::commit(Urgency::Protective, recorded, ())
        })
    };
    let cleaned = async {
        if deletions(editor, key).await?.is_empty() {
            return Ok(());
        }
        // Fails where a key has revoked itself.
        editor.make(Urgency::Protective, decide).await
    };
    if let Err(error) = cleaned.await {
        tracing::warn!(key_id = %key.id, %error, "private records of a revoked key may be left behind");
    }
}

/// Changes the name, expiry or networks of a key. An expired key gets a later expiry only while fewer than `live_max`
/// keys of its scope are live.
pub async fn update_api_key(
    editor: &Editor<'_>,
    live_max: NonZeroUsize,
    scope: &Scope,
    id: &ApiKeyId,
    update: ApiKeyUpdate,
    expected: &Expected,
) -> Result<ApiKey, ChangeError> {
    let update = &update;
    let decide = |own: Authority| async move {
        let old = find_api_key(editor.services.control.as_ref(), scope, id).await?;
        check_expected(expected, old.revision)?;
        check_not_stronger(&own, &old)?;
        let mut new = old.clone();
        new.name = update.name.clone().unwrap_or(new.name);
        new.expires_at = update.expires_at.apply(new.expires_at);
        new.allowed_networks = update.allowed_networks.clone().unwrap_or(new.allowed_networks);
        let changes = differences(&old, &new);
        if changes.is_empty() {
            return Ok(Decision::unchanged(old));
        }
        check_not_widened(&own, &old, &new)?;
        let now = editor.services.clock.now();
        let is_renewed = !old.is_live(now) && new.is_live(now);
        let change = AuditedChange { action: "api_key.update", at: now, changes };
        let event = editor.record(entry(&new, change))?;
        let change = ApiKeyChange::Update(new.clone()).into();
        let stored = ApiKey { revision: new.revision.next(), ..new };
        let decision = Decision::commit(Urgency::Ordinary, vec![Recorded { change, event }], stored);
        if !is_renewed {
            return Ok(decision);
        }
        check_room(editor, live_max, scope, now).await?;
        Ok(decision.on_condition(leaves_room(live_max, scope, now)))
    };
    editor.make(Urgency::Ordinary, decide).await
}

/// The key with this id in this scope. A key of another scope is reported as not found.
pub(crate) async fn find_api_key<K: ApiKeyStore + ?Sized>(
    store: &K,
    scope: &Scope,
    id: &ApiKeyId,
) -> Result<ApiKey, ChangeError> {
    let found = store.get_api_key(id.clone()).await?.filter(|key| key.scope == *scope);
    found.ok_or(ChangeError::NotFound(RecordKind::ApiKey))
}

/// The changes that delete what only this key could read: its private saved searches and its exports.
async fn deletions(editor: &Editor<'_>, key: &ApiKey) -> Result<Vec<Recorded>, ChangeError> {
    let Scope::Tenant(tenant_id) = &key.scope else { return Ok(Vec::new()) };
    let (control, owner) = (editor.services.control.as_ref(), OwnerId::ApiKey(key.id.clone()));
    let mut deletions = Vec::new();
    for search in control.list_saved_searches(tenant_id.clone()).await? {
        if search.owner == owner && search.visibility == SearchVisibility::Private {
            deletions.push(saved_searches::deletion(editor, &search, &Expected::Any)?);
        }
    }
    for export in control.list_exports(tenant_id.clone()).await? {
        if export.owner == owner {
            deletions.push(exports::deletion(editor, &export)?);
        }
    }
    Ok(deletions)
}

/// The record of a new key.
pub(super) fn new_api_key(editor: &Editor<'_>, token: &ApiKeyToken, new: NewApiKey) -> ApiKey {
    ApiKey {
        id: token.id().clone(),
        revision: Revision::FIRST,
        scope: new.scope,
        name: new.name,
        permissions: new.permissions,
        secret_hash: token.hash(&editor.services.pepper),
        created_at: editor.services.clock.now(),
        expires_at: new.expires_at,
        revoked_at: None,
        allowed_networks: new.allowed_networks,
    }
}

/// The creation of a key and the event that records it.
pub(super) fn creation(editor: &Editor<'_>, key: &ApiKey) -> Result<Recorded, Unrecordable> {
    let event = editor.record(entry(key, AuditedChange::new("api_key.create", key.created_at)))?;
    Ok(Recorded { change: ApiKeyChange::Create(key.clone()).into(), event })
}

async fn decide_creation(
    editor: &Editor<'_>,
    policy: &KeyPolicy,
    new: NewApiKey,
) -> Result<Decision<CreatedApiKey>, ChangeError> {
    if let Scope::Tenant(tenant_id) = &new.scope {
        find_tenant(editor.services.control.as_ref(), tenant_id).await?;
    }
    let (scope, now) = (new.scope.clone(), editor.services.clock.now());
    let mut recorded = make_room(editor, policy.live_max, &scope, now).await?;
    let token = ApiKeyToken::mint(policy.environment.clone(), editor.services.entropy.as_ref());
    let key = new_api_key(editor, &token, new);
    recorded.push(creation(editor, &key)?);
    let decision = Decision::commit(Urgency::Ordinary, recorded, CreatedApiKey { key, token });
    Ok(decision.on_condition(leaves_room(policy.live_max, &scope, now)))
}

/// Returns the number of keys of the scope, unless `live_max` of them are live.
async fn check_room(
    editor: &Editor<'_>,
    live_max: NonZeroUsize,
    scope: &Scope,
    now: Timestamp,
) -> Result<ApiKeyCounts, ChangeError> {
    let counts = editor.services.control.count_api_keys(scope.clone(), now).await?;
    let live = counts.live;
    if live < live_max.get() { Ok(counts) } else { Err(ChangeError::TooManyLiveKeys { live }) }
}

/// The condition under which the scope may get one more live key.
fn leaves_room(live_max: NonZeroUsize, scope: &Scope, now: Timestamp) -> Condition {
    Condition::LiveApiKeysAtMost { scope: scope.clone(), now, count_max: live_max.get() - 1 }
}

/// Rejects a new key if the maximum number of keys is live. The same number of ended keys is kept; the keys that ended
/// first are removed beyond that, and the log records their properties.
async fn make_room(
    editor: &Editor<'_>,
    live_max: NonZeroUsize,
    scope: &Scope,
    now: Timestamp,
) -> Result<Vec<Recorded>, ChangeError> {
    let ApiKeyCounts { live, all } = check_room(editor, live_max, scope, now).await?;
    let surplus = (all - live).saturating_sub(live_max.get());
    if surplus == 0 {
        return Ok(Vec::new());
    }
    let mut ended = editor.services.control.list_api_keys(scope.clone(), None, usize::MAX).await?;
    ended.retain(|key| !key.is_live(now));
    ended.sort_by_key(|key| (key.revoked_at.or(key.expires_at), key.created_at));
    let mut recorded = Vec::new();
    for key in ended.into_iter().take(surplus) {
        recorded.extend(deletions(editor, &key).await?);
        let event = editor.record(entry(&key, AuditedChange::new("api_key.forget", now)))?;
        recorded.push(Recorded {
            change: ApiKeyChange::Delete { id: key.id, scope: key.scope, revision: key.revision }.into(),
            event,
        });
    }
    Ok(recorded)
}

/// Rejects permissions that have no effect in the key's scope.
fn check_permissions_fit(new: &NewApiKey) -> Result<(), ChangeError> {
    let is_system = new.scope == Scope::System;
    let stray = new.permissions.iter().find(|permission| (*permission == Permission::TenantsManage) != is_system);
    let Some(permission) = stray else { return Ok(()) };
    let place = if is_system { "outside of tenants" } else { "inside a tenant" };
    Err(ChangeError::PermissionOutOfScope { permission, place })
}

/// The audit entry that records it. Changes of system keys are recorded in the log of the default tenant, because no
/// log exists outside of tenants.
fn entry(key: &ApiKey, change: AuditedChange) -> Entry<'_> {
    let tenant_id = match &key.scope {
        Scope::Tenant(tenant_id) => tenant_id.clone(),
        Scope::System => TenantId::default_tenant(),
    };
    let permissions: Vec<_> = key.permissions.iter().map(Permission::as_str).collect();
    let mut metadata = json!({"scope": scope_text(&key.scope), "permissions": permissions.join(" ")});
    if let Some(expires_at) = key.expires_at {
        metadata["expires_at"] = json!(expires_at.to_string());
    }
    let target = EntryTarget { kind: "api_key", id: key.id.as_str(), name: &key.name };
    Entry { tenant_id, change, target, metadata }
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
