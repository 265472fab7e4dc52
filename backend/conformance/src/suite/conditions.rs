//! `ControlWriter`: the conditions of a commit.

use std::time::Duration;

use auditlog_core::{
    id::TenantId,
    policy::Scope,
    store::{ApiKey, ApiKeyChange, Condition, ControlCommit, LeaseId, Tenant, TenantChange, TenantStatus},
};
use serde_json::json;

use super::scene::{Scene, after_changes, assert_conflict};
use crate::{
    Store,
    fixtures::{event, tenant_id},
};

/// Commits a new tenant and its record in the log of `acme`, under a condition.
async fn create_on<S: Store>(scene: &Scene<S>, name: &str, condition: Condition) -> bool {
    let record = scene.prepare(&tenant_id("acme"), &[event(&json!({ "message": name }))]);
    let commit = ControlCommit::new(vec![TenantChange::Create(scene.new_tenant(name)).into()], vec![record]);
    let committed = scene.store.commit(commit.on_condition(condition)).await;
    let made = committed.is_ok();
    if !made {
        assert_conflict(&committed);
    }
    assert_eq!(scene.find_tenant(&tenant_id(name)).await.is_some(), made, "the answer says whether the change is made");
    let messages = scene.messages(&tenant_id("acme")).await;
    assert_eq!(messages.iter().any(|message| message == name), made, "and whether its record is stored");
    made
}

pub(super) async fn a_commit_may_depend_on_an_unchanged_key<S: Store>(scene: Scene<S>) {
    let acme = Scope::Tenant(scene.tenant("acme").await);
    let key = scene.new_key(1, &acme);
    let unchanged = |count| Condition::ApiKeyUnchanged { id: key.id.clone(), revision: after_changes(count) };
    assert!(!create_on(&scene, "before", unchanged(0)).await, "the key does not exist yet");
    assert_eq!(scene.change(ApiKeyChange::Create(key.clone())).await, Ok(()));
    assert!(create_on(&scene, "created", unchanged(0)).await);
    assert!(!create_on(&scene, "too-new", unchanged(1)).await);

    assert_eq!(scene.change(ApiKeyChange::Update(ApiKey { name: "b".to_owned(), ..key.clone() })).await, Ok(()));
    assert!(!create_on(&scene, "outdated", unchanged(0)).await);
    assert!(create_on(&scene, "updated", unchanged(1)).await);

    let revoke = |revoked_at| {
        let (id, scope) = (key.id.clone(), acme.clone());
        ApiKeyChange::Revoke { id, scope, revoked_at, expected: None }
    };
    assert_eq!(scene.change(revoke(scene.tick())).await, Ok(()));
    assert!(!create_on(&scene, "revoked", unchanged(1)).await);
    let delete = ApiKeyChange::Delete { id: key.id.clone(), scope: acme.clone(), revision: after_changes(2) };
    assert_eq!(scene.change(delete).await, Ok(()));
    assert!(!create_on(&scene, "deleted", unchanged(2)).await);
}

pub(super) async fn a_commit_may_depend_on_a_key_that_is_not_revoked<S: Store>(scene: Scene<S>) {
    let acme = Scope::Tenant(scene.tenant("acme").await);
    let key = scene.new_key(1, &acme);
    let valid = || Condition::ApiKeyNotRevoked { id: key.id.clone() };
    assert!(!create_on(&scene, "before", valid()).await, "the key does not exist yet");
    assert_eq!(scene.change(ApiKeyChange::Create(key.clone())).await, Ok(()));
    assert_eq!(scene.change(ApiKeyChange::Update(ApiKey { name: "b".to_owned(), ..key.clone() })).await, Ok(()));
    assert!(create_on(&scene, "updated", valid()).await, "other changes of the key do not matter");
    let (id, scope) = (key.id.clone(), acme.clone());
    let revoke = ApiKeyChange::Revoke { id, scope, revoked_at: scene.tick(), expected: None };
    assert_eq!(scene.change(revoke).await, Ok(()));
    assert!(!create_on(&scene, "revoked", valid()).await);
}

pub(super) async fn a_commit_may_depend_on_an_active_tenant<S: Store>(scene: Scene<S>) {
    let acme = scene.tenant("acme").await;
    let active = |id: &TenantId| Condition::TenantActive { id: id.clone() };
    assert!(create_on(&scene, "active", active(&acme)).await);
    assert!(!create_on(&scene, "unknown", active(&tenant_id("unknown-tenant"))).await);
    let read = scene.find_tenant(&acme).await.expect("the tenant is there");
    let suspended = Tenant { status: TenantStatus::Suspended, ..read };
    assert_eq!(scene.change(TenantChange::Update(suspended.clone())).await, Ok(()));
    assert!(!create_on(&scene, "suspended", active(&acme)).await);
    let resumed = Tenant { status: TenantStatus::Active, revision: suspended.revision.next(), ..suspended };
    assert_eq!(scene.change(TenantChange::Update(resumed)).await, Ok(()));
    assert!(create_on(&scene, "resumed", active(&acme)).await);
}

