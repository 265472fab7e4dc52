//! `Filter`: and, or, not, and their meaning for absent fields.

use auditlog_core::query::{Field, Filter, KeyPath, Test};
use serde_json::json;

use super::scene::{Scene, field, not, one_of, prefix, words};
use crate::{
    Store,
    fixtures::{event, everything},
};

pub(super) async fn combinations_mean_what_they_say<S: Store>(scene: Scene<S>) {
    let tenant = scene.tenant("acme").await;
    // Sequence = 2 * (is it bob) + (is it high).
    for (actor, severity) in [("alice", "info"), ("alice", "high"), ("bob", "info"), ("bob", "high")] {
        let changed = json!({ "actor": { "type": "user", "id": actor }, "severity": severity });
        scene.append(&tenant, &[event(&changed)]).await;
    }
    let bob = || one_of(Field::ActorId, &["bob"]);
    let high = || one_of(Field::Severity, &["high"]);
    let nowhere = || words(&["nowhere"]);
    let cases: [(Filter, &[u64]); 15] = [
        (Filter::All, &[0, 1, 2, 3]),
        (not(Filter::All), &[]),
        (Filter::And(vec![]), &[0, 1, 2, 3]),
        (Filter::Or(vec![]), &[]),
        (Filter::And(vec![bob(), high()]), &[3]),
        (Filter::Or(vec![bob(), high()]), &[1, 2, 3]),
        (Filter::And(vec![not(bob()), high()]), &[1]),
        (not(Filter::And(vec![bob(), high()])), &[0, 1, 2]),
        (not(Filter::Or(vec![bob(), high()])), &[0]),
        (not(not(bob())), &[2, 3]),
        (Filter::And(vec![bob(), not(bob())]), &[]),
        (Filter::Or(vec![bob(), not(bob())]), &[0, 1, 2, 3]),
        (Filter::Or(vec![Filter::And(vec![bob(), high()]), Filter::And(vec![not(bob()), not(high())])]), &[0, 3]),
        (Filter::And(vec![Filter::Or(vec![nowhere(), bob()]), Filter::All]), &[2, 3]),
        (Filter::And(vec![not(nowhere()), high()]), &[1, 3]),
    ];
    for (filter, expected) in cases {
        assert_eq!(scene.matching(&tenant, &filter).await, expected, "{filter:?}");
    }
}

pub(super) async fn an_absent_field_satisfies_every_negation<S: Store>(scene: Scene<S>) {
    let tenant = scene.tenant("acme").await;
    scene.append(&tenant, &[event(&json!({})), event(&json!({ "context": { "session_id": "s" } }))]).await;
    for filter in [one_of(Field::ContextSessionId, &["s"]), prefix(Field::ContextSessionId, "s")] {
        assert_eq!(scene.matching(&tenant, &filter).await, [1]);
        assert_eq!(scene.matching(&tenant, &not(filter)).await, [0]);
    }
    let never = one_of(Field::Metadata(KeyPath::of_name("key")), &["x"]);
    assert_eq!(scene.matching(&tenant, &not(never)).await, [0, 1]);
}

pub(super) async fn any_value_is_a_presence<S: Store>(scene: Scene<S>) {
    let tenant = scene.tenant("acme").await;
    let bare = event(&json!({}));
    let empty = event(&json!({ "message": "", "metadata": { "nothing": null, "note": "" } }));
    scene.append(&tenant, &[bare, everything(), empty]).await;
    let keys = ["nothing", "note", "ratio"].map(|key| Field::Metadata(KeyPath::of_name(key)));
    let fields = Field::standard().iter().map(|line| line.field.clone()).chain(keys);
    for tested in fields {
        let expected: &[u64] = match &tested {
            Field::Id
            | Field::Sequence
            | Field::OccurredAt
            | Field::ReceivedAt
            | Field::SubmittedByType
            | Field::SubmittedById
            | Field::Action
            | Field::Category
            | Field::OutcomeStatus
            | Field::Severity
            | Field::AnyActor
            | Field::ActorType
            | Field::ActorId
            | Field::SourceService => &[0, 1, 2],
            Field::Metadata(path) if path.to_string() == "nothing" => &[2],
            Field::Metadata(path) if path.to_string() == "note" => &[1, 2],
            // The empty message is an absent one.
            _ => &[1],
        };
        let absent: Vec<u64> = (0..3).filter(|sequence| !expected.contains(sequence)).collect();
        let present = field(tested, Test::Present);
        assert_eq!(scene.matching(&tenant, &present).await, expected, "{present:?}");
        assert_eq!(scene.matching(&tenant, &not(present.clone())).await, absent, "not {present:?}");
    }
}
