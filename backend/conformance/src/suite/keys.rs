//! `ControlStore`: API keys and their scopes.

use auditlog_core::{
    id::ApiKeyId,
    policy::{Role, Scope},
    store::{ApiKey, ApiKeyCounts, ControlChange, ControlError, Tenant},
};
use futures_util::FutureExt;

use super::scene::{Scene, assert_exists, assert_missing};
use crate::{Store, fixtures::tenant_id};

impl<S: Store> Scene<S> {
    fn new_key(&self, number: u8, scope: &Scope) -> ApiKey {
        ApiKey {
            id: ApiKeyId::parse(&format!("{number:016}")).expect("the id follows the rule"),
            scope: scope.clone(),
            name: format!("Key {number}"),
            permissions: Role::AuditReader.permissions(),
            secret_hash: [number; 32],
            created_at: self.tick(),
            expires_at: (number.is_multiple_of(2)).then(|| self.tick()),
            revoked_at: None,
            allowed_networks: vec![
                "10.0.0.0/8".parse().expect("a network"),
                "2001:db8::/32".parse().expect("a network"),
            ],
        }
    }

    pub(super) async fn change(&self, change: ControlChange) -> Result<(), ControlError> {
        self.store.apply(vec![change], Vec::new()).await
    }

    fn key(&self, id: &ApiKeyId) -> Option<ApiKey> {
        self.store.get_api_key(id).expect("control data can be read")
    }
}

pub(super) async fn a_key_is_created_once_in_a_known_tenant<S: Store>(scene: Scene<S>) {
    let acme = Scope::Tenant(scene.tenant("acme").await);
    let other = Scope::Tenant(scene.tenant("other").await);
    let key = scene.new_key(1, &acme);
    assert_eq!(scene.change(ControlChange::CreateApiKey(key.clone())).await, Ok(()));
    assert_eq!(scene.key(&key.id), Some(key.clone()), "a new key is there at once");
    for scope in [&acme, &other, &Scope::System] {
        assert_exists(&scene.change(ControlChange::CreateApiKey(scene.new_key(1, scope))).await);
    }
    assert_eq!(scene.key(&key.id), Some(key), "the first key stays as it was");

    let stray = scene.new_key(2, &Scope::Tenant(tenant_id("nobody")));
    assert_missing(&scene.change(ControlChange::CreateApiKey(stray.clone())).await);
    assert_eq!(scene.key(&stray.id), None);

    let new_tenant = scene.new_tenant("new");
    let first_key = scene.new_key(3, &Scope::Tenant(new_tenant.id.clone()));
    let both = vec![ControlChange::CreateTenant(new_tenant), ControlChange::CreateApiKey(first_key.clone())];
    assert_eq!(scene.store.apply(both, Vec::new()).await, Ok(()), "a tenant and its first key come together");
    assert_eq!(scene.key(&first_key.id), Some(first_key));
}

pub(super) async fn a_key_is_changed_where_it_may_be<S: Store>(scene: Scene<S>) {
    let acme = Scope::Tenant(scene.tenant("acme").await);
    let other = Scope::Tenant(scene.tenant("other").await);
    let key = scene.new_key(1, &acme);
    assert_eq!(scene.change(ControlChange::CreateApiKey(key.clone())).await, Ok(()));
    let changed = ApiKey {
        name: "Renamed".to_owned(),
        expires_at: Some(scene.tick()),
        allowed_networks: Vec::new(),
        // None of these is a field that a change replaces.
        permissions: Role::AuditAdmin.permissions(),
        secret_hash: [9; 32],
        created_at: scene.tick(),
        revoked_at: Some(scene.tick()),
        ..key.clone()
    };
    for scope in [other, Scope::System] {
        let elsewhere = ApiKey { scope, ..changed.clone() };
        assert_missing(&scene.change(ControlChange::UpdateApiKey(elsewhere)).await);
        assert_eq!(scene.key(&key.id), Some(key.clone()), "a key is changed from its own scope only");
    }
    assert_eq!(scene.change(ControlChange::UpdateApiKey(changed.clone())).await, Ok(()));
    let expected =
        ApiKey { name: changed.name, expires_at: changed.expires_at, allowed_networks: Vec::new(), ..key.clone() };
    assert_eq!(scene.key(&key.id), Some(expected));
    assert_missing(&scene.change(ControlChange::UpdateApiKey(scene.new_key(2, &acme))).await);
}

