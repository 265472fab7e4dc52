//! Exports: every matching event once, in the same form as everywhere, and never an incomplete file that looks
//! complete.

use std::io::Read;

use auditlog_core::store::QueryError;
use serde_json::{Value, json};

use crate::harness::{Client, Queries, TestServer, event};

const EXPORT: &str = "/api/v1/events/export";

/// A tenant with a few thousand events, which is several pieces of a walk.
async fn filled(server: &TestServer) -> Client {
    let acme = server.tenant("acme").await;
    let numbered = |number: usize| {
        let action = if number.is_multiple_of(3) { "invoice.create" } else { "user.login" };
        event(&json!({"action": action, "message": format!("Grüße\n\"{number}\"")}))
    };
    let events: Vec<Value> = (0..2_300).map(numbered).collect();
    for events in events.chunks(1_000) {
        let answer = acme.post("/api/v1/events/batch", &json!(events)).await.expect(200);
        assert_eq!(answer["stored"], events.len());
    }
    acme
}

/// All events of the list, in log order.
async fn listed(client: &Client, filters: &str) -> Vec<Value> {
    let (mut events, mut cursor) = (Vec::new(), String::new());
    loop {
        let path = format!("/api/v1/events?limit=1000&{filters}{cursor}");
        let page = client.get(&path).await.expect(200);
        events.extend(page["events"].as_array().unwrap().iter().cloned());
        let Some(next) = page["next_cursor"].as_str() else { break };
        cursor = format!("&cursor={next}");
    }
    events.sort_by_key(|event| event["sequence"].as_str().unwrap().parse::<u64>().unwrap());
    events
}

