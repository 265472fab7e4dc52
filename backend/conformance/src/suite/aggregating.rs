//! `EventStore::aggregate`: groups by value and by time, nested, with metrics.

use auditlog_core::{
    id::TenantId,
    query::{
        Aggregation, Calendar, Field, Filter, Grouping, Histogram, Interval, KeyPath, Metric, MetricKind, Terms,
        TimeField,
    },
    store::{Aggregate, AggregateRequest, Distinct, Extreme, Groups, MetricValue, TermGroups, View},
    timestamp::Timestamp,
};
use serde_json::{Value, json};

use super::scene::{Scene, one_of, used_up_budgets};
use crate::{
    Store,
    fixtures::{budget, event, tenant_id},
};

async fn ask<S: Store>(scene: &Scene<S>, tenant: &TenantId, filter: Filter, asked: Aggregation) -> Aggregate {
    let view = scene.view(tenant, filter).await;
    let request = AggregateRequest { view, aggregations: vec![asked] };
    let mut found = scene.store.aggregate(request, budget()).await.expect("the store answers");
    assert_eq!(found.len(), 1);
    found.remove(0)
}

fn by(field: Field, limit: usize) -> Grouping {
    Grouping::Terms(Terms { field, limit })
}

fn by_time(interval: Interval, zone: &str) -> Grouping {
    let calendar = Calendar::new(interval, zone).expect("a known zone");
    Grouping::Histogram(Histogram { field: TimeField::OccurredAt, calendar })
}

fn metric(kind: MetricKind, field: Field) -> Metric {
    Metric { kind, field }
}

fn terms(found: &Aggregate) -> &TermGroups {
    match &found.groups {
        Some(Groups::Terms(terms)) => terms,
        other => panic!("{other:?} are no groups by value"),
    }
}

fn listed(terms: &TermGroups) -> Vec<(&str, u64)> {
    terms.groups.iter().map(|group| (group.value.as_str(), group.aggregate.count)).collect()
}

fn buckets(found: &Aggregate) -> Vec<(String, String, u64)> {
    let Some(Groups::Histogram(groups)) = &found.groups else { panic!("{:?} is no histogram", found.groups) };
    groups.iter().map(|group| (group.from.to_string(), group.to.to_string(), group.aggregate.count)).collect()
}

async fn store_all<S: Store>(scene: &Scene<S>, events: &[Value]) -> TenantId {
    let tenant = scene.tenant("acme").await;
    for batch in events.chunks(2) {
        scene.append(&tenant, batch).await;
    }
    tenant
}

/// The most frequent values first, equal ones by value; unlisted values are counted, and so are events without a value.
pub(super) async fn values_come_by_frequency_and_the_rest_is_counted<S: Store>(scene: Scene<S>) {
    let code = |code: Value| event(&json!({ "outcome": { "status": "failure", "code": code } }));
    let codes = ["b", "c", "a", "c", "b", "c", "d"].map(|text| code(json!(text)));
    let events = [&codes[..], &[event(&json!({}))]].concat();
    let tenant = store_all(&scene, &events).await;
    let by_code = |limit| Aggregation::terms(Field::OutcomeCode, limit);
    let found = ask(&scene, &tenant, Filter::All, by_code(3)).await;
    let groups = terms(&found);
    assert_eq!(listed(groups), [("c", 3), ("b", 2), ("a", 1)]);
    assert_eq!((found.count, groups.values, groups.other, groups.missing), (8, 4, 1, 1));
    let narrowed = ask(&scene, &tenant, one_of(Field::OutcomeCode, &["a", "c"]), by_code(9)).await;
    assert_eq!(listed(terms(&narrowed)), [("c", 3), ("a", 1)]);
    assert_eq!((narrowed.count, terms(&narrowed).other, terms(&narrowed).missing), (4, 0, 0));
}

