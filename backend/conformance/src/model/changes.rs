//! Generates changes of control data, half of which must be refused.

use auditlog_core::{
    id::{ApiKeyId, TenantId},
    policy::{Role, Scope},
    store::{ApiKey, ControlChange, SavedSearch, SavedSearchId, SearchVisibility, Tenant, TenantStatus},
    timestamp::Timestamp,
};
use rand::{Rng, rngs::StdRng};

use super::choice::{any, percent};

/// Few ids, so that changes meet the same ones.
const KEYS: u32 = 40;

/// A tenant as it is created.
pub(super) fn new_tenant(id: TenantId, now: Timestamp) -> Tenant {
    Tenant { name: format!("Tenant {id}"), id, status: TenantStatus::Active, created_at: now, updated_at: now }
}

/// One to three changes.
pub(super) fn changes(rng: &mut StdRng, tenants: &[TenantId], now: Timestamp) -> Vec<ControlChange> {
    (0..rng.random_range(1..=3)).map(|_| change(rng, tenants, now)).collect()
}

fn change(rng: &mut StdRng, tenants: &[TenantId], now: Timestamp) -> ControlChange {
    match rng.random_range(0..17) {
        0 => ControlChange::CreateTenant(new_tenant(any(rng, tenants).clone(), now)),
        1 | 2 => {
            let status = if percent(rng, 30) { TenantStatus::Suspended } else { TenantStatus::Active };
            let name = format!("Renamed {}", rng.random_range(0..1_000));
            ControlChange::UpdateTenant(Tenant { name, status, ..new_tenant(any(rng, tenants).clone(), now) })
        }
        3..7 => ControlChange::CreateApiKey(api_key(rng, tenants, now)),
        7 | 8 => ControlChange::UpdateApiKey(api_key(rng, tenants, now)),
        10..13 => ControlChange::CreateSavedSearch(saved_search(rng, tenants, now)),
        13 | 14 => ControlChange::UpdateSavedSearch(saved_search(rng, tenants, now)),
        15 => ControlChange::DeleteSavedSearch { id: search_id(rng), tenant_id: any(rng, tenants).clone() },
        16 => ControlChange::ForgetApiKey { id: key_id(rng), scope: scope(rng, tenants) },
        _ => ControlChange::RevokeApiKey { id: key_id(rng), scope: scope(rng, tenants), revoked_at: now },
    }
}

fn api_key(rng: &mut StdRng, tenants: &[TenantId], now: Timestamp) -> ApiKey {
    ApiKey {
        id: key_id(rng),
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
        owner: key_id(rng),
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