pub(super) async fn revoking_is_once_and_for_all<S: Store>(scene: Scene<S>) {
    let acme = Scope::Tenant(scene.tenant("acme").await);
    let other = Scope::Tenant(scene.tenant("other").await);
    let key = scene.new_key(1, &acme);
    assert_eq!(scene.change(ControlChange::CreateApiKey(key.clone())).await, Ok(()));
    let revoke = |scope: &Scope| {
        let revoked_at = scene.tick();
        (ControlChange::RevokeApiKey { id: key.id.clone(), scope: scope.clone(), revoked_at }, revoked_at)
    };
    for scope in [&other, &Scope::System] {
        assert_missing(&scene.change(revoke(scope).0).await);
        assert_eq!(scene.key(&key.id), Some(key.clone()), "a key is revoked from its own scope only");
    }
    let (first, revoked_at) = revoke(&acme);
    assert_eq!(scene.change(first).await, Ok(()));
    let revoked = ApiKey { revoked_at: Some(revoked_at), ..key.clone() };
    assert_eq!(scene.key(&key.id), Some(revoked.clone()), "a revoked key can still be looked up");
    assert_eq!(scene.change(revoke(&acme).0).await, Ok(()));
    assert_eq!(scene.key(&key.id), Some(revoked.clone()), "the first time stays");
    assert_eq!(scene.change(ControlChange::UpdateApiKey(key.clone())).await, Ok(()));
    assert_eq!(scene.key(&key.id), Some(revoked), "a later change does not revive it");

    let id = ApiKeyId::parse("unknownunknown00").expect("the id follows the rule");
    let unknown = ControlChange::RevokeApiKey { id, scope: acme, revoked_at: scene.tick() };
    assert_missing(&scene.change(unknown).await);
}

pub(super) async fn keys_are_listed_by_scope_in_order<S: Store>(scene: Scene<S>) {
    let acme = Scope::Tenant(scene.tenant("acme").await);
    let other = Scope::Tenant(scene.tenant("other").await);
    let at_once = scene.tick();
    let mut expected = Vec::new();
    for (number, scope) in [(9, &acme), (3, &other), (5, &acme), (7, &Scope::System), (1, &acme), (2, &acme)] {
        let mut key = scene.new_key(number, scope);
        if number < 3 {
            key.created_at = at_once;
        }
        assert_eq!(scene.change(ControlChange::CreateApiKey(key.clone())).await, Ok(()));
        expected.push(key);
    }
    expected.sort_by(|one, other| (one.created_at, &one.id).cmp(&(other.created_at, &other.id)));
    for scope in [&acme, &other, &Scope::System] {
        let of_scope: Vec<ApiKey> = expected.iter().filter(|key| key.scope == *scope).cloned().collect();
        assert_eq!(scene.store.list_api_keys(scope, None, usize::MAX), Ok(of_scope), "{scope:?}");
    }
    assert_eq!(scene.store.list_api_keys(&Scope::Tenant(tenant_id("nobody")), None, usize::MAX), Ok(Vec::new()));
}

pub(super) async fn a_key_is_forgotten_from_its_own_scope_only<S: Store>(scene: Scene<S>) {
    let acme = Scope::Tenant(scene.tenant("acme").await);
    let other = Scope::Tenant(scene.tenant("other").await);
    let (kept, forgotten) = (scene.new_key(1, &acme), scene.new_key(3, &acme));
    for key in [&kept, &forgotten] {
        assert_eq!(scene.change(ControlChange::CreateApiKey(key.clone())).await, Ok(()));
    }
    let forget = |scope: &Scope| ControlChange::ForgetApiKey { id: forgotten.id.clone(), scope: scope.clone() };
    for scope in [&other, &Scope::System] {
        assert_missing(&scene.change(forget(scope)).await);
        assert_eq!(scene.key(&forgotten.id), Some(forgotten.clone()));
    }
    let counts = |live, all| Ok(ApiKeyCounts { live, all });
    assert_eq!(scene.store.count_api_keys(&acme, scene.tick()), counts(2, 2));
    assert_eq!(scene.change(forget(&acme)).await, Ok(()));
    assert_eq!(scene.key(&forgotten.id), None);
    assert_eq!(scene.store.list_api_keys(&acme, None, usize::MAX), Ok(vec![kept.clone()]));
    assert_missing(&scene.change(forget(&acme)).await);
    assert_missing(&scene.change(ControlChange::UpdateApiKey(forgotten.clone())).await);

    // In one commit with its replacement.
    let new = scene.new_key(5, &acme);
    let revoked = ControlChange::RevokeApiKey { id: kept.id.clone(), scope: acme.clone(), revoked_at: scene.tick() };
    assert_eq!(scene.change(revoked).await, Ok(()));
    assert_eq!(scene.store.count_api_keys(&acme, scene.tick()), counts(0, 1));
    let forget = ControlChange::ForgetApiKey { id: kept.id, scope: acme.clone() };
    let both = vec![forget, ControlChange::CreateApiKey(new.clone())];
    assert_eq!(scene.store.apply(both, Vec::new()).await, Ok(()));
    assert_eq!(scene.store.list_api_keys(&acme, None, usize::MAX), Ok(vec![new]));
    assert_eq!(scene.store.count_api_keys(&acme, scene.tick()), counts(1, 1));
    assert_eq!(scene.store.count_api_keys(&other, scene.tick()), counts(0, 0));
}