fn lines(body: &[u8]) -> Vec<Value> {
    let text = std::str::from_utf8(body).unwrap();
    assert!(text.is_empty() || text.ends_with('\n'));
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[tokio::test]
async fn every_format_holds_what_the_list_gives_in_the_order_of_the_log() {
    let server = TestServer::start().await;
    let acme = filled(&server).await;
    server.tenant("other").await.post("/api/v1/events", &event(&json!({}))).await.expect(201);
    for filters in ["", "action=invoice.*", "q=action:user.login+-outcome:failure", "action=none", "since=1d"] {
        let expected = listed(&acme, filters).await;
        assert_eq!(expected.is_empty(), filters == "action=none", "{filters}");
        let answer = acme.get(&format!("{EXPORT}?{filters}")).await;
        assert_eq!(answer.status, 200);
        assert_eq!(lines(&answer.body), expected, "{filters}");
        let answer = acme.get(&format!("{EXPORT}?format=json&{filters}")).await;
        assert_eq!(answer.expect(200), json!(expected), "{filters}");
    }
}

#[tokio::test]
async fn a_compressed_file_holds_the_same_bytes() {
    let server = TestServer::start().await;
    let acme = filled(&server).await;
    for format in ["ndjson", "json", "csv"] {
        let plain = acme.get(&format!("{EXPORT}?format={format}&compression=none")).await.body;
        let gzip = acme.get(&format!("{EXPORT}?format={format}&compression=gzip")).await.body;
        let mut unpacked = Vec::new();
        flate2::read::GzDecoder::new(&gzip[..]).read_to_end(&mut unpacked).unwrap();
        assert_eq!(unpacked, plain, "{format}");
        let zstd = acme.get(&format!("{EXPORT}?format={format}&compression=zstd")).await.body;
        assert_eq!(zstd::decode_all(&zstd[..]).unwrap(), plain, "{format}");
        assert!(gzip.len().max(zstd.len()) < plain.len() / 2);
    }
}

#[tokio::test]
async fn an_answer_says_what_it_is_and_how_to_name_it() {
    let server = TestServer::start().await;
    let acme = server.tenant("acme").await;
    for (query, media_type, ending) in [
        ("", "application/x-ndjson", ".ndjson"),
        ("format=json", "application/json", ".json"),
        ("format=csv", "text/csv; charset=utf-8; header=present", ".csv"),
        ("format=parquet&compression=none", "application/vnd.apache.parquet", ".parquet"),
        ("compression=gzip", "application/gzip", ".ndjson.gz"),
        ("format=csv&compression=gzip", "application/gzip", ".csv.gz"),
        ("format=json&compression=zstd", "application/zstd", ".json.zst"),
    ] {
        let answer = acme.get(&format!("{EXPORT}?{query}")).await;
        assert_eq!(answer.header("content-type"), media_type);
        assert_eq!(answer.header("content-encoding"), "");
        let name = answer.header("content-disposition").strip_prefix("attachment; filename=\"auditlog-acme-").unwrap();
        let time = name.strip_suffix(&format!("{ending}\"")).unwrap();
        assert_eq!((time.len(), &time[8..9], &time[15..]), (16, "T", "Z"), "{name}");
    }
}

#[tokio::test]
async fn what_a_reader_may_not_see_is_left_out_and_not_searched() {
    let server = TestServer::start().await;
    let secret = event(&json!({"message": "secret-message", "actor": {"type": "user", "id": "secret-person"}}));
    server.admin.post("/api/v1/events", &secret).await.expect(201);
    let viewer = server.key(&server.admin, "audit_viewer").await;
    let expected = listed(&viewer, "action=user.login").await;
    for format in ["ndjson", "json"] {
        let answer = viewer.get(&format!("{EXPORT}?format={format}&action=user.login")).await;
        let shown = if format == "json" { answer.value() } else { json!(lines(&answer.body)) };
        assert_eq!(shown, json!(expected));
        assert_eq!(shown[0]["withheld"], json!(["actor", "context", "content"]));
        assert!(!shown.to_string().contains("secret"), "{shown}");
    }
    // Words are looked for in what the reader sees.
    for (query, count) in [("q=secret", 0), ("q=-secret", 1), ("q=login", 1)] {
        let answer = viewer.get(&format!("{EXPORT}?format=ndjson&action=user.login&{query}")).await;
        assert_eq!(lines(&answer.body).len(), count, "{query}");
    }
    for query in ["actor=alice", "ip=10.0.0.0/8"] {
        viewer.get(&format!("{EXPORT}?{query}")).await.problem(403, "field_not_permitted");
    }
    server.key(&server.admin, "audit_writer").await.get(EXPORT).await.problem(403, "permission_denied");
}

#[tokio::test]
async fn what_nobody_can_export_is_refused_by_name() {
    let server = TestServer::start().await;
    for (query, code, pointer) in [
        ("format=xml", "invalid_parameter", "/format"),
        ("format=", "invalid_parameter", "/format"),
        ("format=json&format=json", "invalid_parameter", "/format"),
        ("compression=br", "invalid_parameter", "/compression"),
        ("limit=10", "unknown_parameter", "/limit"),
        ("cursor=x", "unknown_parameter", "/cursor"),
        ("severity=>=loud", "invalid_parameter", "/severity"),
    ] {
        let problem = server.admin.get(&format!("{EXPORT}?{query}")).await.problem(400, code);
        assert_eq!(problem["errors"][0]["pointer"], pointer, "{query}: {problem}");
    }
}

/// All bytes received on the connection of an export.
async fn transferred(client: &Client, version: &str) -> String {
    let key = client.key();
    let head = format!("GET {EXPORT} {version}\r\nhost: localhost\r\nauthorization: Bearer {key}\r\n");
    client.raw(format!("{head}connection: close\r\n\r\n").as_bytes()).await
}

#[tokio::test]
async fn a_failure_on_the_way_breaks_the_transfer_off() {
    let server = TestServer::start().await;
    let acme = filled(&server).await;
    assert!(transferred(&acme, "HTTP/1.1").await.ends_with("\r\n0\r\n\r\n"));
    let damage = || QueryError::Corrupted("a segment".to_owned());
    server.store.set_queries(Queries::FailingAfter(2, damage()));
    let broken = transferred(&acme, "HTTP/1.1").await;
    // How much of it was already on its way depends on timing.
    assert!(broken.is_empty() || broken.starts_with("HTTP/1.1 200 OK"), "{broken}");
    assert!(!broken.contains("\"sequence\":\"1000\"") && !broken.ends_with("\r\n0\r\n\r\n"));
    // A failure before the first byte is answered with a problem.
    server.store.set_queries(Queries::Failing(damage()));
    acme.get(EXPORT).await.problem(500, "data_damaged");
}

#[tokio::test]
async fn a_client_that_could_not_tell_an_end_from_a_failure_is_refused() {
    let server = TestServer::start().await;
    let answer = transferred(&server.admin, "HTTP/1.0").await;
    assert!(answer.contains(" 505 ") && answer.contains("http_version_not_supported"), "{answer}");
}

#[tokio::test]
async fn an_export_runs_in_a_query_slot_and_gives_it_back() {
    let server = TestServer::start_with(|settings| settings.query_concurrency = 4.try_into().unwrap()).await;
    server.store.set_queries(Queries::Waiting);
    let first = tokio::spawn({
        let client = server.admin.clone();
        async move { client.get(EXPORT).await }
    });
    server.store.until_waiting(1).await;
    server.admin.get(EXPORT).await.problem(429, "too_many_queries");
    first.abort();
    assert_eq!(server.store.until_ended().await, QueryError::Cancelled);
    server.store.set_queries(Queries::Answered);
    assert_eq!(server.admin.get(EXPORT).await.status, 200);
    assert_eq!(server.admin.get(EXPORT).await.status, 200);
}
