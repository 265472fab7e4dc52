//! Tenants and keys: a change and the events that record it are either both stored or neither.

use auditlog_core::{
    id::ApiKeyId,
    policy::{Role, Scope},
    store::{
        ApiKey, ControlChange, ControlError, ControlStore as _, EventStore as _, SavedSearch, Tenant, TenantStatus,
    },
    timestamp::Timestamp,
};

use crate::support::{NOON, Place, all, create_tenants, saved_search, tenant_id, tenant_named};

fn key(id: &str, scope: Scope) -> ApiKey {
    ApiKey {
        id: ApiKeyId::parse(id).unwrap(),
        scope,
        name: "ingest".into(),
        permissions: Role::AuditAdmin.permissions(),
        secret_hash: [7; 32],
        created_at: NOON,
        expires_at: Some(Timestamp::from_micros(NOON.as_micros() + 1)),
        revoked_at: None,
        allowed_networks: vec!["10.0.0.0/8".parse().unwrap(), "fd00::/8".parse().unwrap()],
    }
}

const KEY: &str = "0123456789abcdef";

#[tokio::test]
async fn tenants_and_keys_are_there_again_after_a_crash() {
    let place = Place::new();
    let store = place.open();
    let acme = Scope::Tenant(tenant_id("acme"));
    let audit = place.fresh("acme", 2);
    let changes = vec![
        ControlChange::CreateTenant(tenant_named("acme")),
        ControlChange::CreateApiKey(key(KEY, acme.clone())),
        ControlChange::CreateApiKey(key("fedcba9876543210", Scope::System)),
    ];
    store.apply(changes, vec![audit]).await.unwrap();
    drop(store);
    let store = place.open();
    assert_eq!(store.list_tenants(None, usize::MAX).unwrap(), [tenant_named("acme")]);
    assert_eq!(store.list_api_keys(&acme, None, usize::MAX).unwrap(), [key(KEY, acme.clone())]);
    assert_eq!(
        store.list_api_keys(&Scope::System, None, usize::MAX).unwrap(),
        [key("fedcba9876543210", Scope::System)]
    );
    assert_eq!(all(&store, "acme").await.len(), 2, "the events came with the tenant they belong to");

    let suspended = Tenant { status: TenantStatus::Suspended, ..tenant_named("acme") };
    let id = ApiKeyId::parse(KEY).unwrap();
    let revoke = |micros| ControlChange::RevokeApiKey {
        id: id.clone(),
        scope: acme.clone(),
        revoked_at: Timestamp::from_micros(NOON.as_micros() + micros),
    };
    store.apply(vec![ControlChange::UpdateTenant(suspended.clone()), revoke(5), revoke(9)], vec![]).await.unwrap();
    let store = {
        drop(store);
        place.open()
    };
    assert_eq!(store.get_tenant(&tenant_id("acme")).unwrap(), Some(suspended));
    let revoked_at = store.get_api_key(&id).unwrap().unwrap().revoked_at;
    assert_eq!(revoked_at, Some(Timestamp::from_micros(NOON.as_micros() + 5)), "revoked once and for all");

    let forget = ControlChange::ForgetApiKey { id: id.clone(), scope: acme.clone() };
    store.apply(vec![forget], vec![]).await.unwrap();
    drop(store);
    assert_eq!(place.open().get_api_key(&id).unwrap(), None, "a start does not take a forgotten key for a removed row");
}

#[tokio::test]
async fn a_change_that_cannot_be_made_leaves_nothing_behind() {
    let place = Place::new();
    let store = place.open();
    create_tenants(&store, &["acme"]).await;
    let exists = ControlChange::CreateTenant(tenant_named("acme"));
    let new = ControlChange::CreateTenant(tenant_named("globex"));
    let refused = store.apply(vec![new.clone(), exists], vec![place.fresh("acme", 1)]).await;
    assert!(matches!(refused, Err(ControlError::AlreadyExists(_))), "{refused:?}");
    let nobody = Scope::Tenant(tenant_id("nobody"));
    let refused = store.apply(vec![new.clone(), ControlChange::CreateApiKey(key(KEY, nobody))], vec![]).await;
    assert!(matches!(refused, Err(ControlError::NotFound(_))), "{refused:?}");
    let refused = store.apply(vec![new], vec![place.fresh("acme", 1), place.fresh("nobody", 1)]).await;
    assert!(matches!(refused, Err(ControlError::NotStored(_))), "{refused:?}");
    assert_eq!(store.list_tenants(None, usize::MAX).unwrap(), [tenant_named("acme")]);
    assert_eq!(store.head(tenant_id("acme")).await.unwrap(), 0);
    // The next change must not fail because of the abandoned one.
    create_tenants(&store, &["globex"]).await;
    drop(store);
    assert_eq!(place.open().list_tenants(None, usize::MAX).unwrap().len(), 2);
}

#[tokio::test]
async fn a_key_is_changed_only_in_its_own_scope() {
    let place = Place::new();
    let store = place.open();
    create_tenants(&store, &["acme", "globex"]).await;
    let acme = Scope::Tenant(tenant_id("acme"));
    store.apply(vec![ControlChange::CreateApiKey(key(KEY, acme.clone()))], vec![]).await.unwrap();
    let elsewhere = ApiKey { name: "stolen".into(), ..key(KEY, Scope::Tenant(tenant_id("globex"))) };
    let refused = store.apply(vec![ControlChange::UpdateApiKey(elsewhere)], vec![]).await;
    assert!(matches!(refused, Err(ControlError::NotFound(_))), "{refused:?}");
    let renamed = ApiKey { name: "renamed".into(), secret_hash: [0; 32], ..key(KEY, acme.clone()) };
    store.apply(vec![ControlChange::UpdateApiKey(renamed)], vec![]).await.unwrap();
    let expected = ApiKey { name: "renamed".into(), ..key(KEY, acme.clone()) };
    assert_eq!(store.list_api_keys(&acme, None, usize::MAX).unwrap(), [expected], "the secret is not to be changed");
}

#[tokio::test]
async fn saved_searches_are_there_again_after_a_crash() {
    let place = Place::new();
    let store = place.open();
    create_tenants(&store, &["acme", "globex"]).await;
    let (acme, globex) = (tenant_id("acme"), tenant_id("globex"));
    let [kept, deleted, elsewhere] =
        [("acme", 1), ("acme", 2), ("globex", 1)].map(|(tenant, number)| saved_search(tenant, number));
    let creations = [&kept, &deleted, &elsewhere].map(|search| ControlChange::CreateSavedSearch(search.clone()));
    store.apply(creations.into(), vec![place.fresh("acme", 1)]).await.unwrap();
    drop(store);
    let store = place.open();
    assert_eq!(store.list_saved_searches(&acme).unwrap(), [kept.clone(), deleted.clone()]);
    assert_eq!(store.list_saved_searches(&globex).unwrap(), [elsewhere]);

    let edited = SavedSearch { description: None, query: "outcome:denied".into(), ..kept };
    let delete = ControlChange::DeleteSavedSearch { id: deleted.id, tenant_id: acme.clone() };
    store.apply(vec![ControlChange::UpdateSavedSearch(edited.clone()), delete], vec![]).await.unwrap();
    drop(store);
    let store = place.open();
    assert_eq!(store.list_saved_searches(&acme).unwrap(), [edited]);
    assert_eq!(store.get_saved_search(&acme, deleted.id).unwrap(), None);
    assert_eq!(all(&store, "acme").await.len(), 1, "the event came with the change it records");
}
