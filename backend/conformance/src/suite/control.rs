//! `ControlWriter` and `TenantStore`: tenants are created, changed and found, and a change and the events that record
//! it commit together or not at all.

use auditlog_core::{
    id::TenantId,
    query::{Filter, Order},
    store::{
        AppendError, ControlCommit, ControlError, RecordKind, Revision, Tenant, TenantChange, TenantStatus, Urgency,
    },
};
use serde_json::json;

use super::scene::{Scene, after_changes, assert_conflict, assert_exists, assert_missing};
use crate::{
    Store,
    fixtures::{event, tenant_id},
};

impl<S: Store> Scene<S> {
    /// Every tenant.
    pub(super) async fn tenants(&self) -> Vec<Tenant> {
        self.store.list_tenants(None, usize::MAX).await.expect("control data can be read")
    }

    /// A tenant, which both ways to find it return.
    pub(super) async fn find_tenant(&self, id: &TenantId) -> Option<Tenant> {
        let found = self.store.get_tenant(id.clone()).await.expect("control data can be read");
        assert_eq!(self.store.find_tenant(id), Ok(found.clone()), "the directory of keys is up to date");
        found
    }

    /// The messages of a tenant's events, by sequence.
    pub(super) async fn messages(&self, tenant: &TenantId) -> Vec<String> {
        let view = self.view(tenant, Filter::All).await;
        let mut stored = self.walk(&view, Order::OldestFirst, 100).await;
        stored.sort_by_key(|stored| stored.sequence);
        stored.into_iter().filter_map(|stored| stored.event.message).collect()
    }
}

pub(super) async fn a_tenant_is_created_once<S: Store>(scene: Scene<S>) {
    assert_eq!(scene.tenants().await, Vec::new(), "a fresh store has no tenants");
    let mut tenants: Vec<Tenant> = Vec::new();
    for name in ["zeta", "alpha", "a.b", "a-b", "0"] {
        let tenant = scene.new_tenant(name);
        assert_eq!(scene.change(TenantChange::Create(tenant.clone())).await, Ok(()));
        assert_eq!(scene.find_tenant(&tenant.id).await, Some(tenant.clone()), "a new tenant is there at once");
        tenants.push(tenant);
    }
    tenants.sort_by(|one, other| one.id.cmp(&other.id));
    assert_eq!(scene.tenants().await, tenants, "tenants are listed by id");

    assert_exists(&scene.change(TenantChange::Create(scene.new_tenant("alpha"))).await);
    assert_eq!(scene.tenants().await, tenants);
    assert_eq!(scene.find_tenant(&tenant_id("unknown")).await, None);
}

pub(super) async fn a_tenant_is_changed_where_it_may_be<S: Store>(scene: Scene<S>) {
    let id = scene.tenant("acme").await;
    let before = scene.find_tenant(&id).await.expect("the tenant is there");
    let now = scene.tick();
    let changed = Tenant {
        id: id.clone(),
        revision: before.revision,
        name: "Grüße \u{1f600}".to_owned(),
        status: TenantStatus::Suspended,
        // Not a field that a change replaces.
        created_at: now,
        updated_at: now,
    };
    assert_eq!(scene.change(TenantChange::Update(changed.clone())).await, Ok(()));
    let expected = Tenant { created_at: before.created_at, revision: before.revision.next(), ..changed };
    assert_eq!(scene.find_tenant(&id).await, Some(expected.clone()));
    assert_eq!(scene.tenants().await, [expected]);

    assert_missing(&scene.change(TenantChange::Update(scene.new_tenant("unknown"))).await);
}

pub(super) async fn a_tenants_revision_counts_its_changes<S: Store>(scene: Scene<S>) {
    // The revision of a new record is not the caller's choice.
    let tenant = Tenant { revision: after_changes(7), ..scene.new_tenant("acme") };
    assert_eq!(scene.change(TenantChange::Create(tenant.clone())).await, Ok(()));
    for count in 0..3 {
        let current = scene.find_tenant(&tenant.id).await.expect("the tenant is there");
        assert_eq!(current.revision, after_changes(count), "it is 1 at first, and one more with each change");
        for other in [after_changes(count + 1), after_changes(count + 7)] {
            assert_conflict(&scene.change(TenantChange::Update(Tenant { revision: other, ..current.clone() })).await);
        }
        // Also a change that replaces nothing counts.
        assert_eq!(scene.change(TenantChange::Update(current)).await, Ok(()));
    }
    let old = Tenant { name: "Old".to_owned(), revision: after_changes(2), ..tenant.clone() };
    let refused = scene.change(TenantChange::Update(old)).await;
    assert_eq!(refused, Err(ControlError::Conflict(RecordKind::Tenant.named("acme"))));
    let current = scene.find_tenant(&tenant.id).await.expect("the tenant is there");
    assert_eq!((current.name, current.revision), (tenant.name, after_changes(3)), "a refused change changes nothing");
}

