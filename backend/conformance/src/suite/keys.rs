//! `ApiKeyStore` and `KeyDirectory`: API keys and their scopes.

use auditlog_core::{
    id::ApiKeyId,
    policy::{Role, Scope},
    store::{
        ApiKey, ApiKeyChange, ApiKeyCounts, ControlChange, ControlError, RecordKind, Revision, Tenant, TenantChange,
    },
};
use futures_util::FutureExt;

use super::scene::{Scene, after_changes, assert_conflict, assert_exists, assert_missing};
use crate::{Store, fixtures::tenant_id};

impl<S: Store> Scene<S> {
    pub(super) fn new_key(&self, number: u8, scope: &Scope) -> ApiKey {
        ApiKey {
            id: ApiKeyId::parse(&format!("{number:016}")).expect("the id follows the rule"),
            revision: Revision::FIRST,
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

    /// A key, which both ways to find it return.
    pub(super) async fn key(&self, id: &ApiKeyId) -> Option<ApiKey> {
        let found = self.store.get_api_key(id.clone()).await.expect("control data can be read");
        assert_eq!(self.store.find_api_key(id), Ok(found.clone()), "the directory of keys is up to date");
        found
    }

    /// Every key of a scope.
    pub(super) async fn keys(&self, scope: &Scope) -> Vec<ApiKey> {
        self.store.list_api_keys(scope.clone(), None, usize::MAX).await.expect("control data can be read")
    }

    async fn counts(&self, scope: &Scope) -> ApiKeyCounts {
        self.store.count_api_keys(scope.clone(), self.tick()).await.expect("keys can be counted")
    }
}

pub(super) async fn a_key_is_created_once_in_a_known_tenant<S: Store>(scene: Scene<S>) {
    let acme = Scope::Tenant(scene.tenant("acme").await);
    let other = Scope::Tenant(scene.tenant("other").await);
    let key = scene.new_key(1, &acme);
    assert_eq!(scene.change(ApiKeyChange::Create(key.clone())).await, Ok(()));
    assert_eq!(scene.key(&key.id).await, Some(key.clone()), "a new key is there at once");
    for scope in [&acme, &other, &Scope::System] {
        assert_exists(&scene.change(ApiKeyChange::Create(scene.new_key(1, scope))).await);
    }
    assert_eq!(scene.key(&key.id).await, Some(key), "the first key stays as it was");

    let stray = scene.new_key(2, &Scope::Tenant(tenant_id("nobody")));
    assert_missing(&scene.change(ApiKeyChange::Create(stray.clone())).await);
    assert_eq!(scene.key(&stray.id).await, None);

    let new_tenant = scene.new_tenant("new");
    let first_key = scene.new_key(3, &Scope::Tenant(new_tenant.id.clone()));
    let both = vec![TenantChange::Create(new_tenant).into(), ApiKeyChange::Create(first_key.clone()).into()];
    assert_eq!(scene.changes(both).await, Ok(()), "a tenant and its first key come together");
    assert_eq!(scene.key(&first_key.id).await, Some(first_key));
}

pub(super) async fn a_key_is_changed_where_it_may_be<S: Store>(scene: Scene<S>) {
    let acme = Scope::Tenant(scene.tenant("acme").await);
    let other = Scope::Tenant(scene.tenant("other").await);
    let key = scene.new_key(1, &acme);
    assert_eq!(scene.change(ApiKeyChange::Create(key.clone())).await, Ok(()));
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
        assert_missing(&scene.change(ApiKeyChange::Update(elsewhere)).await);
        assert_eq!(scene.key(&key.id).await, Some(key.clone()), "a key is changed from its own scope only");
    }
    assert_eq!(scene.change(ApiKeyChange::Update(changed.clone())).await, Ok(()));
    let expected = ApiKey {
        revision: after_changes(1),
        name: changed.name,
        expires_at: changed.expires_at,
        allowed_networks: Vec::new(),
        ..key.clone()
    };
    assert_eq!(scene.key(&key.id).await, Some(expected));
    assert_missing(&scene.change(ApiKeyChange::Update(scene.new_key(2, &acme))).await);
}

pub(super) async fn revoking_is_once_and_for_all<S: Store>(scene: Scene<S>) {
    let acme = Scope::Tenant(scene.tenant("acme").await);
    let other = Scope::Tenant(scene.tenant("other").await);
    let key = scene.new_key(1, &acme);
    assert_eq!(scene.change(ApiKeyChange::Create(key.clone())).await, Ok(()));
    let revoke = |scope: &Scope| {
        let revoked_at = scene.tick();
        let (id, scope) = (key.id.clone(), scope.clone());
        (ApiKeyChange::Revoke { id, scope, revoked_at, expected: None }, revoked_at)
    };
    for scope in [&other, &Scope::System] {
        assert_missing(&scene.change(revoke(scope).0).await);
        assert_eq!(scene.key(&key.id).await, Some(key.clone()), "a key is revoked from its own scope only");
    }
    let (first, revoked_at) = revoke(&acme);
    assert_eq!(scene.change(first).await, Ok(()));
    let revoked = ApiKey { revision: after_changes(1), revoked_at: Some(revoked_at), ..key.clone() };
    assert_eq!(scene.key(&key.id).await, Some(revoked.clone()), "a revoked key can still be looked up");
    assert_eq!(scene.change(revoke(&acme).0).await, Ok(()));
    assert_eq!(scene.key(&key.id).await, Some(revoked.clone()), "the first time stays, and the revision too");
    let update = ApiKey { revision: revoked.revision, ..key.clone() };
    assert_eq!(scene.change(ApiKeyChange::Update(update)).await, Ok(()));
    let updated = ApiKey { revision: after_changes(2), ..revoked };
    assert_eq!(scene.key(&key.id).await, Some(updated), "a later change does not revive it");

    let id = ApiKeyId::parse("unknownunknown00").expect("the id follows the rule");
    let unknown = ApiKeyChange::Revoke { id, scope: acme, revoked_at: scene.tick(), expected: None };
    assert_missing(&scene.change(unknown).await);
}

pub(super) async fn a_keys_revision_counts_its_changes<S: Store>(scene: Scene<S>) {
    let acme = Scope::Tenant(scene.tenant("acme").await);
    // The revision of a new record is not the caller's choice.
    let key = ApiKey { revision: after_changes(7), ..scene.new_key(1, &acme) };
    assert_eq!(scene.change(ApiKeyChange::Create(key.clone())).await, Ok(()));
    for count in 0..3 {
        let current = scene.key(&key.id).await.expect("the key is there");
        assert_eq!(current.revision, after_changes(count), "it is 1 at first, and one more with each change");
        let other = ApiKey { revision: after_changes(count + 1), name: "Never".to_owned(), ..current.clone() };
        assert_conflict(&scene.change(ApiKeyChange::Update(other)).await);
        assert_eq!(scene.key(&key.id).await, Some(current.clone()), "a refused change changes nothing");
        assert_eq!(scene.change(ApiKeyChange::Update(current)).await, Ok(()));
    }
    let outdated = scene.change(ApiKeyChange::Update(ApiKey { revision: after_changes(2), ..key.clone() })).await;
    assert_eq!(outdated, Err(ControlError::Conflict(RecordKind::ApiKey.named(&key.id))));

    // What is created again starts again.
    let delete = |revision| ApiKeyChange::Delete { id: key.id.clone(), scope: acme.clone(), revision };
    assert_conflict(&scene.change(delete(after_changes(2))).await);
    assert!(scene.key(&key.id).await.is_some(), "a key that has changed since is not removed");
    assert_eq!(scene.change(delete(after_changes(3))).await, Ok(()));
    assert_eq!(scene.change(ApiKeyChange::Create(key.clone())).await, Ok(()));
    assert_eq!(scene.key(&key.id).await.map(|key| key.revision), Some(Revision::FIRST));
}

pub(super) async fn a_key_is_revoked_in_any_state_or_in_the_one_that_was_seen<S: Store>(scene: Scene<S>) {
    let acme = Scope::Tenant(scene.tenant("acme").await);
    let revoke = |key: &ApiKey, expected| {
        let (id, scope, revoked_at) = (key.id.clone(), acme.clone(), scene.tick());
        ApiKeyChange::Revoke { id, scope, revoked_at, expected }
    };
    let [any, seen] = [1, 3].map(|number| scene.new_key(number, &acme));
    for key in [&any, &seen] {
        assert_eq!(scene.change(ApiKeyChange::Create(key.clone())).await, Ok(()));
        assert_eq!(scene.change(ApiKeyChange::Update(key.clone())).await, Ok(()));
    }
    assert_eq!(scene.change(revoke(&any, None)).await, Ok(()), "no other change prevents a revocation");
    assert!(scene.key(&any.id).await.is_some_and(|key| key.revoked_at.is_some()));

    for count in [0, 2] {
        assert_conflict(&scene.change(revoke(&seen, Some(after_changes(count)))).await);
        let current = scene.key(&seen.id).await.expect("the key is there");
        assert_eq!((current.revision, current.revoked_at), (after_changes(1), None));
    }
    assert_eq!(scene.change(revoke(&seen, Some(after_changes(1)))).await, Ok(()));
    let revoked = scene.key(&seen.id).await.expect("the key is there");
    assert_eq!((revoked.revision, revoked.revoked_at.is_some()), (after_changes(2), true));
    assert_conflict(&scene.change(revoke(&seen, Some(after_changes(1)))).await);
    assert_eq!(scene.change(revoke(&seen, Some(after_changes(2)))).await, Ok(()), "it is revoked already");
    assert_eq!(scene.key(&seen.id).await, Some(revoked));
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
        assert_eq!(scene.change(ApiKeyChange::Create(key.clone())).await, Ok(()));
        expected.push(key);
    }
    expected.sort_by(|one, other| (one.created_at, &one.id).cmp(&(other.created_at, &other.id)));
    for scope in [&acme, &other, &Scope::System] {
        let of_scope: Vec<ApiKey> = expected.iter().filter(|key| key.scope == *scope).cloned().collect();
        assert_eq!(scene.keys(scope).await, of_scope, "{scope:?}");
    }
    assert_eq!(scene.keys(&Scope::Tenant(tenant_id("nobody"))).await, Vec::new());
}

