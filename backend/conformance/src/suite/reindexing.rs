//! `Reindex`: it changes no answer, and no caller waits for it.

use std::sync::Arc;

use auditlog_core::{
    id::TenantId,
    query::{Field, Filter},
};
use serde_json::{Value, json};

use super::scene::{Scene, one_of, used_up_budgets};
use crate::{
    Store,
    fixtures::{budget, event},
};

const ROUNDS: u64 = 8;
const BATCH_EVENTS: u64 = 30;

fn by_actor(id: &str) -> Value {
    event(&json!({ "actor": { "type": "user", "id": id } }))
}

fn of_actor(id: &str) -> Filter {
    one_of(Field::ActorId, &[id])
}

/// Appends a batch in which each event but the first has the same actor.
async fn append_batch<S: Store>(scene: &Scene<S>, tenant: &TenantId, round: u64) {
    let others = (1..BATCH_EVENTS).map(|_| by_actor("anybody"));
    let batch: Vec<_> = [by_actor(&format!("u-{round}"))].into_iter().chain(others).collect();
    scene.append(tenant, &batch).await;
}

pub(super) async fn what_is_right_stays_as_it_is<S: Store>(scene: Scene<S>) {
    let nothing = scene.store.reindex(budget()).await.expect("an empty store has nothing that could fail");
    assert_eq!((nothing.rebuilt, nothing.unchanged), (0, 0));
    let tenant = scene.tenant("acme").await;
    for round in 0..ROUNDS {
        append_batch(&scene, &tenant, round).await;
    }
    let reindexed = scene.store.reindex(budget()).await.expect("whole events give their indexes");
    assert_eq!(reindexed.rebuilt, 0, "nothing was missing or damaged");
    for round in 0..ROUNDS {
        assert_eq!(scene.matching(&tenant, &of_actor(&format!("u-{round}"))).await, [round * BATCH_EVENTS]);
    }
}

pub(super) async fn intake_and_queries_go_on_meanwhile<S: Store>(scene: Scene<S>) {
    let tenant = scene.tenant("acme").await;
    for round in 0..ROUNDS {
        append_batch(&scene, &tenant, 2 * round).await;
        let store = Arc::clone(&scene.store);
        let reindexing = tokio::spawn(async move { store.reindex(budget()).await });
        append_batch(&scene, &tenant, 2 * round + 1).await;
        for seen in 0..2 * round + 2 {
            assert_eq!(scene.matching(&tenant, &of_actor(&format!("u-{seen}"))).await, [seen * BATCH_EVENTS]);
        }
        let reindexed = reindexing.await.expect("reindexing does not panic").expect("it comes to its end");
        assert_eq!(reindexed.rebuilt, 0, "nothing was missing or damaged");
    }
}

pub(super) async fn a_used_up_budget_ends_it<S: Store>(scene: Scene<S>) {
    let tenant = scene.tenant("acme").await;
    append_batch(&scene, &tenant, 0).await;
    for (used_up, expected) in used_up_budgets() {
        assert_eq!(scene.store.reindex(used_up).await, Err(expected));
    }
    assert_eq!(scene.matching(&tenant, &of_actor("u-0")).await, [0], "the store goes on");
}
