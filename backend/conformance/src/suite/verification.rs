//! `Verify`: an intact store has no findings, and its roots are those of the acknowledged events.

use auditlog_core::{
    id::TenantId,
    intake::PreparedBatch,
    merkle::CompactRange,
    store::{Findings, LogVerification, TreeHead, Verification},
};
use serde_json::json;

use super::scene::Scene;
use crate::{
    Store,
    fixtures::{budget, event, everything, tenant_id},
};

/// Appends batches to a tenant and returns the size and the root over the acknowledged leaf hashes.
async fn fill<S: Store>(scene: &Scene<S>, tenant: &TenantId, batch_sizes: &[usize]) -> TreeHead {
    let mut range = CompactRange::new();
    for size in batch_sizes {
        let mut events = vec![event(&json!({ "message": format!("of {size}") })); *size];
        let mut last = everything();
        // The server makes its id.
        (last["id"], last["external_id"]) = (json!(null), json!(null));
        events.push(last);
        let batch: PreparedBatch = scene.prepare(tenant, &events);
        for prepared in &batch.events {
            range.append(prepared.leaf_hash);
        }
        scene.append_prepared(batch).await;
    }
    TreeHead { size: range.size(), root: range.root() }
}

fn intact(tenant_id: &TenantId, head: TreeHead) -> LogVerification {
    LogVerification::whole(tenant_id.clone(), head.size, head.root)
}

pub(super) async fn an_intact_log_verifies_with_its_root<S: Store>(scene: Scene<S>) {
    let mut expected = Vec::new();
    for (name, batch_sizes) in [("b", [1, 255, 300].as_slice()), ("a", &[0]), ("c", &[3, 250])] {
        let tenant = scene.tenant(name).await;
        expected.push(intact(&tenant, fill(&scene, &tenant, batch_sizes).await));
    }
    expected.sort_by(|one, other| one.tenant_id.cmp(&other.tenant_id));
    let expected = Verification { logs: expected, findings: Findings::default() };
    assert_eq!(scene.store.verify(None, budget()).await, Ok(expected), "every log, by tenant");
}

pub(super) async fn one_tenant_can_be_verified_alone<S: Store>(scene: Scene<S>) {
    let (one, other) = (scene.tenant("one").await, scene.tenant("other").await);
    let filled = fill(&scene, &one, &[5, 5]).await;
    fill(&scene, &other, &[9]).await;
    let verified = scene.store.verify(Some(one.clone()), budget()).await;
    assert_eq!(verified, Ok(Verification { logs: vec![intact(&one, filled)], findings: Findings::default() }));
    assert_eq!(scene.store.verify(Some(tenant_id("nobody")), budget()).await, Ok(Verification::default()));
}

pub(super) async fn a_tree_head_is_what_verification_recomputes<S: Store>(scene: Scene<S>) {
    let (one, other) = (scene.tenant("one").await, scene.tenant("other").await);
    for batches in [[1, 0].as_slice(), &[255], &[300, 7]] {
        fill(&scene, &one, batches).await;
        fill(&scene, &other, &[3]).await;
        let verified = scene.store.verify(Some(one.clone()), budget()).await.expect("the log can be read back");
        let head = |log: &LogVerification| TreeHead { size: log.size, root: log.root.expect("every event is read") };
        let expected: Vec<_> = verified.logs.iter().map(head).collect();
        assert_eq!(scene.store.tree_head(one.clone()).await.map(|head| vec![head]), Ok(expected));
    }
    let empty = TreeHead { size: 0, root: CompactRange::new().root() };
    assert_eq!(scene.store.tree_head(tenant_id("nobody")).await, Ok(empty));
}
