//! `ExportStore`: leases, which give an export to one worker at a time.

use std::time::Duration;

use auditlog_core::{
    id::TenantId,
    store::{Export, ExportChange, ExportKey, ExportStatus, LeaseId, TenantChange},
};

use super::scene::{Scene, after_changes};
use crate::{Store, fixtures::tenant_id};

/// Longer than a case takes, also on a slow machine.
const LONG: Duration = Duration::from_hours(1);
/// A lease that a case waits for: it tries again until the lease is over.
const SHORT: Duration = Duration::from_millis(20);
const ONE: LeaseId = LeaseId([1; 16]);
const OTHER: LeaseId = LeaseId([2; 16]);

impl<S: Store> Scene<S> {
    /// Creates an export that waits for a worker.
    async fn waiting_export(&self, tenant_id: &TenantId, number: usize) -> Export {
        let export = self.new_export(tenant_id, number);
        self.export(&export).await.expect("the export is new");
        export
    }

    async fn lease(&self, key: &ExportKey, lease: LeaseId, duration: Duration) -> Option<Export> {
        self.store.lease_export(key.clone(), lease, duration).await.expect("exports can be leased")
    }

    async fn renew(&self, key: &ExportKey, lease: LeaseId, duration: Duration) -> Option<Export> {
        self.store.renew_lease(key.clone(), lease, duration).await.expect("leases can be renewed")
    }

    async fn release(&self, key: &ExportKey, lease: LeaseId) {
        self.store.release_lease(key.clone(), lease).await.expect("leases can be released");
    }

    async fn waiting(&self) -> Vec<ExportKey> {
        let exports = self.store.list_waiting_exports().await.expect("control data can be read");
        exports.iter().map(Export::key).collect()
    }

    /// Ends an export.
    async fn end(&self, export: &Export) -> Export {
        let ended = Export { status: ExportStatus::Cancelled { at: self.tick() }, ..export.clone() };
        self.advance(&ended).await.expect("the export is pending");
        Export { revision: export.revision.next(), ..ended }
    }
}

pub(super) async fn an_export_is_leased_by_one_worker_at_a_time<S: Store>(scene: Scene<S>) {
    let (acme, other) = (scene.tenant("acme").await, scene.tenant("other").await);
    let export = scene.waiting_export(&acme, 1).await;
    let namesake = scene.waiting_export(&other, 1).await;
    let key = export.key();
    assert_eq!(scene.lease(&key, ONE, LONG).await, Some(export.clone()));
    assert_eq!(scene.lease(&key, OTHER, LONG).await, None, "another worker has it");
    assert_eq!(scene.lease(&key, ONE, LONG).await, Some(export.clone()), "the worker that has it may have it");
    assert_eq!(scene.lease(&namesake.key(), OTHER, LONG).await, Some(namesake), "the other tenant's is another one");

    let progress = Export { revision: export.revision, ..export.clone() };
    assert_eq!(scene.advance(&progress).await, Ok(()), "a change of the export leaves the lease");
    assert_eq!(scene.lease(&key, OTHER, LONG).await, None);
    let current = Export { revision: after_changes(1), ..export };
    assert_eq!(scene.renew(&key, ONE, LONG).await, Some(current), "it returns the current record");

    let unknown = ExportKey { tenant_id: tenant_id("nobody"), id: key.id };
    assert_eq!(scene.lease(&unknown, ONE, LONG).await, None);
    assert_eq!(scene.renew(&unknown, ONE, LONG).await, None);
    scene.release(&unknown, ONE).await;
}

pub(super) async fn of_workers_that_lease_at_once_one_gets_the_export<S: Store>(scene: Scene<S>) {
    let acme = scene.tenant("acme").await;
    for number in 0..10 {
        let key = scene.waiting_export(&acme, number).await.key();
        let workers: Vec<_> = (0..16)
            .map(|worker| {
                let (store, key) = (scene.store.clone(), key.clone());
                tokio::spawn(async move { store.lease_export(key, LeaseId([worker; 16]), LONG).await })
            })
            .collect();
        let mut leased = 0;
        for worker in workers {
            let lease = worker.await.expect("nothing panics").expect("exports can be leased");
            leased += usize::from(lease.is_some());
        }
        assert_eq!(leased, 1);
    }
}

pub(super) async fn a_released_export_is_leased_again<S: Store>(scene: Scene<S>) {
    let acme = scene.tenant("acme").await;
    let export = scene.waiting_export(&acme, 1).await;
    let key = export.key();
    assert_eq!(scene.lease(&key, ONE, LONG).await, Some(export.clone()));
    scene.release(&key, OTHER).await;
    assert_eq!(scene.lease(&key, OTHER, LONG).await, None, "a worker releases its own lease only");
    scene.release(&key, ONE).await;
    assert_eq!(scene.renew(&key, ONE, LONG).await, None, "what was released cannot be renewed");
    assert_eq!(scene.lease(&key, OTHER, LONG).await, Some(export.clone()));
    scene.release(&key, ONE).await;
    assert_eq!(scene.renew(&key, OTHER, LONG).await, Some(export), "a release that comes late changes nothing");
}

