//! Tenants and keys: a change and the events that record it are either both stored or neither.

use auditlog_core::{
    id::ApiKeyId,
    policy::{Role, Scope},
    store::{
        ApiKey, ApiKeyChange, ControlChange, ControlError, EventStore as _, KeyDirectory as _, Revision, SavedSearch,
        SavedSearchChange, SavedSearchStore as _, Tenant, TenantChange, TenantStatus,
    },
    timestamp::Timestamp,
};

use crate::support::{
    NOON, Place, all, change, create_tenants, keys, record, saved_search, tenant_id, tenant_named, tenants,
};

fn key(id: &str, scope: Scope) -> ApiKey {
    ApiKey {
        id: ApiKeyId::parse(id).unwrap(),
        revision: Revision::FIRST,
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
        TenantChange::Create(tenant_named("acme")).into(),
        ApiKeyChange::Create(key(KEY, acme.clone())).into(),
        ApiKeyChange::Create(key("fedcba9876543210", Scope::System)).into(),
    ];
    record(&store, changes, vec![audit]).await.unwrap();
    drop(store);
    let store = place.open();
    assert_eq!(tenants(&store).await, [tenant_named("acme")]);
    assert_eq!(keys(&store, &acme).await, [key(KEY, acme.clone())]);
    assert_eq!(keys(&store, &Scope::System).await, [key("fedcba9876543210", Scope::System)]);
    assert_eq!(all(&store, "acme").await.len(), 2, "the events came with the tenant they belong to");

    let suspended = Tenant { status: TenantStatus::Suspended, ..tenant_named("acme") };
    let id = ApiKeyId::parse(KEY).unwrap();
    let revoke = |micros| {
        let (id, scope) = (id.clone(), acme.clone());
        let revoked_at = Timestamp::from_micros(NOON.as_micros() + micros);
        ApiKeyChange::Revoke { id, scope, revoked_at, expected: None }.into()
    };
    let changes = vec![TenantChange::Update(suspended.clone()).into(), revoke(5), revoke(9)];
    change(&store, changes).await.unwrap();
    let store = {
        drop(store);
        place.open()
    };
    let second = Revision::FIRST.next();
    let suspended = Tenant { revision: second, ..suspended };
    assert_eq!(store.find_tenant(&tenant_id("acme")).unwrap(), Some(suspended));
    let revoked = store.find_api_key(&id).unwrap().unwrap();
    let revoked_at = Some(Timestamp::from_micros(NOON.as_micros() + 5));
    assert_eq!((revoked.revoked_at, revoked.revision), (revoked_at, second), "revoked once and for all");

    let delete = ApiKeyChange::Delete { id: id.clone(), scope: acme.clone(), revision: second };
    change(&store, vec![delete.into()]).await.unwrap();
    drop(store);
    assert_eq!(
        place.open().find_api_key(&id).unwrap(),
        None,
        "a start does not take a forgotten key for a removed row"
    );
}

#[tokio::test]
async fn a_change_that_cannot_be_made_leaves_nothing_behind() {
    let place = Place::new();
    let store = place.open();
    create_tenants(&store, &["acme"]).await;
    let exists = TenantChange::Create(tenant_named("acme")).into();
    let new = ControlChange::from(TenantChange::Create(tenant_named("globex")));
    let refused = record(&store, vec![new.clone(), exists], vec![place.fresh("acme", 1)]).await;
    assert!(matches!(refused, Err(ControlError::AlreadyExists(_))), "{refused:?}");
    let nobody = Scope::Tenant(tenant_id("nobody"));
    let refused = change(&store, vec![new.clone(), ApiKeyChange::Create(key(KEY, nobody)).into()]).await;
    assert!(matches!(refused, Err(ControlError::NotFound(_))), "{refused:?}");
    let refused = record(&store, vec![new], vec![place.fresh("acme", 1), place.fresh("nobody", 1)]).await;
    assert!(matches!(refused, Err(ControlError::NotStored(_))), "{refused:?}");
    assert_eq!(tenants(&store).await, [tenant_named("acme")]);
    assert_eq!(store.head(tenant_id("acme")).await.unwrap(), 0);
    // The next change must not fail because of the abandoned one.
    create_tenants(&store, &["globex"]).await;
    drop(store);
    assert_eq!(tenants(&place.open()).await.len(), 2);
}

#[tokio::test]
async fn a_key_is_changed_only_in_its_own_scope() {
    let place = Place::new();
    let store = place.open();
    create_tenants(&store, &["acme", "globex"]).await;
    let acme = Scope::Tenant(tenant_id("acme"));
    change(&store, vec![ApiKeyChange::Create(key(KEY, acme.clone())).into()]).await.unwrap();
    let elsewhere = ApiKey { name: "stolen".into(), ..key(KEY, Scope::Tenant(tenant_id("globex"))) };
    let refused = change(&store, vec![ApiKeyChange::Update(elsewhere).into()]).await;
    assert!(matches!(refused, Err(ControlError::NotFound(_))), "{refused:?}");
    let renamed = ApiKey { name: "renamed".into(), secret_hash: [0; 32], ..key(KEY, acme.clone()) };
    change(&store, vec![ApiKeyChange::Update(renamed).into()]).await.unwrap();
    let expected = ApiKey { name: "renamed".into(), revision: Revision::FIRST.next(), ..key(KEY, acme.clone()) };
    assert_eq!(keys(&store, &acme).await, [expected], "the secret is not to be changed");
}

#[tokio::test]
async fn saved_searches_are_there_again_after_a_crash() {
    let place = Place::new();
    let store = place.open();
    create_tenants(&store, &["acme", "globex"]).await;
    let (acme, globex) = (tenant_id("acme"), tenant_id("globex"));
    let [kept, deleted, elsewhere] =
        [("acme", 1), ("acme", 2), ("globex", 1)].map(|(tenant, number)| saved_search(tenant, number));
    let creations = [&kept, &deleted, &elsewhere].map(|search| SavedSearchChange::Create(search.clone()).into());
    record(&store, creations.into(), vec![place.fresh("acme", 1)]).await.unwrap();
    drop(store);
    let store = place.open();
    assert_eq!(store.list_saved_searches(acme.clone()).await.unwrap(), [kept.clone(), deleted.clone()]);
    assert_eq!(store.list_saved_searches(globex).await.unwrap(), [elsewhere]);

    let edited = SavedSearch { description: None, query: "outcome:denied".into(), ..kept };
    let delete = SavedSearchChange::Delete { id: deleted.id, tenant_id: acme.clone(), expected: None };
    let changes = vec![SavedSearchChange::Update(edited.clone()).into(), delete.into()];
    change(&store, changes).await.unwrap();
    drop(store);
    let store = place.open();
    let edited = SavedSearch { revision: Revision::FIRST.next(), ..edited };
    assert_eq!(store.list_saved_searches(acme.clone()).await.unwrap(), [edited]);
    assert_eq!(store.get_saved_search(acme, deleted.id).await.unwrap(), None);
    assert_eq!(all(&store, "acme").await.len(), 1, "the event came with the change it records");
}
