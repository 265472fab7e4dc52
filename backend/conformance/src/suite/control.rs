//! `ControlStore`: tenants, and that changes and the events that record them commit together or not at all.

use auditlog_core::{
    id::TenantId,
    query::{Filter, Order},
    store::{AppendError, ControlChange, ControlError, Tenant, TenantStatus},
};
use serde_json::json;

use super::scene::{Scene, assert_exists, assert_missing};
use crate::{
    Store,
    fixtures::{event, tenant_id},
};

async fn messages<S: Store>(scene: &Scene<S>, tenant: &TenantId) -> Vec<String> {
    let view = scene.view(tenant, Filter::All).await;
    let mut stored = scene.walk(&view, Order::OldestFirst, 100).await;
    stored.sort_by_key(|stored| stored.sequence);
    stored.into_iter().filter_map(|stored| stored.event.message).collect()
}

pub(super) async fn a_tenant_is_created_once<S: Store>(scene: Scene<S>) {
    assert_eq!(scene.store.list_tenants(None, usize::MAX), Ok(Vec::new()), "a fresh store has no tenants");
    let mut tenants: Vec<Tenant> = Vec::new();
    for name in ["zeta", "alpha", "a.b", "a-b", "0"] {
        let tenant = scene.new_tenant(name);
        let created = scene.store.apply(vec![ControlChange::CreateTenant(tenant.clone())], Vec::new()).await;
        assert_eq!(created, Ok(()));
        assert_eq!(scene.store.get_tenant(&tenant.id), Ok(Some(tenant.clone())), "a new tenant is there at once");
        tenants.push(tenant);
    }
    tenants.sort_by(|one, other| one.id.cmp(&other.id));
    assert_eq!(scene.store.list_tenants(None, usize::MAX), Ok(tenants.clone()), "tenants are listed by id");

    let again = scene.new_tenant("alpha");
    assert_exists(&scene.store.apply(vec![ControlChange::CreateTenant(again)], Vec::new()).await);
    assert_eq!(scene.store.list_tenants(None, usize::MAX), Ok(tenants));
    assert_eq!(scene.store.get_tenant(&tenant_id("unknown")), Ok(None));
}

pub(super) async fn a_tenant_is_changed_where_it_may_be<S: Store>(scene: Scene<S>) {
    let id = scene.tenant("acme").await;
    let before = scene.store.get_tenant(&id).expect("control data can be read").expect("the tenant is there");
    let now = scene.tick();
    let changed = Tenant {
        id: id.clone(),
        name: "Grüße \u{1f600}".to_owned(),
        status: TenantStatus::Suspended,
        // Not a field that a change replaces.
        created_at: now,
        updated_at: now,
    };
    assert_eq!(scene.store.apply(vec![ControlChange::UpdateTenant(changed.clone())], Vec::new()).await, Ok(()));
    let expected = Tenant { created_at: before.created_at, ..changed };
    assert_eq!(scene.store.get_tenant(&id), Ok(Some(expected.clone())));
    assert_eq!(scene.store.list_tenants(None, usize::MAX), Ok(vec![expected]));

    let unknown = scene.new_tenant("unknown");
    assert_missing(&scene.store.apply(vec![ControlChange::UpdateTenant(unknown)], Vec::new()).await);
}

pub(super) async fn a_change_and_its_record_commit_together<S: Store>(scene: Scene<S>) {
    let acme = scene.tenant("acme").await;
    let record = |message: &str| scene.prepare(&acme, &[event(&json!({ "message": message }))]);

    let created = vec![ControlChange::CreateTenant(scene.new_tenant("one"))];
    assert_eq!(scene.store.apply(created, vec![record("first"), record("second")]).await, Ok(()));
    assert_eq!(messages(&scene, &acme).await, ["first", "second"], "records are found at once, in order");

    let refused = vec![ControlChange::CreateTenant(scene.new_tenant("one"))];
    assert_exists(&scene.store.apply(refused, vec![record("never")]).await);
    assert_eq!(messages(&scene, &acme).await, ["first", "second"], "the record of a refused change is not stored");

    let nobody = tenant_id("nobody");
    let stray = scene.prepare(&nobody, &[event(&json!({}))]);
    let two = vec![ControlChange::CreateTenant(scene.new_tenant("two"))];
    let result = scene.store.apply(two, vec![record("never"), stray]).await;
    assert_eq!(result, Err(ControlError::NotStored(AppendError::UnknownTenant(nobody))));
    assert_eq!(scene.store.get_tenant(&tenant_id("two")), Ok(None), "a change without its record is not made");
    assert_eq!(messages(&scene, &acme).await, ["first", "second"], "all records or none");
}

pub(super) async fn changes_are_made_in_order_or_not_at_all<S: Store>(scene: Scene<S>) {
    let (one, two) = (scene.new_tenant("one"), scene.new_tenant("two"));
    let renamed = Tenant { name: "Renamed".to_owned(), ..one.clone() };
    let update_first = vec![ControlChange::UpdateTenant(renamed.clone()), ControlChange::CreateTenant(one.clone())];
    assert_missing(&scene.store.apply(update_first, Vec::new()).await);
    assert_eq!(scene.store.list_tenants(None, usize::MAX), Ok(Vec::new()));

    let second_fails = vec![
        ControlChange::CreateTenant(one.clone()),
        ControlChange::CreateTenant(two.clone()),
        ControlChange::CreateTenant(one.clone()),
    ];
    assert_exists(&scene.store.apply(second_fails, Vec::new()).await);
    assert_eq!(
        scene.store.list_tenants(None, usize::MAX),
        Ok(Vec::new()),
        "the changes before a refused one are not made either"
    );

    let in_order = vec![ControlChange::CreateTenant(one), ControlChange::UpdateTenant(renamed.clone())];
    assert_eq!(scene.store.apply(in_order, Vec::new()).await, Ok(()));
    assert_eq!(scene.store.list_tenants(None, usize::MAX), Ok(vec![renamed]));
}

pub(super) async fn a_record_may_belong_to_the_tenant_it_creates<S: Store>(scene: Scene<S>) {
    let tenant = scene.new_tenant("acme");
    let record = scene.prepare(&tenant.id, &[event(&json!({ "message": "created" }))]);
    let created = vec![ControlChange::CreateTenant(tenant.clone())];
    assert_eq!(scene.store.apply(created, vec![record]).await, Ok(()));
    assert_eq!(messages(&scene, &tenant.id).await, ["created"]);
    assert_eq!(scene.head(&tenant.id).await, 1);
}
