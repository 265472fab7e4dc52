//! Limits: requests that would exceed one are refused, and how the store stops when it must.

use std::{fs, sync::Arc};

use auditlog_core::{
    event::EventDraft,
    id::ApiKeyId,
    policy::{Role, Scope},
    store::{
        ApiKey, ApiKeyChange, AppendError, ControlChange, ControlCommit, ControlError, ControlWriter as _,
        EventStore as _, Health, Intake as _, KeyDirectory as _, Revision, SavedSearchChange, SavedSearchStore as _,
        Tenant, TenantChange, TenantStatus, Urgency,
    },
};
use auditlog_embedded::{EmbeddedStore, Maintenance, Options};

use crate::support::{
    NOON, Place, all, append, change, create_tenants, draft, measured, record, refusal, saved_search, tenant_id,
    tenant_named,
};

/// The key that `revoke` revokes.
fn key() -> ApiKey {
    ApiKey {
        id: ApiKeyId::parse("0123456789abcdef").unwrap(),
        revision: Revision::FIRST,
        scope: Scope::Tenant(tenant_id("acme")),
        name: "leaked".into(),
        permissions: Role::AuditAdmin.permissions(),
        secret_hash: [7; 32],
        created_at: NOON,
        expires_at: None,
        revoked_at: None,
        allowed_networks: Vec::new(),
    }
}

fn revoke() -> ControlChange {
    ApiKeyChange::Revoke { id: key().id, scope: key().scope, revoked_at: NOON, expected: None }.into()
}

fn suspend() -> ControlChange {
    TenantChange::Update(Tenant { status: TenantStatus::Suspended, ..tenant_named("acme") }).into()
}

/// Performs every kind of change that protects or frees space, each with the event that records it.
async fn protect(store: &EmbeddedStore, place: &Place) {
    let search = saved_search("acme", 1);
    let delete = SavedSearchChange::Delete { id: search.id, tenant_id: search.tenant_id, expected: None };
    for change in [revoke(), delete.into(), suspend()] {
        let commit = ControlCommit::new(vec![change.clone()], vec![place.fresh("acme", 1)]);
        assert_eq!(store.commit(commit.with_urgency(Urgency::Protective)).await, Ok(()), "{change:?}");
    }
    let key = store.find_api_key(&key().id).unwrap().unwrap();
    let tenant = store.find_tenant(&tenant_id("acme")).unwrap().unwrap();
    assert_eq!((key.revoked_at, tenant.status), (Some(NOON), TenantStatus::Suspended));
    assert_eq!(store.list_saved_searches(tenant_id("acme")).await.unwrap(), []);
}

/// A closed store with something to protect.
async fn prepared() -> Place {
    let place = Place::new();
    let store = place.open_with_tenants(&["acme"]).await;
    let search = saved_search("acme", 1);
    let changes = vec![ApiKeyChange::Create(key()).into(), SavedSearchChange::Create(search).into()];
    record(&store, changes, vec![place.fresh("acme", 3)]).await.unwrap();
    place
}

#[tokio::test]
async fn what_protects_or_frees_space_is_done_on_a_full_disk() {
    let place = prepared().await;
    let store = place.open_with(Options { min_free_bytes: u64::MAX, ..place.options() }).unwrap();
    assert!(matches!(store.health(), Health::DiskFull { min_free_bytes: u64::MAX, .. }), "{:?}", store.health());
    let refused = change(&store, vec![revoke()]).await.unwrap_err();
    assert!(matches!(refused, ControlError::NotStored(AppendError::InsufficientStorage { .. })), "{refused}");
    protect(&store, &place).await;
    assert_eq!(all(&store, "acme").await.len(), 6, "each change is recorded");
    drop(store);
    let store = place.open();
    assert_eq!(store.health(), Health::Ready);
    assert!(store.find_api_key(&key().id).unwrap().unwrap().revoked_at.is_some());
}

/// A queue without any room is always full.
#[tokio::test]
async fn what_protects_or_frees_space_has_room_of_its_own_in_the_queue() {
    let place = prepared().await;
    let store = place.open_with(Options { queue_requests_max: 0, ..place.options() }).unwrap();
    let error = refusal(&store, place.fresh("acme", 1)).await;
    assert!(matches!(error, AppendError::Overloaded { .. }), "{error}");
    let refused = change(&store, vec![revoke()]).await.unwrap_err();
    assert!(matches!(refused, ControlError::NotStored(AppendError::Overloaded { .. })), "{refused}");
    protect(&store, &place).await;
}

#[tokio::test]
async fn an_unknown_tenant_is_refused() {
    let place = Place::new();
    let store = place.open();
    let error = refusal(&store, place.fresh("nobody", 1)).await;
    assert_eq!(error, AppendError::UnknownTenant(tenant_id("nobody")));
}

#[tokio::test]
async fn a_full_disk_refuses_writes_and_goes_on_reading() {
    let place = Place::new();
    let store = place.open_with_tenants(&["acme"]).await;
    append(&store, place.fresh("acme", 3)).await;
    drop(store);
    let store = place.open_with(Options { min_free_bytes: u64::MAX, ..place.options() }).unwrap();
    let error = refusal(&store, place.fresh("acme", 1)).await;
    assert!(matches!(error, AppendError::InsufficientStorage { min_free_bytes: u64::MAX, .. }), "{error}");
    let refused = record(&store, vec![], vec![place.fresh("acme", 1)]).await.unwrap_err();
    assert!(matches!(refused, ControlError::NotStored(AppendError::InsufficientStorage { .. })), "{refused}");
    assert_eq!(all(&store, "acme").await.len(), 3);
}

