//! `EventStore::storage`: the store may lay out a log as it likes, but the statistics must match the log.

use auditlog_core::store::{Overlap, StorageStatistics};
use serde_json::json;

use super::Scene;
use crate::{
    Store,
    fixtures::{event, tenant_id},
};

pub(super) async fn what_is_settled_belongs_to_the_tenants_own_log<S: Store>(scene: Scene<S>) {
    let (acme, other) = (scene.tenant("acme").await, scene.tenant("other").await);
    for _ in 0..20 {
        scene.append(&acme, &[event(&json!({})), event(&json!({}))]).await;
    }
    let kept = scene.store.storage(acme).await.expect("the store reports its storage statistics");
    assert!(kept.settled_events <= 40, "{kept:?}");
    assert_eq!(kept.files == 0, kept.settled_events == 0, "{kept:?}");
    assert!(kept.files <= kept.settled_events, "{kept:?}");
    assert!(kept.overlap.is_none_or(|overlap| overlap.depth_max <= kept.files), "{kept:?}");
    // Which values there are depends on the store, not on the log.
    let nothing = StorageStatistics {
        index_bytes: kept.index_bytes.map(|_| 0),
        unsettled_bytes: kept.unsettled_bytes.map(|_| 0),
        overlap: kept.overlap.map(|_| Overlap::default()),
        ..StorageStatistics::default()
    };
    for nobody in [other, tenant_id("unknown")] {
        assert_eq!(scene.store.storage(nobody).await, Ok(nothing));
    }
}