pub(super) async fn a_key_is_forgotten_from_its_own_scope_only<S: Store>(scene: Scene<S>) {
    let acme = Scope::Tenant(scene.tenant("acme").await);
    let other = Scope::Tenant(scene.tenant("other").await);
    let (kept, forgotten) = (scene.new_key(1, &acme), scene.new_key(3, &acme));
    for key in [&kept, &forgotten] {
        assert_eq!(scene.change(ApiKeyChange::Create(key.clone())).await, Ok(()));
    }
    let forget = |scope: &Scope| {
        let (id, scope) = (forgotten.id.clone(), scope.clone());
        ApiKeyChange::Delete { id, scope, revision: Revision::FIRST }
    };
    for scope in [&other, &Scope::System] {
        assert_missing(&scene.change(forget(scope)).await);
        assert_eq!(scene.key(&forgotten.id).await, Some(forgotten.clone()));
    }
    let counts = |live, all| ApiKeyCounts { live, all };
    assert_eq!(scene.counts(&acme).await, counts(2, 2));
    assert_eq!(scene.change(forget(&acme)).await, Ok(()));
    assert_eq!(scene.key(&forgotten.id).await, None);
    assert_eq!(scene.keys(&acme).await, std::slice::from_ref(&kept));
    assert_missing(&scene.change(forget(&acme)).await);
    assert_missing(&scene.change(ApiKeyChange::Update(forgotten.clone())).await);

    // In one commit with its replacement.
    let new = scene.new_key(5, &acme);
    let (id, revoked_at) = (kept.id.clone(), scene.tick());
    let revoke = ApiKeyChange::Revoke { id, scope: acme.clone(), revoked_at, expected: None };
    assert_eq!(scene.change(revoke).await, Ok(()));
    assert_eq!(scene.counts(&acme).await, counts(0, 1));
    let forget = ApiKeyChange::Delete { id: kept.id, scope: acme.clone(), revision: after_changes(1) };
    let both = vec![forget.into(), ApiKeyChange::Create(new.clone()).into()];
    assert_eq!(scene.changes(both).await, Ok(()));
    assert_eq!(scene.keys(&acme).await, [new]);
    assert_eq!(scene.counts(&acme).await, counts(1, 1));
    assert_eq!(scene.counts(&other).await, counts(0, 0));
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
        let part = scene.store.list_tenants(after.clone(), 3).await.expect("control data can be read");
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
        assert_eq!(scene.change(ApiKeyChange::Create(key)).await, Ok(()));
        let elsewhere = scene.new_key(10 + number, &Scope::Tenant(tenants[1].clone()));
        assert_eq!(scene.change(ApiKeyChange::Create(elsewhere)).await, Ok(()));
    }
    let all = scene.keys(&acme).await;
    let (mut after, mut walked) = (None, Vec::new());
    loop {
        let part = scene.store.list_api_keys(acme.clone(), after.clone(), 2).await.expect("control data can be read");
        assert!(part.len() <= 2);
        let Some(last) = part.last() else { break };
        after = Some(last.position());
        walked.extend(part);
    }
    assert_eq!(walked.len(), 5);
    assert_eq!(walked, all);
    // A position stays valid where its key no longer exists.
    let place = all[1].position();
    let forget = ApiKeyChange::Delete { id: all[1].id.clone(), scope: acme.clone(), revision: all[1].revision };
    assert_eq!(scene.change(forget).await, Ok(()));
    let rest = scene.store.list_api_keys(acme, Some(place), usize::MAX).await;
    assert_eq!(rest, Ok(all[2..].to_vec()));
}

