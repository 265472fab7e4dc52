//! The matching parts of each event of a list are reported by pointers and byte offsets; negated terms and withheld
//! groups are never reported.

use serde_json::{Value, json};

use crate::harness::{TestServer, event};

fn sent() -> Value {
    event(&json!({
        "action": "invoice.create",
        "actor": {"type": "user", "id": "ana", "name": "Ana Payroll"},
        "message": "Zahl \u{1f4b0} the payroll run, payroll",
        "targets": [{"type": "invoice", "id": "1"}, {"type": "run", "id": "2", "name": "The Payroll"}],
        "changes": [{"op": "replace", "path": "/terms/net", "old": {"b": 1, "a": "payroll"}, "new": "late payroll"}],
        "context": {"ip": "10.1.2.3"},
        "metadata": {"a/b~": "payroll", "size": 12.5},
    }))
}

/// The highlights: pointer, start, end.
fn told(event: &Value) -> Vec<(String, u64, u64)> {
    let highlights = event["highlights"].as_array().unwrap();
    let place = |of: &Value| {
        (of["pointer"].as_str().unwrap().to_owned(), of["start"].as_u64().unwrap(), of["end"].as_u64().unwrap())
    };
    highlights.iter().map(place).collect()
}

#[tokio::test]
async fn what_matches_is_told_with_its_bytes() {
    let server = TestServer::start().await;
    let acme = server.tenant("acme").await;
    acme.post("/api/v1/events", &sent()).await.expect(201);
    let payroll: &[(&str, u64, u64)] = &[
        ("/actor/name", 4, 11),
        ("/changes/0/new", 5, 12),
        ("/changes/0/old/a", 0, 7),
        ("/message", 14, 21),
        ("/message", 27, 34),
        ("/metadata/a~1b~0", 0, 7),
        ("/targets/1/name", 4, 11),
    ];
    for (query, expected) in [
        ("q=payroll", payroll),
        ("q=payr*", payroll),
        // A phrase is one highlight; overlapping ones are merged.
        ("q=\"the payroll run\"", &[("/message", 10, 25)]),
        (
            "q=\"payroll run\" \"the payroll\" zahl",
            &[("/message", 0, 4), ("/message", 10, 25), ("/targets/1/name", 0, 11)],
        ),
        // Values matched exactly, by a pattern or by a network, as a whole; words in texts of every kind.
        ("q=action:invoice.*", &[("/action", 0, 14)]),
        ("q=invoice", &[("/action", 0, 7), ("/targets/0/type", 0, 7)]),
        ("action=invoice.create", &[("/action", 0, 14)]),
        ("q=ip:10.0.0.0/8", &[("/context/ip", 0, 8)]),
        ("q=actor:ana,bob", &[("/actor/id", 0, 3)]),
        ("q=target.type:run", &[("/targets/1/type", 0, 3)]),
        ("q=changes.path:/terms/*", &[("/changes/0/path", 0, 10)]),
        ("q=metadata.size:12.5", &[("/metadata/size", 0, 4)]),
        // Only alternatives that match; no negated terms, ranges or presence.
        ("q=zahl OR absent OR action:nothing", &[("/message", 0, 4)]),
        ("q=zahl -absent -action:nothing NOT (absent zahl)", &[("/message", 0, 4)]),
        ("q=metadata.size:>3 context.ip:* since:2000-01-01", &[]),
    ] {
        let page =
            acme.get(&format!("/api/v1/events?highlight=true&action=!tenant.*&{}", escaped(query))).await.expect(200);
        assert_eq!(page["events"].as_array().map(Vec::len), Some(1), "{query}");
        let found = told(&page["events"][0]);
        let found: Vec<_> = found.iter().map(|(pointer, start, end)| (pointer.as_str(), *start, *end)).collect();
        assert_eq!(found, expected, "{query}");
        assert!(page["events"][0].get("highlights_omitted").is_none());
    }
}

fn escaped(query: &str) -> String {
    query.replace(' ', "%20").replace('"', "%22").replace('>', "%3E")
}

#[tokio::test]
async fn only_whoever_asks_is_told_and_never_a_part_without_the_rest() {
    let server = TestServer::start().await;
    let acme = server.tenant("acme").await;
    let words = "word, ".repeat(100);
    acme.post("/api/v1/events", &event(&json!({"message": words}))).await.expect(201);
    let found = acme.get("/api/v1/events?q=word&highlight=true").await.expect(200);
    assert_eq!((told(&found["events"][0]).len(), &found["events"][0]["highlights_omitted"]), (64, &json!(36)));
    for query in ["q=word", "q=word&highlight=false"] {
        let found = acme.get(&format!("/api/v1/events?{query}")).await.expect(200);
        assert!(found["events"][0].get("highlights").is_none(), "{query}");
    }
    let refused = acme.get("/api/v1/events?highlight=yes").await.expect(400);
    assert_eq!(
        (&refused["code"], &refused["errors"][0]["pointer"]),
        (&json!("invalid_parameter"), &json!("/highlight"))
    );
    // The next page of a walk may be requested without highlights.
    acme.post("/api/v1/events", &event(&json!({"message": "word"}))).await.expect(201);
    let first = acme.get("/api/v1/events?q=word&highlight=true&limit=1").await.expect(200);
    let cursor = first["next_cursor"].as_str().unwrap();
    let second = acme.get(&format!("/api/v1/events?q=word&limit=1&cursor={cursor}")).await.expect(200);
    assert!(second["events"][0].get("highlights").is_none());
}