pub(super) async fn lists_are_given_in_parts<S: Store>(scene: Scene<S>) {
    let mut tenants = Vec::new();
    for name in ["b", "d", "a", "c"] {
        tenants.push(scene.tenant(name).await);
    }
    tenants.sort();
    let mut after = None;
    let mut walked = Vec::new();
    loop {
        let part = scene.store.list_tenants(after.as_ref(), 3).expect("control data can be read");
        let ids: Vec<_> = part.into_iter().map(|tenant: Tenant| tenant.id).collect();
        assert!(ids.len() <= 3);
        let Some(last) = ids.last() else { break };
        after = Some(last.clone());
        walked.extend(ids);
    }
    assert_eq!(walked, tenants);

    let acme = Scope::Tenant(tenants[0].clone());
    let at_once = scene.tick();
    for number in [4, 1, 3, 2, 5] {
        let key = ApiKey { created_at: at_once, ..scene.new_key(number, &acme) };
        assert_eq!(scene.change(ControlChange::CreateApiKey(key)).await, Ok(()));
        let elsewhere = scene.new_key(10 + number, &Scope::Tenant(tenants[1].clone()));
        assert_eq!(scene.change(ControlChange::CreateApiKey(elsewhere)).await, Ok(()));
    }
    let all = scene.store.list_api_keys(&acme, None, usize::MAX).expect("control data can be read");
    let (mut after, mut walked) = (None, Vec::new());
    loop {
        let part = scene.store.list_api_keys(&acme, after.as_ref(), 2).expect("control data can be read");
        assert!(part.len() <= 2);
        let Some(last) = part.last() else { break };
        after = Some(last.position());
        walked.extend(part);
    }
    assert_eq!(walked.len(), 5);
    assert_eq!(walked, all);
    // A position stays valid where its key no longer exists.
    let place = all[1].position();
    let forget = ControlChange::ForgetApiKey { id: all[1].id.clone(), scope: acme.clone() };
    assert_eq!(scene.change(forget).await, Ok(()));
    assert_eq!(scene.store.list_api_keys(&acme, Some(&place), usize::MAX), Ok(all[2..].to_vec()));
}

pub(super) async fn whoever_waits_for_a_change_of_keys_or_tenants_misses_none<S: Store>(scene: Scene<S>) {
    let tenant = scene.new_tenant("acme");
    let acme = Scope::Tenant(tenant.id.clone());
    let key = scene.new_key(1, &acme);
    let revoke = ControlChange::RevokeApiKey { id: key.id.clone(), scope: acme, revoked_at: scene.tick() };
    let renamed = Tenant { name: "Renamed".to_owned(), ..tenant.clone() };
    for change in [
        ControlChange::CreateTenant(tenant.clone()),
        ControlChange::CreateApiKey(key.clone()),
        ControlChange::UpdateApiKey(ApiKey { name: "Renamed".to_owned(), ..key.clone() }),
        revoke,
        ControlChange::UpdateTenant(renamed),
    ] {
        let seen = scene.store.revision();
        let mut waiting = scene.store.wait_for_change(seen);
        assert_eq!((&mut waiting).now_or_never(), None, "nothing has changed yet");
        let (woken, changed) = tokio::join!(waiting, scene.change(change));
        assert_eq!(changed, Ok(()));
        assert_ne!(woken, Ok(seen));
        assert!(scene.store.wait_for_change(seen).now_or_never().is_some(), "a change resolves the wait at once");
    }
    let seen = scene.store.revision();
    assert_missing(&scene.change(ControlChange::UpdateApiKey(ApiKey { scope: Scope::System, ..key })).await);
    assert_eq!(scene.store.wait_for_change(seen).now_or_never(), None, "what was refused is no change");
}