#[tokio::test]
async fn a_full_tail_asks_to_wait_until_it_is_sealed() {
    let place = Place::new();
    let store = place.open_with(Options { tail_bytes_max: 1, ..place.options() }).unwrap();
    create_tenants(&store, &["acme"]).await;
    append(&store, place.fresh("acme", 1)).await;
    let error = refusal(&store, place.fresh("acme", 1)).await;
    assert!(matches!(error, AppendError::Overloaded { .. }), "{error}");
    store.seal().await.unwrap();
    append(&store, place.fresh("acme", 1)).await;
}

#[tokio::test]
async fn the_write_ahead_log_stays_within_its_bound() {
    const MIB: u64 = 1 << 20;
    let place = Place::new();
    let store = place.open_with(Options { wal_bytes_max: 4 * MIB, ..place.options() }).unwrap();
    create_tenants(&store, &["acme"]).await;
    let mut length_max = 0;
    for round in 0..300 {
        append(&store, place.fresh("acme", 40)).await;
        if round % 100 == 99 {
            store.seal().await.unwrap();
        }
        length_max = length_max.max(place.files("ledger.db-wal")[0].1);
    }
    // The log may exceed the limit by one commit and by the deletion of sealed rows.
    assert!(length_max < 6 * MIB, "{length_max}");
    assert!(measured(&store, "wal_bytes") < 4.5 * 1024.0 * 1024.0);
    assert_eq!(all(&store, "acme").await.len(), 12_000);
}

/// For the store, another process's write lock is a disk failure: its commit does not succeed.
#[tokio::test]
async fn a_failed_commit_stops_intake_for_good_and_reads_go_on() {
    let place = Place::new();
    let store = place.open_with_tenants(&["acme"]).await;
    append(&store, place.fresh("acme", 3)).await;
    let intruder = rusqlite::Connection::open(place.path().join("ledger.db")).unwrap();
    intruder.execute_batch("BEGIN IMMEDIATE").unwrap();
    let error = refusal(&store, place.fresh("acme", 1)).await;
    assert!(matches!(error, AppendError::Stopped(_)), "{error}");
    intruder.execute_batch("ROLLBACK").unwrap();
    drop(intruder);
    let error = refusal(&store, place.fresh("acme", 1)).await;
    assert!(matches!(error, AppendError::Stopped(_)), "nothing is tried again: {error}");
    assert!(matches!(store.health(), Health::Degraded(_)));
    assert_eq!(all(&store, "acme").await.len(), 3);
    assert!(store.close().await.is_err());
    drop(store);
    let store = place.open();
    assert_eq!(store.health(), Health::Ready);
    assert_eq!(append(&store, place.fresh("acme", 1)).await, [3]);
}

#[tokio::test]
async fn an_index_that_cannot_be_read_refuses_the_request_that_needs_it_and_no_other() {
    let place = Place::new();
    let store = place.open_with_tenants(&["acme", "zeta"]).await;
    let with_id = place.batch("acme", vec![EventDraft { id: Some(place.id()), ..draft("invoice.read") }]);
    append(&store, with_id.clone()).await;
    assert_eq!(store.seal().await.unwrap(), 1);
    store.close().await.unwrap();
    drop(store);
    let store = place.open();
    let (index, length) = place.files(".index").remove(0);
    fs::write(index, vec![0; usize::try_from(length).unwrap()]).unwrap();
    let error = refusal(&store, with_id).await;
    assert!(matches!(error, AppendError::Unavailable(_)), "{error}");
    assert_eq!(append(&store, place.fresh("acme", 1)).await, [1]);
    assert_eq!(append(&store, place.fresh("zeta", 1)).await, [0]);
}

#[tokio::test]
async fn a_closed_store_takes_in_nothing_more() {
    let place = Place::new();
    let store = place.open_with_tenants(&["acme"]).await;
    append(&store, place.fresh("acme", 1)).await;
    store.close().await.unwrap();
    assert!(matches!(refusal(&store, place.fresh("acme", 1)).await, AppendError::Stopped(_)));
    assert_eq!(all(&store, "acme").await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_that_race_are_each_stored_once_and_sealed_on_the_way() {
    let place = Arc::new(Place::new());
    let options =
        Options { maintenance: Maintenance::Background, seal_events: 500, compaction_inputs_min: 4, ..place.options() };
    let store = place.open_with(options).unwrap();
    create_tenants(&store, &["acme", "globex"]).await;
    let shared = place.fresh("acme", 20);
    let mut tasks = Vec::new();
    for worker in 0..8 {
        let (store, place, shared) = (store.clone(), Arc::clone(&place), shared.clone());
        tasks.push(tokio::spawn(async move {
            for round in 0..25 {
                let tenant = if (worker + round) % 3 == 0 { "globex" } else { "acme" };
                append(&store, place.fresh(tenant, 10 + round % 40)).await;
                // All clients send these; of each exactly one request wins.
                store.append(shared.clone()).await.unwrap();
            }
        }));
    }
    let sent = shared.events.len() + 8 * (0..25).map(|round| 10 + round % 40).sum::<usize>();
    for task in tasks {
        task.await.unwrap();
    }
    store.close().await.unwrap();
    drop(store);
    let store = place.open();
    let (acme, globex) = (all(&store, "acme").await, all(&store, "globex").await);
    assert_eq!(acme.len() + globex.len(), sent);
    for events in [acme, globex] {
        assert!(events.iter().zip(0..).all(|(event, sequence)| event.sequence == sequence));
    }
    assert!(measured(&store, "segments") > 0.0);
}
