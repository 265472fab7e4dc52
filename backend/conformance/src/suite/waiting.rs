//! Waiting for a log to grow.

use auditlog_core::store::{ControlCommit, TenantChange};
use futures_util::{FutureExt, future::join_all};
use serde_json::json;

use super::Scene;
use crate::{Store, fixtures::event};

pub(super) async fn a_head_that_is_greater_already_is_told_at_once<S: Store>(scene: Scene<S>) {
    let acme = scene.tenant("acme").await;
    scene.append(&acme, &[event(&json!({})), event(&json!({}))]).await;
    assert_eq!(scene.store.wait(acme.clone(), 0).now_or_never(), Some(Ok(2)));
    assert_eq!(scene.store.wait(acme.clone(), 1).now_or_never(), Some(Ok(2)));
    assert_eq!(scene.store.wait(acme, 2).now_or_never(), None, "there is nothing new yet");
}

pub(super) async fn a_commit_wakes_everybody_who_waits_for_its_log<S: Store>(scene: Scene<S>) {
    let (acme, other) = (scene.tenant("acme").await, scene.tenant("other").await);
    scene.append(&acme, &[event(&json!({}))]).await;
    for round in 1..=50_u64 {
        let store = &scene.store;
        let mut others_log = store.wait(other.clone(), 0);
        assert_eq!((&mut others_log).now_or_never(), None);
        // Some wait before the commit begins, others start in the middle of it.
        let waiting = join_all((0..8).map(|_| {
            let (store, acme) = (store.clone(), acme.clone());
            tokio::spawn(async move { store.wait(acme, round).await })
        }));
        let events = [event(&json!({}))];
        let (woken, _) = tokio::join!(waiting, scene.append(&acme, &events));
        for head in woken {
            assert_eq!(head.expect("nothing panics"), Ok(round + 1));
        }
        assert_eq!((&mut others_log).now_or_never(), None, "another tenant's log has not grown");
    }
}

pub(super) async fn a_tenant_that_is_not_there_is_waited_for<S: Store>(scene: Scene<S>) {
    let tenant = scene.new_tenant("acme");
    let mut waiting = scene.store.wait(tenant.id.clone(), 0);
    assert_eq!((&mut waiting).now_or_never(), None);
    let record = scene.prepare(&tenant.id, &[event(&json!({}))]);
    let created = scene.store.commit(ControlCommit::new(vec![TenantChange::Create(tenant).into()], vec![record]));
    let (head, created) = tokio::join!(waiting, created);
    assert_eq!((head, created), (Ok(1), Ok(())));
}
