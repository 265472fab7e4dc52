//! Lists of control data are paged, and a walk over them returns each entry once.

use std::time::Duration;

use serde_json::{Value, json};

use crate::harness::{Client, TestServer};

/// Each list with the member that holds its entries and the member that identifies an entry.
const LISTS: [(&str, &str, &str); 4] = [
    ("/api/v1/api-keys", "api_keys", "id"),
    ("/api/v1/tenants", "tenants", "id"),
    ("/api/v1/saved-searches", "saved_searches", "id"),
    ("/api/v1/exports", "exports", "id"),
];

/// A server with five entries in each list, and a client that may see them.
async fn filled() -> (TestServer, Client) {
    let server = TestServer::start().await;
    for number in 1..4 {
        server.tenant(&format!("tenant-{number}")).await;
    }
    let acme = server.tenant("acme").await;
    for number in 0..5 {
        if number < 4 {
            server.key(&acme, "audit_viewer").await;
        }
        let body = json!({"name": format!("ä {} search", 9 - number), "query": "outcome:denied"});
        acme.post("/api/v1/saved-searches", &body).await.expect(201);
        acme.post("/api/v1/exports", &json!({})).await.expect(201);
        if number % 2 == 0 {
            let _ = server.clock.advance(Duration::from_millis(1));
        }
    }
    (server, acme)
}

fn reader<'c>(server: &'c TestServer, acme: &'c Client, list: &str) -> &'c Client {
    if list == "tenants" { &server.system } else { acme }
}

fn ids(answer: &Value, list: &str, member: &str) -> Vec<String> {
    let entries = answer[list].as_array().unwrap();
    entries.iter().map(|entry| entry[member].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn a_walk_sees_each_entry_once_and_in_order() {
    let (server, acme) = filled().await;
    for (path, list, member) in LISTS {
        let client = reader(&server, &acme, list);
        let whole = client.get(path).await.expect(200);
        assert_eq!((ids(&whole, list, member).len(), &whole["next_cursor"]), (5, &Value::Null), "{list}");
        for limit in [1, 2, 5, 6, 1_000] {
            let (mut walked, mut cursor) = (Vec::new(), String::new());
            for part in 0.. {
                let answer = client.get(&format!("{path}?limit={limit}{cursor}")).await.expect(200);
                walked.extend(ids(&answer, list, member));
                assert!(answer[list].as_array().unwrap().len() <= limit && part < 5, "{list} {limit}");
                let Some(next) = answer["next_cursor"].as_str() else { break };
                cursor = format!("&cursor={next}");
            }
            assert_eq!(walked, ids(&whole, list, member), "{list} {limit}");
        }
    }
}

#[tokio::test]
async fn what_is_no_part_of_this_list_is_refused() {
    let (server, acme) = filled().await;
    let other = server.tenant("other").await;
    let mut cursors = Vec::new();
    for (path, list, _) in LISTS {
        let client = reader(&server, &acme, list);
        for query in ["limit=0", "limit=1001", "limit=x", "limit=", "limit=1&limit=2"] {
            let problem = client.get(&format!("{path}?{query}")).await.problem(400, "invalid_parameter");
            assert_eq!(problem["errors"][0]["pointer"], "/limit", "{list} {query}");
        }
        client.get(&format!("{path}?name=x")).await.problem(400, "unknown_parameter");
        client.get(&format!("{path}?cursor=x")).await.problem(400, "invalid_cursor");
        let part = client.get(&format!("{path}?limit=2")).await.expect(200);
        let cursor = part["next_cursor"].as_str().unwrap().to_owned();
        let stranger = if list == "tenants" { None } else { Some(&other) };
        if let Some(stranger) = stranger {
            stranger.get(&format!("{path}?cursor={cursor}")).await.problem(400, "invalid_cursor");
        }
        cursors.push((list, cursor));
    }
    for (path, list, _) in LISTS.iter().filter(|(_, list, _)| *list != "tenants") {
        for (_, cursor) in cursors.iter().filter(|(of, _)| of != list && *of != "tenants") {
            acme.get(&format!("{path}?cursor={cursor}")).await.problem(400, "cursor_mismatch");
        }
    }
}
