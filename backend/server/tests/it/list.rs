//! Finding events: filters of every kind, order, pages, totals.

use std::{collections::BTreeSet, time::Duration};

use serde_json::{Value, json};

use crate::harness::{Client, TestServer, event};

/// Ten events in tenant `acme`; the sequence after the two of its creation is the number in the message.
async fn scene(server: &TestServer) -> Client {
    let acme = server.tenant("acme").await;
    let events = json!([
        {"action": "user.login", "actor": {"type": "user", "id": "alice", "name": "Alice Liddell"},
         "context": {"ip": "10.1.2.3", "request_id": "r-1"}, "source": {"service": "identity"},
         "metadata": {"env": "prod", "attempt": 1}, "message": "signed in from the office"},
        {"action": "user.login", "actor": {"type": "user", "id": "bob"}, "outcome": {"status": "failure", "code": "E1"},
         "severity": "medium", "context": {"ip": "192.168.0.9"}, "source": {"service": "identity"},
         "metadata": {"env": "test", "attempt": 3}},
        {"action": "user.logout", "actor": {"type": "user", "id": "alice"}, "source": {"service": "identity"}},
        {"action": "invoice.create", "actor": {"type": "service", "id": "billing-bot"},
         "on_behalf_of": [{"type": "user", "id": "alice"}], "targets": [{"type": "invoice", "id": "i-1"},
         {"type": "customer", "id": "c-9"}], "source": {"service": "billing"}, "severity": "low"},
        {"action": "invoice.delete", "actor": {"type": "user", "id": "carol", "groups": ["finance", "admins"]},
         "outcome": {"status": "denied"}, "targets": [{"type": "invoice", "id": "i-1"}], "severity": "high",
         "source": {"service": "billing"}, "reason": {"text": "payroll run", "ticket": "OPS-7"}},
        {"action": "user.login", "actor": {"type": "user", "id": "alice"}, "occurred_at": "2001-01-01T00:00:00Z",
         "source": {"service": "identity", "region": "eu-1"}},
    ]);
    for (index, event) in events.as_array().unwrap().iter().enumerate() {
        let _ = server.clock.advance(Duration::from_mins(1));
        let mut event = event.clone();
        event["producer"] = json!({"id": "scene", "sequence": index});
        acme.post("/api/v1/events", &event).await.expect(201);
    }
    acme
}

fn numbers(page: &Value) -> Vec<u64> {
    let events = page["events"].as_array().unwrap();
    events.iter().map(|event| event["producer"]["sequence"].as_u64().unwrap()).collect()
}

#[tokio::test]
async fn every_kind_of_filter_finds_what_it_says() {
    let server = TestServer::start().await;
    let acme = scene(&server).await;
    let cases: &[(&str, &[u64])] = &[
        ("", &[0, 1, 2, 3, 4, 5]),
        ("action=user.login", &[0, 1, 5]),
        ("action=user.login&action=user.logout", &[0, 1, 2, 5]),
        ("action=user.*", &[0, 1, 2, 5]),
        ("action=!user.*", &[3, 4]),
        ("action=user.*&action=!user.logout", &[0, 1, 5]),
        ("outcome=denied", &[4]),
        ("outcome.status=!success", &[1, 4]),
        ("outcome.code=E1", &[1]),
        ("severity=>=medium", &[1, 4]),
        ("category=delete", &[4]),
        ("actor=alice", &[0, 2, 3, 5]),
        ("actor.id=alice", &[0, 2, 5]),
        ("on_behalf_of=alice", &[3]),
        ("actor.type=service", &[3]),
        ("actor.name=Alice*", &[0]),
        ("actor.groups=admins", &[4]),
        ("target=i-1", &[3, 4]),
        ("target.type=customer", &[3]),
        ("service=billing", &[3, 4]),
        ("source.region=eu-1", &[5]),
        ("ip=10.0.0.0/8", &[0]),
        ("ip=!10.0.0.0/8&action=user.login", &[1, 5]),
        ("ip=192.168.0.9", &[1]),
        ("request_id=r-1", &[0]),
        ("metadata.env=prod", &[0]),
        ("metadata.env=!prod", &[1, 2, 3, 4, 5]),
        ("metadata.attempt=2..5", &[1]),
        ("metadata.attempt=>=1", &[0, 1]),
        ("reason.ticket=OPS-7", &[4]),
        ("producer.sequence=2..3", &[2, 3]),
        ("producer.id=scene&producer.sequence=>4", &[5]),
        ("since=2001-01-02", &[0, 1, 2, 3, 4]),
        ("until=2001-01-02", &[5]),
        ("occurred_at=2001-01-01..2001-01-02", &[5]),
        ("q=payroll", &[4]),
        ("q=%22payroll+run%22", &[4]),
        ("q=office", &[0]),
        ("q=actor:alice+action:user.*+-action:user.logout", &[0, 5]),
        ("q=outcome:failure,denied", &[1, 4]),
        ("q=service:billing&severity=high", &[4]),
        ("action==user.login&actor.id=bob", &[1]),
    ];
    for (query, expected) in cases {
        let filter = if query.is_empty() { String::new() } else { format!("&{query}") };
        let path = format!("/api/v1/events?order=oldest&count=true&producer.id=scene{filter}");
        let page = acme.get(&path).await.expect(200);
        let found: BTreeSet<u64> = numbers(&page).into_iter().collect();
        assert_eq!(found, expected.iter().copied().collect(), "{query}");
        assert_eq!(page["total"], expected.len(), "{query}");
        assert_eq!(page["next_cursor"], Value::Null, "{query}");
    }
}

