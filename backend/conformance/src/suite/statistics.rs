//! `EventStore::storage`: the store may lay out a log as it likes, but the statistics must match the log.

use auditlog_core::store::StorageStatistics;
use serde_json::json;

use super::Scene;
use crate::{
    Store,
    fixtures::{event, tenant_id},
};

pub(super) async fn what_is_sealed_belongs_to_the_tenants_own_log<S: Store>(scene: Scene<S>) {
    let (acme, other) = (scene.tenant("acme").await, scene.tenant("other").await);
    for _ in 0..20 {
        scene.append(&acme, &[event(&json!({})), event(&json!({}))]).await;
    }
    let kept = scene.store.storage(acme).await.expect("the store reports its storage statistics");
    assert!(kept.sealed_events <= 40, "{kept:?}");
    assert_eq!(kept.segments == 0, kept.sealed_events == 0, "{kept:?}");
    assert!(kept.segments <= kept.sealed_events && kept.overlap.depth_max <= kept.segments, "{kept:?}");
    for nobody in [other, tenant_id("unknown")] {
        assert_eq!(scene.store.storage(nobody).await, Ok(StorageStatistics::default()));
    }
}