/// An event with several values is in the group of each, once.
pub(super) async fn an_event_is_in_the_group_of_each_of_its_values<S: Store>(scene: Scene<S>) {
    let target = |kind: &str, id: &str| json!({ "type": kind, "id": id });
    let events = [
        event(&json!({ "targets": [target("a", "1"), target("b", "2"), target("a", "3")] })),
        event(&json!({ "targets": [target("a", "1")] })),
        event(&json!({ "targets": [] })),
        event(&json!({ "actor": { "type": "user", "id": "u", "groups": ["x", "y", "x"] } })),
    ];
    let tenant = store_all(&scene, &events).await;
    let found = ask(&scene, &tenant, Filter::All, Aggregation::terms(Field::TargetType, 9)).await;
    assert_eq!(listed(terms(&found)), [("a", 2), ("b", 1)]);
    assert_eq!(terms(&found).missing, 2);
    let found = ask(&scene, &tenant, Filter::All, Aggregation::terms(Field::ActorGroups, 9)).await;
    assert_eq!(listed(terms(&found)), [("x", 1), ("y", 1)]);
}

/// A value of metadata is its text: a number and the text of it are one value.
pub(super) async fn scalars_are_grouped_by_their_texts<S: Store>(scene: Scene<S>) {
    let metadata = |value: Value| event(&json!({ "metadata": { "n": value, "m": "x" } }));
    let values = [json!(5), json!("5"), json!(1.5), json!(true), json!(null), json!("true"), json!(5)];
    let tenant = store_all(&scene, &values.map(metadata)).await;
    let found = ask(&scene, &tenant, Filter::All, Aggregation::terms(Field::Metadata(KeyPath::of_name("n")), 9)).await;
    assert_eq!(listed(terms(&found)), [("5", 3), ("true", 2), ("1.5", 1), ("null", 1)]);
}

/// Time buckets follow the local clock and calendar of a time zone; those without an event are left out.
pub(super) async fn times_are_grouped_by_the_clock_of_a_place<S: Store>(scene: Scene<S>) {
    // The night in which clocks in Berlin went back from three to two, and a day later.
    let times = ["2025-10-26T00:30:00Z", "2025-10-26T01:30:00Z", "2025-10-25T23:10:00Z", "2025-10-26T23:30:00Z"];
    let tenant = store_all(&scene, &times.map(|time| event(&json!({ "occurred_at": time })))).await;
    let bucket = |from: &str, to: &str, count| {
        let print = |text: &str| Timestamp::parse_rfc3339(text).expect(text).to_string();
        (print(from), print(to), count)
    };
    let asked = |interval, zone| Aggregation { groups: vec![by_time(interval, zone)], metrics: vec![] };
    let found = ask(&scene, &tenant, Filter::All, asked(Interval::Hour, "Europe/Berlin")).await;
    let expected = [
        bucket("2025-10-25T23:00:00Z", "2025-10-26T00:00:00Z", 1),
        bucket("2025-10-26T00:00:00Z", "2025-10-26T01:00:00Z", 1),
        bucket("2025-10-26T01:00:00Z", "2025-10-26T02:00:00Z", 1),
        bucket("2025-10-26T23:00:00Z", "2025-10-27T00:00:00Z", 1),
    ];
    assert_eq!(buckets(&found), expected);
    let found = ask(&scene, &tenant, Filter::All, asked(Interval::Day, "Europe/Berlin")).await;
    let days = [
        bucket("2025-10-25T22:00:00Z", "2025-10-26T23:00:00Z", 3),
        bucket("2025-10-26T23:00:00Z", "2025-10-27T23:00:00Z", 1),
    ];
    assert_eq!(buckets(&found), days);
    let found = ask(&scene, &tenant, Filter::All, asked(Interval::Month, "UTC")).await;
    assert_eq!(buckets(&found), [bucket("2025-10-01T00:00:00Z", "2025-11-01T00:00:00Z", 4)]);
}