pub(super) async fn a_rename_decided_before_a_suspension_does_not_undo_it<S: Store>(scene: Scene<S>) {
    let id = scene.tenant("acme").await;
    let read = scene.find_tenant(&id).await.expect("the tenant is there");
    let suspended = Tenant { status: TenantStatus::Suspended, ..read.clone() };
    let suspension = ControlCommit::new(vec![TenantChange::Update(suspended.clone()).into()], Vec::new());
    assert_eq!(scene.store.commit(suspension.with_urgency(Urgency::Protective)).await, Ok(()));

    let renamed = Tenant { name: "Renamed".to_owned(), ..read };
    let record = scene.prepare(&id, &[event(&json!({ "message": "renamed" }))]);
    let rename = ControlCommit::new(vec![TenantChange::Update(renamed).into()], vec![record]);
    assert_conflict(&scene.store.commit(rename).await);
    let expected = Tenant { revision: suspended.revision.next(), ..suspended };
    assert_eq!(scene.find_tenant(&id).await, Some(expected));
    assert_eq!(scene.messages(&id).await, Vec::<String>::new());
}

pub(super) async fn a_change_and_its_record_commit_together<S: Store>(scene: Scene<S>) {
    let acme = scene.tenant("acme").await;
    let record = |message: &str| scene.prepare(&acme, &[event(&json!({ "message": message }))]);
    let create = |name: &str| vec![TenantChange::Create(scene.new_tenant(name)).into()];

    let records = vec![record("first"), record("second")];
    assert_eq!(scene.store.commit(ControlCommit::new(create("one"), records)).await, Ok(()));
    assert_eq!(scene.messages(&acme).await, ["first", "second"], "records are found at once, in order");

    assert_exists(&scene.store.commit(ControlCommit::new(create("one"), vec![record("never")])).await);
    assert_eq!(scene.messages(&acme).await, ["first", "second"], "the record of a refused change is not stored");

    let one = scene.find_tenant(&tenant_id("one")).await.expect("the tenant is there");
    let outdated = Tenant { revision: after_changes(1), ..one };
    let outdated = vec![TenantChange::Update(outdated).into()];
    assert_conflict(&scene.store.commit(ControlCommit::new(outdated, vec![record("never")])).await);
    assert_eq!(scene.messages(&acme).await, ["first", "second"], "nor that of an outdated one");

    let nobody = tenant_id("nobody");
    let stray = scene.prepare(&nobody, &[event(&json!({}))]);
    let result = scene.store.commit(ControlCommit::new(create("two"), vec![record("never"), stray])).await;
    assert_eq!(result, Err(ControlError::NotStored(AppendError::UnknownTenant(nobody))));
    assert_eq!(scene.find_tenant(&tenant_id("two")).await, None, "a change without its record is not made");
    assert_eq!(scene.messages(&acme).await, ["first", "second"], "all records or none");
}

pub(super) async fn changes_are_made_in_order_or_not_at_all<S: Store>(scene: Scene<S>) {
    let (one, two) = (scene.new_tenant("one"), scene.new_tenant("two"));
    let renamed = Tenant { name: "Renamed".to_owned(), ..one.clone() };
    let create = |tenant: &Tenant| TenantChange::Create(tenant.clone()).into();
    let update = |tenant: &Tenant| TenantChange::Update(tenant.clone()).into();
    assert_missing(&scene.changes(vec![update(&renamed), create(&one)]).await);
    assert_eq!(scene.tenants().await, Vec::new());

    assert_exists(&scene.changes(vec![create(&one), create(&two), create(&one)]).await);
    assert_eq!(scene.tenants().await, Vec::new(), "the changes before a refused one are not made either");

    assert_eq!(scene.changes(vec![create(&one), update(&renamed)]).await, Ok(()));
    let renamed = Tenant { revision: after_changes(1), ..renamed };
    assert_eq!(scene.tenants().await, std::slice::from_ref(&renamed));

    // The second change of one record is decided on the result of the first.
    let again = Tenant { name: "Renamed again".to_owned(), ..renamed.clone() };
    assert_conflict(&scene.changes(vec![update(&renamed), update(&again)]).await);
    assert_eq!(scene.tenants().await, std::slice::from_ref(&renamed), "neither is made");
    let again = Tenant { revision: after_changes(2), ..again };
    assert_eq!(scene.changes(vec![update(&renamed), update(&again)]).await, Ok(()));
    assert_eq!(scene.tenants().await, [Tenant { revision: after_changes(3), ..again }]);
}

pub(super) async fn a_record_may_belong_to_the_tenant_it_creates<S: Store>(scene: Scene<S>) {
    let tenant = scene.new_tenant("acme");
    let record = scene.prepare(&tenant.id, &[event(&json!({ "message": "created" }))]);
    let created = ControlCommit::new(vec![TenantChange::Create(tenant.clone()).into()], vec![record]);
    assert_eq!(scene.store.commit(created).await, Ok(()));
    assert_eq!(scene.messages(&tenant.id).await, ["created"]);
    assert_eq!(scene.head(&tenant.id).await, 1);
    assert_eq!(scene.find_tenant(&tenant.id).await.map(|tenant| tenant.revision), Some(Revision::FIRST));
}
