//! `ControlStore`: API keys and their scopes.

use auditlog_core::{
    policy::{Role, Scope},
    store::{ApiKey, ApiKeyId, ControlChange, ControlError},
};

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
        assert_eq!(scene.store.list_api_keys(scope), Ok(of_scope), "{scope:?}");
    }
    assert_eq!(scene.store.list_api_keys(&Scope::Tenant(tenant_id("nobody"))), Ok(Vec::new()));
}