/// Groups may be nested in either order, and each has its own metrics.
pub(super) async fn groups_nest_and_have_their_own_metrics<S: Store>(scene: Scene<S>) {
    let of = |hour: u32, service: &str, actor: &str, n: Value| {
        event(&json!({
            "occurred_at": format!("2025-06-01T{hour:02}:15:00Z"),
            "source": { "service": service },
            "actor": { "type": "user", "id": actor },
            "metadata": { "n": n },
        }))
    };
    let events = [
        of(1, "s", "alice", json!(7)),
        of(1, "s", "bob", json!("9")),
        of(1, "t", "alice", json!(-2)),
        of(2, "t", "alice", json!(0.5)),
    ];
    let tenant = store_all(&scene, &events).await;
    let n = || Field::Metadata(KeyPath::of_name("n"));
    let metrics = vec![
        metric(MetricKind::Distinct, Field::ActorId),
        metric(MetricKind::Min, n()),
        metric(MetricKind::Max, Field::OccurredAt),
    ];
    let groups = vec![by_time(Interval::Hour, "UTC"), by(Field::SourceService, 9)];
    let found = ask(&scene, &tenant, Filter::All, Aggregation { groups, metrics: metrics.clone() }).await;
    let at = |hour: u32| {
        let text = format!("2025-06-01T{hour:02}:15:00Z");
        MetricValue::Extreme(Some(Extreme::Time(Timestamp::parse_rfc3339(&text).expect("a time"))))
    };
    let distinct = |count| MetricValue::Distinct(Distinct::Exact(count));
    let number = |number| MetricValue::Extreme(Some(Extreme::Number(number)));
    assert_eq!(found.metrics, [distinct(2), number(-2.0), at(2)]);
    let Some(Groups::Histogram(hours)) = &found.groups else { panic!("{found:?}") };
    assert_eq!(hours.len(), 2);
    let first = &hours[0].aggregate;
    assert_eq!((first.count, &first.metrics[..]), (3, &[distinct(2), number(-2.0), at(1)][..]));
    assert_eq!(listed(terms(first)), [("s", 2), ("t", 1)]);
    assert_eq!(terms(first).groups[0].aggregate.metrics, [distinct(2), number(7.0), at(1)]);
    assert_eq!(terms(&hours[1].aggregate).groups[0].aggregate.metrics, [distinct(1), number(0.5), at(2)]);
    let groups = vec![by(Field::SourceService, 1), by(Field::ActorId, 1)];
    let found = ask(&scene, &tenant, Filter::All, Aggregation { groups, metrics: vec![] }).await;
    // The same number of events in both: the first by value is listed.
    assert_eq!(listed(terms(&found)), [("s", 2)]);
    assert_eq!(listed(terms(&terms(&found).groups[0].aggregate)), [("alice", 1)]);
    assert_eq!(terms(&terms(&found).groups[0].aggregate).other, 1);
}

/// An unknown tenant and a filter without matches have answers of the same shape.
pub(super) async fn nothing_is_counted_where_nothing_is<S: Store>(scene: Scene<S>) {
    let tenant = store_all(&scene, &[event(&json!({}))]).await;
    let groups = vec![by(Field::Action, 9), by_time(Interval::Day, "UTC")];
    let metrics = vec![metric(MetricKind::Distinct, Field::Action), metric(MetricKind::Max, Field::Sequence)];
    let asked = Aggregation { groups, metrics };
    let nothing = Aggregate::of_nothing(&asked);
    let nobody = one_of(Field::ActorId, &["nobody"]);
    assert_eq!(ask(&scene, &tenant, nobody, asked.clone()).await, nothing);
    let request = AggregateRequest {
        view: View { tenant_id: tenant_id("stranger"), head: 9, filter: Filter::All },
        aggregations: vec![asked],
    };
    assert_eq!(scene.store.aggregate(request, budget()).await, Ok(vec![nothing]));
}

/// Several aggregations are answered in their order, over the events before the head, and an exhausted budget ends
/// them.
pub(super) async fn questions_are_answered_in_their_order<S: Store>(scene: Scene<S>) {
    let tenant = store_all(&scene, &[event(&json!({})), event(&json!({ "action": "key.rotate" }))]).await;
    let mut view = scene.view(&tenant, Filter::All).await;
    let asked = vec![Aggregation::terms(Field::Action, 9), Aggregation { groups: vec![], metrics: vec![] }];
    let request = AggregateRequest { view: view.clone(), aggregations: asked.clone() };
    let found = scene.store.aggregate(request.clone(), budget()).await.expect("the store answers");
    assert_eq!((found[0].groups.is_some(), found[1].groups.is_some(), found[1].count), (true, false, 2));
    view.head = 1;
    let before = scene.store.aggregate(AggregateRequest { view, aggregations: asked }, budget()).await;
    assert_eq!(before.expect("the store answers")[1].count, 1);
    for (budget, error) in used_up_budgets() {
        assert_eq!(scene.store.aggregate(request.clone(), budget).await, Err(error));
    }
}