pub(super) async fn whoever_waits_for_a_change_of_keys_or_tenants_misses_none<S: Store>(scene: Scene<S>) {
    let tenant = scene.new_tenant("acme");
    let acme = Scope::Tenant(tenant.id.clone());
    let key = scene.new_key(1, &acme);
    let (id, revoked_at) = (key.id.clone(), scene.tick());
    let revoke = ApiKeyChange::Revoke { id, scope: acme.clone(), revoked_at, expected: None };
    let changes: [ControlChange; 6] = [
        TenantChange::Create(tenant.clone()).into(),
        ApiKeyChange::Create(key.clone()).into(),
        ApiKeyChange::Update(ApiKey { name: "Renamed".to_owned(), ..key.clone() }).into(),
        revoke.into(),
        ApiKeyChange::Delete { id: key.id.clone(), scope: acme, revision: after_changes(2) }.into(),
        TenantChange::Update(Tenant { name: "Renamed".to_owned(), ..tenant.clone() }).into(),
    ];
    for change in changes {
        let seen = scene.store.version();
        let mut waiting = scene.store.wait_for_change(seen);
        assert_eq!((&mut waiting).now_or_never(), None, "nothing has changed yet");
        let (woken, made) = tokio::join!(waiting, scene.change(change));
        assert_eq!(made, Ok(()));
        assert!(scene.store.version() > seen, "the version rises");
        assert_eq!(woken, Ok(scene.store.version()));
        assert!(scene.store.wait_for_change(seen).now_or_never().is_some(), "a change resolves the wait at once");
    }
    let seen = scene.store.version();
    assert_missing(&scene.change(ApiKeyChange::Update(ApiKey { scope: Scope::System, ..key })).await);
    assert_conflict(&scene.change(TenantChange::Update(tenant)).await);
    assert_eq!(scene.store.wait_for_change(seen).now_or_never(), None, "what was refused is no change");
}
