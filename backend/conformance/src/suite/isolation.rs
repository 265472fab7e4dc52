//! `EventStore`: nothing of another tenant is visible, and no answer reveals that it exists.

use auditlog_core::query::{Filter, Order};
use serde_json::json;

use super::scene::{Scene, receipt_id, stored_sequence};
use crate::{Store, fixtures::event};

const ID: &str = "01c1f2a3-0000-7abc-8def-0123456789ab";

pub(super) async fn nothing_of_another_tenant_is_seen<S: Store>(scene: Scene<S>) {
    let mut tenants = Vec::new();
    // Names with a common prefix, so that a look-up by prefix would be detected.
    for name in ["a", "a.b", "a.b-c", "ab", "b"] {
        tenants.push(scene.tenant(name).await);
    }
    let mut ids = Vec::new();
    for round in 0..3 {
        for tenant in &tenants {
            let message = json!({ "message": format!("round {round} of {tenant}") });
            ids.push((tenant, receipt_id(&scene.append(tenant, &[event(&message)]).await[0])));
        }
    }
    for tenant in &tenants {
        let view = scene.view(tenant, Filter::All).await;
        assert_eq!(view.head, 3);
        let seen = scene.walk(&view, Order::NewestFirst, 2).await;
        assert_eq!(seen.len(), 3);
        assert!(seen.iter().all(|stored| stored.event.tenant_id == *tenant));
        assert_eq!(scene.count(view).await, 3);
        for (owner, id) in &ids {
            assert_eq!(scene.get(tenant, *id).await.is_some(), owner == &tenant, "{tenant} looks up one of {owner}");
        }
    }
}

pub(super) async fn one_id_may_be_used_in_two_tenants<S: Store>(scene: Scene<S>) {
    let (one, other) = (scene.tenant("one").await, scene.tenant("other").await);
    for tenant in [&one, &other] {
        let receipt = scene.append(tenant, &[event(&json!({ "id": ID, "message": tenant.as_str() }))]).await.remove(0);
        assert_eq!(stored_sequence(&receipt), 0);
    }
    for tenant in [&one, &other] {
        let id = auditlog_core::id::EventId::parse(ID).expect("the id follows the rule");
        let stored = scene.get(tenant, id).await.expect("the event is stored");
        assert_eq!(stored.event.message.as_deref(), Some(tenant.as_str()));
    }
}