pub(super) async fn a_lease_ends_with_its_duration<S: Store>(scene: Scene<S>) {
    let acme = scene.tenant("acme").await;
    let export = scene.waiting_export(&acme, 1).await;
    let key = export.key();
    assert_eq!(scene.lease(&key, ONE, SHORT).await, Some(export.clone()));
    // Waits for a condition, and not for a time: the lease must end, however slow the machine is.
    while scene.lease(&key, OTHER, LONG).await.is_none() {
        tokio::time::sleep(SHORT / 4).await;
    }
    assert_eq!(scene.renew(&key, ONE, LONG).await, None, "another worker has it");
    assert_eq!(scene.lease(&key, ONE, LONG).await, None);

    // Nothing but time passes here.
    let alone = scene.waiting_export(&acme, 2).await.key();
    assert!(scene.lease(&alone, ONE, SHORT).await.is_some());
    tokio::time::sleep(SHORT * 2).await;
    assert_eq!(scene.waiting().await, std::slice::from_ref(&alone), "its lease is over");
    assert!(scene.renew(&alone, ONE, LONG).await.is_some(), "but renewed, because no other worker has taken it");
    assert_eq!(scene.waiting().await, []);

    let empty = scene.waiting_export(&acme, 3).await.key();
    assert!(scene.lease(&empty, ONE, Duration::ZERO).await.is_some());
    assert!(scene.lease(&empty, OTHER, Duration::MAX).await.is_some(), "a lease without a duration is over at once");
    assert_eq!(scene.lease(&empty, ONE, LONG).await, None, "and the longest one is not");
}

pub(super) async fn a_renewed_lease_lasts_from_the_renewal_on<S: Store>(scene: Scene<S>) {
    let acme = scene.tenant("acme").await;
    let export = scene.waiting_export(&acme, 1).await;
    let key = export.key();
    assert_eq!(scene.renew(&key, ONE, LONG).await, None, "nothing was leased");
    assert_eq!(scene.lease(&key, ONE, LONG).await, Some(export.clone()));
    assert_eq!(scene.renew(&key, OTHER, LONG).await, None, "another worker has it");
    // A shorter duration counts too: it counts from now.
    assert_eq!(scene.renew(&key, ONE, Duration::ZERO).await, Some(export.clone()));
    assert_eq!(scene.lease(&key, OTHER, SHORT).await, Some(export.clone()));
    assert_eq!(scene.renew(&key, OTHER, LONG).await, Some(export.clone()));
    tokio::time::sleep(SHORT * 2).await;
    assert_eq!(scene.lease(&key, ONE, LONG).await, None, "the first duration is over, and the second is not");
}

pub(super) async fn waiting_exports_are_those_that_no_worker_has<S: Store>(scene: Scene<S>) {
    let (acme, other) = (scene.tenant("acme").await, scene.tenant("other").await);
    assert_eq!(scene.waiting().await, []);
    let [elsewhere, later, first, ended] =
        [scene.waiting_export(&other, 3).await, scene.waiting_export(&acme, 2).await, scene.new_export(&acme, 1), {
            let export = scene.waiting_export(&acme, 4).await;
            scene.end(&export).await
        }];
    let first = Export { created_at: elsewhere.created_at, ..first };
    assert_eq!(scene.export(&first).await, Ok(()));
    let expected = [&first, &later, &elsewhere].map(Export::clone);
    assert_eq!(scene.store.list_waiting_exports().await, Ok(expected.to_vec()), "by tenant and creation");
    let [first, later, elsewhere] = expected.map(|export| export.key());

    assert!(scene.lease(&later, ONE, LONG).await.is_some());
    assert_eq!(scene.waiting().await, [first.clone(), elsewhere.clone()]);
    assert!(scene.lease(&elsewhere, OTHER, LONG).await.is_some());
    assert_eq!(scene.waiting().await, std::slice::from_ref(&first));
    scene.release(&later, ONE).await;
    assert_eq!(scene.waiting().await, [first, later]);
    assert_eq!(scene.lease(&ended.key(), ONE, LONG).await, None, "an ended export is not leased");
}

pub(super) async fn a_lease_ends_with_its_export<S: Store>(scene: Scene<S>) {
    let acme = scene.tenant("acme").await;
    let export = scene.waiting_export(&acme, 1).await;
    let key = export.key();
    assert!(scene.lease(&key, ONE, LONG).await.is_some());
    scene.end(&export).await;
    assert_eq!(scene.renew(&key, ONE, LONG).await, None, "an export that has ended needs no worker");
    assert_eq!(scene.lease(&key, OTHER, LONG).await, None);

    let delete = |key: &ExportKey| {
        let (id, tenant_id) = (key.id, key.tenant_id.clone());
        ExportChange::Delete { id, tenant_id, expected: None }
    };
    assert_eq!(scene.change(delete(&key)).await, Ok(()));
    let again = scene.waiting_export(&acme, 1).await;
    assert_eq!(scene.renew(&key, ONE, LONG).await, None, "the lease was that of the deleted export");
    assert_eq!(scene.lease(&key, OTHER, LONG).await, Some(again.clone()));

    // Deleted, created and changed in one commit.
    let replace = vec![
        delete(&key).into(),
        ExportChange::Create(again.clone()).into(),
        ExportChange::Update(again.clone()).into(),
    ];
    assert_eq!(scene.changes(replace).await, Ok(()));
    assert_eq!(scene.waiting().await, std::slice::from_ref(&key));
    assert_eq!(scene.renew(&key, OTHER, LONG).await, None);
    assert_eq!(scene.change(delete(&key)).await, Ok(()));
    assert_eq!(scene.lease(&key, ONE, LONG).await, None, "a deleted export is not leased");

    // A refused end is none.
    let refused = scene.waiting_export(&acme, 2).await;
    assert!(scene.lease(&refused.key(), ONE, LONG).await.is_some());
    let both = vec![delete(&refused.key()).into(), TenantChange::Create(scene.new_tenant("acme")).into()];
    assert!(scene.changes(both).await.is_err());
    assert_eq!(scene.renew(&refused.key(), ONE, LONG).await, Some(refused));
}