#[tokio::test]
async fn order_is_by_time_of_occurrence() {
    let server = TestServer::start().await;
    let acme = scene(&server).await;
    let newest = acme.get("/api/v1/events?producer.id=scene").await.expect(200);
    assert_eq!(numbers(&newest), [4, 3, 2, 1, 0, 5]);
    assert_eq!(newest.get("total"), None);
    let oldest = acme.get("/api/v1/events?producer.id=scene&order=oldest").await.expect(200);
    assert_eq!(numbers(&oldest), [5, 0, 1, 2, 3, 4]);
}

/// Walks to the end and returns the numbers seen on all pages.
async fn walk(client: &Client, query: &str, between: impl AsyncFn()) -> Vec<u64> {
    let mut seen = Vec::new();
    let mut cursor = String::new();
    loop {
        let page = client.get(&format!("/api/v1/events?{query}{cursor}")).await.expect(200);
        seen.extend(numbers(&page));
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return seen,
        }
        between().await;
    }
}

#[tokio::test]
async fn a_walk_sees_each_event_once_while_others_arrive() {
    let server = TestServer::start().await;
    for order in ["newest", "oldest"] {
        for limit in [1, 2, 5, 7] {
            let acme = server.tenant(&format!("t-{order}-{limit}")).await;
            for number in 0..10 {
                let _ = server.clock.advance(Duration::from_millis(1));
                // Pairs that occur at the same time; their order is by sequence.
                let occurred_at = format!("2031-01-01T00:00:0{}Z", number / 2);
                let changes = json!({"producer": {"id": "p", "sequence": number}, "occurred_at": occurred_at});
                acme.post("/api/v1/events", &event(&changes)).await.expect(201);
            }
            let intruder = async || {
                for occurred_at in ["2000-01-01T00:00:00Z", "2031-01-01T00:00:02Z", "2031-02-01T00:00:00Z"] {
                    let changes = json!({"producer": {"id": "p", "sequence": 99}, "occurred_at": occurred_at});
                    acme.post("/api/v1/events", &event(&changes)).await.expect(201);
                }
            };
            let query = format!("producer.id=p&order={order}&limit={limit}");
            let mut expected: Vec<u64> = (0..10).collect();
            if order == "newest" {
                expected.reverse();
            }
            assert_eq!(walk(&acme, &query, intruder).await, expected, "{query}");
        }
    }
}

#[tokio::test]
async fn relative_times_of_a_walk_are_those_of_its_first_page() {
    let server = TestServer::start().await;
    let acme = scene(&server).await;
    // Later pages are requested when every event is older than an hour.
    let wait = async || {
        let _ = server.clock.advance(Duration::from_hours(2));
    };
    assert_eq!(walk(&acme, "producer.id=scene&since=1h&limit=1", wait).await, [4, 3, 2, 1, 0]);
}

#[tokio::test]
async fn a_cursor_belongs_to_one_search_one_order_and_one_tenant() {
    let server = TestServer::start().await;
    let acme = scene(&server).await;
    let first = acme.get("/api/v1/events?action=user.*&limit=1").await.expect(200);
    let cursor = first["next_cursor"].as_str().unwrap();
    for query in ["action=user.login", "", "action=user.*&order=oldest", "action=user.*&actor=alice"] {
        let answer = acme.get(&format!("/api/v1/events?{query}&cursor={cursor}")).await;
        let problem = answer.problem(400, "cursor_mismatch");
        assert_eq!(problem["errors"][0]["pointer"], "/cursor", "{query}");
    }
    // Another page size and counting are allowed within the same walk.
    let page = acme.get(&format!("/api/v1/events?action=user.*&limit=3&count=true&cursor={cursor}")).await.expect(200);
    assert_eq!((numbers(&page).len(), &page["total"]), (3, &json!(4)));
    let answer = server.admin.get(&format!("/api/v1/events?action=user.*&cursor={cursor}")).await;
    answer.problem(400, "invalid_cursor");
}
