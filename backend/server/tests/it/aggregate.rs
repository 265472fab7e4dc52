//! Aggregations over all events: groups by value and time, metrics, facets, and refused requests.

use serde_json::{Value, json};

use crate::harness::{Client, TestServer, event};

/// Six events of two days and three actors in tenant `acme`.
async fn scene(server: &TestServer) -> Client {
    let acme = server.tenant("acme").await;
    let of = |time: &str, action: &str, actor: &str, n: i64| {
        event(&json!({
            "occurred_at": time, "action": action, "actor": {"type": "user", "id": actor}, "metadata": {"n": n},
            "source": {"service": "scene"}, "targets": [{"type": "invoice", "id": "i"}, {"type": "customer", "id": actor}],
        }))
    };
    let events = json!([
        of("2025-03-29T22:30:00Z", "user.login", "alice", 3),
        of("2025-03-29T23:30:00Z", "user.login", "bob", -1),
        of("2025-03-30T00:30:00Z", "user.logout", "alice", 8),
        of("2025-03-30T21:59:59Z", "invoice.create", "carol", 2),
        of("2025-03-30T22:00:00Z", "invoice.create", "alice", 5),
        of("2025-03-30T22:00:00Z", "user.login", "alice", 5),
    ]);
    acme.post("/api/v1/events/batch", &events).await.expect(200);
    acme
}

async fn ask(client: &Client, query: &str) -> Value {
    client.get(&format!("/api/v1/events/aggregate?source.service=scene&{query}")).await.expect(200)
}

#[tokio::test]
async fn events_are_counted_by_value() {
    let server = TestServer::start().await;
    let acme = scene(&server).await;
    let found = ask(&acme, "group_by=action&limit=2").await;
    let expected = json!({"count": 6, "groups": {
        "field": "action", "values": 3, "other": 1, "missing": 0,
        "buckets": [{"value": "user.login", "count": 3}, {"value": "invoice.create", "count": 2}],
    }});
    assert_eq!(found, expected);
    let narrowed = ask(&acme, "group_by=target.type&actor=alice&action=user.*").await;
    let buckets = json!([{"value": "customer", "count": 3}, {"value": "invoice", "count": 3}]);
    assert_eq!((&narrowed["count"], &narrowed["groups"]["buckets"]), (&json!(3), &buckets));
}

#[tokio::test]
async fn events_are_counted_by_the_days_of_a_place() {
    let server = TestServer::start().await;
    let acme = scene(&server).await;
    let found = ask(&acme, "group_by=occurred_at&time_zone=Europe/Berlin").await;
    // The second day has 23 hours.
    let expected = json!({"field": "occurred_at", "interval": "day", "time_zone": "Europe/Berlin", "buckets": [
        {"from": "2025-03-28T23:00:00.000000Z", "to": "2025-03-29T23:00:00.000000Z", "count": 1},
        {"from": "2025-03-29T23:00:00.000000Z", "to": "2025-03-30T22:00:00.000000Z", "count": 3},
        {"from": "2025-03-30T22:00:00.000000Z", "to": "2025-03-31T22:00:00.000000Z", "count": 2},
    ]});
    assert_eq!(found["groups"], expected);
}

#[tokio::test]
async fn groups_nest_with_metrics_at_each_level() {
    let server = TestServer::start().await;
    let acme = scene(&server).await;
    let query =
        "group_by=occurred_at&interval=month&group_by=actor&limit=1&distinct=action&min=metadata.n&max=occurred_at";
    let found = ask(&acme, query).await;
    let whole = json!({"distinct": {"action": {"count": 3, "exact": true}}, "min": {"metadata.n": -1}});
    assert_eq!((&found["distinct"], &found["min"]), (&whole["distinct"], &whole["min"]));
    let month = &found["groups"]["buckets"][0];
    assert_eq!(month["max"]["occurred_at"], "2025-03-30T22:00:00.000000Z");
    assert_eq!((&month["groups"]["values"], &month["groups"]["other"]), (&json!(3), &json!(2)));
    let alice = json!({"value": "alice", "count": 4, "distinct": {"action": {"count": 3, "exact": true}},
        "min": {"metadata.n": 3}, "max": {"occurred_at": "2025-03-30T22:00:00.000000Z"}});
    assert_eq!(month["groups"]["buckets"], json!([alice]));
    let nothing = ask(&acme, "actor=nobody&distinct=action&max=sequence").await;
    let none = json!({"count": 0, "distinct": {"action": {"count": 0, "exact": true}}, "max": {"sequence": null}});
    assert_eq!(nothing, none);
}

