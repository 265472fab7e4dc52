//! Generates changes of control data, half of which must be refused.

use auditlog_core::{
    id::{ApiKeyId, OwnerId, TenantId},
    policy::{Role, Scope},
    store::{
        ApiKey, ApiKeyChange, ApiKeyStore, Condition, ControlChange, Revision, SavedSearch, SavedSearchChange,
        SavedSearchId, SavedSearchStore, SearchVisibility, Tenant, TenantChange, TenantStatus, TenantStore,
    },
    timestamp::Timestamp,
};
use rand::{Rng, rngs::StdRng};

use super::choice::{any, percent};
use crate::oracle::Oracle;

/// Few ids, so that changes meet the same ones.
const KEYS: u32 = 40;

/// A tenant as it is created.
pub(super) fn new_tenant(id: TenantId, now: Timestamp) -> Tenant {
    Tenant {
        name: format!("Tenant {id}"),
        id,
        revision: Revision::FIRST,
        status: TenantStatus::Active,
        created_at: now,
        updated_at: now,
    }
}

/// One to three changes. Most are decided on the current state of their record.
pub(super) async fn changes(
    rng: &mut StdRng,
    tenants: &[TenantId],
    oracle: &Oracle,
    now: Timestamp,
) -> Vec<ControlChange> {
    let mut changes = Vec::new();
    for _ in 0..rng.random_range(1..=3) {
        let mut change = change(rng, tenants, now);
        if percent(rng, 80) {
            decide_on_current(&mut change, oracle).await;
        }
        changes.push(change);
    }
    changes
}

/// No condition, or one that may hold.
pub(super) async fn conditions(
    rng: &mut StdRng,
    tenants: &[TenantId],
    oracle: &Oracle,
    now: Timestamp,
) -> Vec<Condition> {
    match rng.random_range(0..10) {
        0 => {
            let id = key_id(rng);
            let current = oracle.get_api_key(id.clone()).await.ok().flatten().map(|key| key.revision);
            let revision = current.filter(|_| percent(rng, 70)).unwrap_or_else(|| revision(rng));
            vec![Condition::ApiKeyUnchanged { id, revision }]
        }
        1 => vec![Condition::LiveApiKeysAtMost { scope: scope(rng, tenants), now, count_max: rng.random_range(0..6) }],
        _ => Vec::new(),
    }
}

fn change(rng: &mut StdRng, tenants: &[TenantId], now: Timestamp) -> ControlChange {
    match rng.random_range(0..17) {
        0 => TenantChange::Create(new_tenant(any(rng, tenants).clone(), now)).into(),
        1 | 2 => {
            let status = if percent(rng, 30) { TenantStatus::Suspended } else { TenantStatus::Active };
            let (name, revision) = (format!("Renamed {}", rng.random_range(0..1_000)), revision(rng));
            TenantChange::Update(Tenant { name, status, revision, ..new_tenant(any(rng, tenants).clone(), now) }).into()
        }
        3..7 => ApiKeyChange::Create(api_key(rng, tenants, now)).into(),
        7 | 8 => ApiKeyChange::Update(api_key(rng, tenants, now)).into(),
        10..13 => SavedSearchChange::Create(saved_search(rng, tenants, now)).into(),
        13 | 14 => SavedSearchChange::Update(saved_search(rng, tenants, now)).into(),
        15 => {
            let (id, tenant_id, expected) = (search_id(rng), any(rng, tenants).clone(), expected(rng));
            SavedSearchChange::Delete { id, tenant_id, expected }.into()
        }
        16 => ApiKeyChange::Delete { id: key_id(rng), scope: scope(rng, tenants), revision: revision(rng) }.into(),
        _ => {
            let (id, scope, expected) = (key_id(rng), scope(rng, tenants), expected(rng));
            ApiKeyChange::Revoke { id, scope, revoked_at: now, expected }.into()
        }
    }
}

/// Gives a change the current revision of its record, where the change names a revision and the record exists.
async fn decide_on_current(change: &mut ControlChange, oracle: &Oracle) {
    match change {
        ControlChange::Tenant(TenantChange::Update(tenant)) => {
            if let Ok(Some(current)) = oracle.get_tenant(tenant.id.clone()).await {
                tenant.revision = current.revision;
            }
        }
        ControlChange::ApiKey(ApiKeyChange::Update(key)) => {
            if let Ok(Some(current)) = oracle.get_api_key(key.id.clone()).await {
                key.revision = current.revision;
            }
        }
        ControlChange::ApiKey(ApiKeyChange::Revoke { id, expected: Some(expected), .. }) => {
            if let Ok(Some(current)) = oracle.get_api_key(id.clone()).await {
                *expected = current.revision;
            }
        }
        ControlChange::SavedSearch(SavedSearchChange::Update(search)) => {
            if let Ok(Some(current)) = oracle.get_saved_search(search.tenant_id.clone(), search.id).await {
                search.revision = current.revision;
            }
        }
        ControlChange::SavedSearch(SavedSearchChange::Delete { id, tenant_id, expected: Some(expected) }) => {
            if let Ok(Some(current)) = oracle.get_saved_search(tenant_id.clone(), *id).await {
                *expected = current.revision;
            }
        }
        ControlChange::Tenant(_)
        | ControlChange::ApiKey(_)
        | ControlChange::SavedSearch(_)
        | ControlChange::Export(_) => {}
    }
}

fn expected(rng: &mut StdRng) -> Option<Revision> {
    percent(rng, 50).then(|| revision(rng))
}

fn revision(rng: &mut StdRng) -> Revision {
    Revision::new(rng.random_range(1..4)).unwrap_or(Revision::FIRST)
}

fn api_key(rng: &mut StdRng, tenants: &[TenantId], now: Timestamp) -> ApiKey {
    ApiKey {
        id: key_id(rng),
        revision: revision(rng),
        scope: scope(rng, tenants),
        name: format!("Key {}", rng.random_range(0..1_000)),
        permissions: any(rng, Role::ALL).permissions(),
        secret_hash: rng.random(),
        created_at: now,
        expires_at: percent(rng, 30).then_some(now),
        revoked_at: None,
        allowed_networks: if percent(rng, 30) { vec!["10.0.0.0/8".parse().expect("a network")] } else { Vec::new() },
    }
}

fn saved_search(rng: &mut StdRng, tenants: &[TenantId], now: Timestamp) -> SavedSearch {
    SavedSearch {
        id: search_id(rng),
        tenant_id: any(rng, tenants).clone(),
        revision: revision(rng),
        owner: OwnerId::ApiKey(key_id(rng)),
        // Few names, so that an owner often has one already.
        name: format!("Search {}", rng.random_range(0..3)),
        query: format!("actor:user-{} since:7d", rng.random_range(0..1_000)),
        description: percent(rng, 50).then(|| "what it is for".to_owned()),
        visibility: if percent(rng, 50) { SearchVisibility::Shared } else { SearchVisibility::Private },
        created_at: now,
        updated_at: now,
    }
}

fn search_id(rng: &mut StdRng) -> SavedSearchId {
    SavedSearchId::from_parts(Timestamp::from_micros(0), [rng.random_range(0..20); 10])
}

fn key_id(rng: &mut StdRng) -> ApiKeyId {
    ApiKeyId::from_random(u128::from(rng.random_range(0..KEYS)).to_be_bytes())
}

fn scope(rng: &mut StdRng, tenants: &[TenantId]) -> Scope {
    if percent(rng, 10) { Scope::System } else { Scope::Tenant(any(rng, tenants).clone()) }
}