pub(super) async fn a_commit_may_depend_on_a_lease<S: Store>(scene: Scene<S>) {
    let acme = scene.tenant("acme").await;
    let export = scene.new_export(&acme, 1);
    assert_eq!(scene.export(&export).await, Ok(()));
    let (one, other, long) = (LeaseId([1; 16]), LeaseId([2; 16]), Duration::from_hours(1));
    let leased = |lease| Condition::ExportLeased { key: export.key(), lease };
    assert!(!create_on(&scene, "waiting", leased(one)).await, "no worker has it");
    assert!(scene.store.lease_export(export.key(), one, Duration::ZERO).await.expect("it can be leased").is_some());
    assert!(create_on(&scene, "late", leased(one)).await, "its duration is over, but no other worker has it");
    assert!(!create_on(&scene, "stranger", leased(other)).await);
    assert!(scene.store.lease_export(export.key(), other, long).await.expect("it can be leased").is_some());
    assert!(!create_on(&scene, "taken-over", leased(one)).await, "another worker has it");
    assert!(create_on(&scene, "leased", leased(other)).await);
    scene.store.release_lease(export.key(), other).await.expect("leases can be released");
    assert!(!create_on(&scene, "released", leased(other)).await);
}

pub(super) async fn a_commit_may_depend_on_the_number_of_live_keys<S: Store>(scene: Scene<S>) {
    let acme = Scope::Tenant(scene.tenant("acme").await);
    let other = Scope::Tenant(scene.tenant("other").await);
    let at_most = |scope: &Scope, count_max| {
        let now = scene.tick();
        Condition::LiveApiKeysAtMost { scope: scope.clone(), now, count_max }
    };
    assert!(create_on(&scene, "none", at_most(&acme, 0)).await);
    // Numbers that are even have expired a millisecond later, and odd ones never do.
    for (number, scope) in [(1, &acme), (3, &acme), (2, &acme), (5, &other), (7, &Scope::System)] {
        assert_eq!(scene.change(ApiKeyChange::Create(scene.new_key(number, scope))).await, Ok(()));
    }
    for (scope, live) in [(&acme, 2), (&other, 1), (&Scope::System, 1)] {
        let name = |text: &str| match scope {
            Scope::System => format!("{text}-system"),
            Scope::Tenant(tenant) => format!("{text}-{tenant}"),
        };
        assert!(!create_on(&scene, &name("fewer"), at_most(scope, live - 1)).await);
        assert!(create_on(&scene, &name("equal"), at_most(scope, live)).await);
        assert!(create_on(&scene, &name("more"), at_most(scope, usize::MAX)).await);
    }
    assert!(create_on(&scene, "nobody", at_most(&Scope::Tenant(tenant_id("nobody")), 0)).await);

    // `now` of the condition decides, not the time of the commit.
    let expiring = scene.new_key(4, &other);
    assert_eq!(scene.change(ApiKeyChange::Create(expiring.clone())).await, Ok(()));
    let at = |now| Condition::LiveApiKeysAtMost { scope: other.clone(), now, count_max: 1 };
    assert!(!create_on(&scene, "while-it-lives", at(expiring.created_at)).await);
    assert!(create_on(&scene, "when-it-expires", at(expiring.expires_at.expect("even numbers expire"))).await);

    let revoked = scene.new_key(3, &acme);
    let revoke = ApiKeyChange::Revoke { id: revoked.id, scope: acme.clone(), revoked_at: scene.tick(), expected: None };
    assert_eq!(scene.change(revoke).await, Ok(()));
    assert!(create_on(&scene, "after-a-revocation", at_most(&acme, 1)).await);
}

pub(super) async fn conditions_hold_before_the_changes_and_all_of_them<S: Store>(scene: Scene<S>) {
    let acme = Scope::Tenant(scene.tenant("acme").await);
    let key = scene.new_key(1, &acme);
    let no_keys = Condition::LiveApiKeysAtMost { scope: acme.clone(), now: scene.tick(), count_max: 0 };
    let exists = Condition::ApiKeyUnchanged { id: key.id.clone(), revision: after_changes(0) };
    let create = |number| {
        let key = scene.new_key(number, &acme);
        ControlCommit::new(vec![ApiKeyChange::Create(key).into()], Vec::new())
    };
    assert_conflict(&scene.store.commit(create(1).on_condition(exists.clone())).await);
    assert_eq!(scene.store.commit(create(1).on_condition(no_keys.clone())).await, Ok(()), "the new key does not count");
    assert_eq!(scene.store.commit(create(3).on_condition(exists.clone())).await, Ok(()));
    for pair in [[&exists, &no_keys], [&no_keys, &exists]] {
        let commit = pair.into_iter().fold(create(5), |commit, condition| commit.on_condition(condition.clone()));
        assert_conflict(&scene.store.commit(commit).await);
    }
    assert_eq!(scene.keys(&acme).await.len(), 2);
}