#[tokio::test]
async fn facets_count_several_fields_at_once() {
    let server = TestServer::start().await;
    let acme = scene(&server).await;
    let found = acme.get("/api/v1/events/facets?source.service=scene&actor=alice&limit=3").await.expect(200);
    assert_eq!((&found["count"], found.get("withheld")), (&json!(4), None));
    let fields: Vec<&str> = found["facets"].as_array().unwrap().iter().filter_map(|f| f["field"].as_str()).collect();
    let standard = [
        "action",
        "category",
        "outcome.status",
        "severity",
        "actor.type",
        "actor",
        "target.type",
        "source.service",
        "source.environment",
        "context.auth_method",
    ];
    assert_eq!(fields, standard);
    assert_eq!(found["facets"][0]["buckets"][0], json!({"value": "user.login", "count": 2}));
    assert_eq!(
        found["facets"][8],
        json!({"field": "source.environment", "values": 0, "other": 0, "missing": 4, "buckets": []})
    );
    let named = acme.get("/api/v1/events/facets?source.service=scene&field=metadata.n&limit=1").await.expect(200);
    let expected = json!([{"field": "metadata.n", "values": 5, "other": 4, "missing": 0,
        "buckets": [{"value": "5", "count": 2}]}]);
    assert_eq!(named["facets"], expected);
}

#[tokio::test]
async fn what_may_not_be_seen_is_not_counted() {
    let server = TestServer::start().await;
    let viewer = server.key(&server.admin, "audit_viewer").await;
    server.admin.post("/api/v1/events", &event(&json!({}))).await.expect(201);
    for (query, parameter) in [
        ("aggregate?group_by=action&group_by=actor", "group_by"),
        ("aggregate?distinct=context.ip", "distinct"),
        ("aggregate?max=metadata.n", "max"),
        ("aggregate?group_by=action&actor=alice", "actor"),
        ("facets?field=actor", "field"),
        ("facets?ip=10.0.0.0/8", "context.ip"),
    ] {
        let answer = viewer.get(&format!("/api/v1/events/{query}")).await;
        let problem = answer.problem(403, "field_not_permitted");
        assert_eq!(problem["errors"][0]["pointer"], format!("/{parameter}"), "{query}");
    }
    let found = viewer.get("/api/v1/events/facets").await.expect(200);
    assert_eq!(found.get("withheld"), None, "the query has no words");
    assert_eq!(found["withheld_fields"], json!(["actor.type", "actor", "context.auth_method"]));
    assert_eq!(found["facets"].as_array().unwrap().len(), 7);
}

#[tokio::test]
async fn a_question_that_makes_no_sense_is_refused_by_name() {
    let server = TestServer::start().await;
    for (query, code, parameter, detail) in [
        ("aggregate?group_by=acton", "invalid_parameter", "group_by", "unknown_field"),
        ("aggregate?group_by=occurred_at&interval=year", "invalid_parameter", "interval", "invalid_value"),
        ("aggregate?group_by=occurred_at&time_zone=Berlin", "invalid_parameter", "time_zone", "unknown_time_zone"),
        ("aggregate?group_by=action&limit=5000", "invalid_parameter", "limit", "invalid_value"),
        ("aggregate?acton=x", "unknown_parameter", "acton", "unknown_parameter"),
        ("facets?field=acton", "invalid_parameter", "field", "unknown_field"),
        ("facets?field=occurred_at", "invalid_parameter", "field", "invalid_value"),
        ("facets?limit=none", "invalid_parameter", "limit", "invalid_value"),
    ] {
        let problem = server.admin.get(&format!("/api/v1/events/{query}")).await.problem(400, code);
        let error = &problem["errors"][0];
        assert_eq!((&error["pointer"], &error["code"]), (&json!(format!("/{parameter}")), &json!(detail)), "{query}");
        if detail == "unknown_field" {
            assert!(error["detail"].as_str().unwrap().contains("Did you mean `action`?"), "{query}: {error}");
        }
    }
}
