//! Resources shared by tenants: no tenant takes everything, and a tenant that requests in a loop waits behind those
//! that were not served.

use std::time::Duration;

use auditlog_core::store::QueryError;
use hyper::Method;
use serde_json::{Value, json};
use tokio::{io::AsyncWriteExt, net::TcpStream, task::JoinHandle, time::timeout};

use crate::harness::{Answer, Client, Queries, TestServer, event, gzip};

const EXPORTS: &str = "/api/v1/exports";
const TAIL: &str = "/api/v1/events/tail";
const VERIFY: &str = "/api/v1/log/verify";
/// Longer than anything here takes: a request that is locked out is not answered in time.
const LONG: Duration = Duration::from_secs(30);

fn nonzero(value: u64) -> std::num::NonZeroU64 {
    std::num::NonZeroU64::new(value).unwrap()
}

/// A tenant with two keys, each of which may have a quarter.
async fn pair(server: &TestServer, tenant: &str) -> [Client; 2] {
    let admin = server.tenant(tenant).await;
    let reader = server.key(&admin, "audit_reader").await;
    [admin, reader]
}

fn spawn_get(client: &Client, path: &'static str) -> JoinHandle<Answer> {
    let client = client.clone();
    tokio::spawn(async move { client.get(path).await })
}

fn spawn_verify(client: &Client) -> JoinHandle<Answer> {
    let client = client.clone();
    tokio::spawn(async move { client.json(Method::POST, VERIFY, &Value::Null).await })
}

#[tokio::test]
async fn two_tenants_leave_query_slots_for_others() {
    let server = TestServer::start_with(|settings| settings.query_concurrency = 8.try_into().unwrap()).await;
    let (greedy, too, other) =
        (pair(&server, "greedy").await, pair(&server, "too").await, server.tenant("other").await);
    server.store.set_queries(Queries::Waiting);
    let mut asked = Vec::new();
    for client in greedy.iter().chain(&too).flat_map(|client| [client, client]) {
        let waiting = server.store.waiting();
        let answer = spawn_get(client, "/api/v1/events");
        while server.store.waiting() == waiting && !answer.is_finished() {
            tokio::task::yield_now().await;
        }
        asked.push(answer);
    }
    assert_eq!(server.store.waiting(), 6, "half of them, and a quarter");
    server.store.set_queries(Queries::Answered);
    other.get("/api/v1/events").await.expect(200);
    too[0].get("/api/v1/events").await.problem(429, "too_many_queries");
    asked.iter().for_each(JoinHandle::abort);
}

#[tokio::test]
async fn two_tenants_leave_tails_for_others() {
    let server = TestServer::start_with(|settings| settings.tail_concurrency = 8.try_into().unwrap()).await;
    let (greedy, too) = (pair(&server, "greedy").await, pair(&server, "too").await);
    let mut open = Vec::new();
    for client in greedy.iter().flat_map(|client| [client, client]).chain(&too) {
        open.push(client.follow(TAIL, &[]).await);
    }
    for client in &too {
        client.get(TAIL).await.problem(429, "too_many_tails");
    }
    for tenant in ["other", "third"] {
        open.push(server.tenant(tenant).await.follow(TAIL, &[]).await);
    }
}

#[tokio::test]
async fn verifications_of_one_tenant_keep_nobody_from_theirs() {
    let server = TestServer::start().await;
    let (busy, other) = (server.tenant("busy").await, server.tenant("other").await);
    server.store.set_queries(Queries::Waiting);
    let first = spawn_verify(&busy);
    server.store.until_waiting(1).await;
    busy.json(Method::POST, VERIFY, &Value::Null).await.problem(429, "too_many_queries");
    server.store.set_queries(Queries::Answered);
    // The operator has a slot of their own.
    server.system.json(Method::POST, VERIFY, &Value::Null).await.expect(200);
    server.system.json(Method::POST, "/api/v1/log/reindex", &Value::Null).await.expect(200);
    // Another tenant gets its turn as soon as this one ends.
    let others = spawn_verify(&other);
    first.abort();
    timeout(LONG, others).await.unwrap().unwrap().expect(200);
}

#[tokio::test]
async fn batches_that_do_not_arrive_leave_room_for_other_tenants() {
    // Memory for four batches of unknown size.
    let server = TestServer::start_with(|settings| {
        settings.batch_bytes_max = nonzero(32 * 1_024 * 1_024);
        settings.body_read_timeout_ms = nonzero(3_600_000);
    })
    .await;
    let other = server.tenant("other").await;
    let mut halves = Vec::new();
    for tenant in ["greedy", "too"] {
        let key = server.tenant(tenant).await;
        let head = format!(
            "POST /api/v1/events/batch HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {}\r\n\
             content-type: application/json\r\ncontent-length: 8388608\r\nexpect: 100-continue\r\n\r\n",
            key.key()
        );
        for place in 0..4 {
            let mut stream = TcpStream::connect(server.admin.address).await.unwrap();
            stream.write_all(head.as_bytes()).await.unwrap();
            // Its body is waited for, so it has its memory; the others wait for theirs.
            if place < if tenant == "greedy" { 2 } else { 1 } {
                stream.readable().await.unwrap();
            }
            halves.push(stream);
        }
    }
    let headers = [("content-type", "application/json"), ("content-encoding", "gzip")];
    let body = gzip(json!([event(&json!({}))]).to_string().as_bytes());
    let sent = other.send(Method::POST, "/api/v1/events/batch", &headers, body.into());
    timeout(LONG, sent).await.expect("there is room for it").expect(200);
}

#[tokio::test]
async fn batches_of_one_tenant_that_wait_for_room_do_not_take_all_connections() {
    let server = TestServer::start_with(|settings| {
        settings.batch_bytes_max = nonzero(8 * 1_024 * 1_024);
        settings.max_connections = 16.try_into().unwrap();
    })
    .await;
    server.store.close_gate();
    let send = || {
        let client = server.admin.clone();
        let headers = [("content-type", "application/json"), ("content-encoding", "gzip")];
        let body = gzip(json!([event(&json!({}))]).to_string().as_bytes());
        tokio::spawn(async move { client.send(Method::POST, "/api/v1/events/batch", &headers, body.into()).await })
    };
    // One has the memory and two may wait for it.
    let mut batches: Vec<_> = (0..4).map(|_| send()).collect();
    let refused = async {
        loop {
            if let Some(place) = batches.iter().position(JoinHandle::is_finished) {
                return batches.remove(place).await.unwrap();
            }
            tokio::task::yield_now().await;
        }
    };
    let refused = timeout(LONG, refused).await.expect("one of them is refused");
    refused.problem(429, "overloaded");
    assert_eq!(refused.header("retry-after"), "1");
    server.store.open_gate();
    for batch in batches {
        batch.await.unwrap().expect(200);
    }
}

async fn ask(client: &Client, body: &Value) -> String {
    let created = client.post(EXPORTS, body).await.expect(201);
    format!("{EXPORTS}/{}", created["id"].as_str().unwrap())
}

/// The export once its status satisfies the condition.
async fn until(client: &Client, path: &str, satisfies: impl Fn(&Value) -> bool) -> Value {
    let looked_at = async {
        loop {
            let export = client.get(path).await.expect(200);
            if satisfies(&export) {
                return export;
            }
            tokio::task::yield_now().await;
        }
    };
    timeout(LONG, looked_at).await.unwrap_or_else(|_| panic!("{path} does not come so far"))
}

/// A tenant with a log that is read in five pieces.
async fn filled(server: &TestServer, tenant: &str) -> Client {
    let client = server.tenant(tenant).await;
    for _ in 0..3 {
        client.post("/api/v1/events/batch", &json!(vec![event(&json!({})); 766])).await.expect(200);
    }
    client
}

#[tokio::test]
async fn a_long_export_is_interrupted_for_another_tenants() {
    for format in ["ndjson", "parquet"] {
        let server = TestServer::start_with(|settings| settings.export_slice_ms = nonzero(1)).await;
        let (busy, other) = (filled(&server, "busy").await, server.tenant("other").await);
        let failure = || QueryError::DeadlineExceeded;
        server.store.set_queries(Queries::FailingAfter(2, failure()));
        let long = ask(&busy, &json!({"format": format})).await;
        let next = ask(&busy, &json!({"format": format})).await;
        until(&busy, &long, |export| export["progress"]["events"] == 1_000).await;
        let short = ask(&other, &json!({"format": format})).await;
        // Enough for one more piece of the long one and for all of the short one, but not for all of the long one.
        server.store.set_queries(Queries::FailingAfter(2, failure()));
        let export = until(&other, &short, |export| export.get("finished_at").is_some()).await;
        assert_eq!(export["status"], "completed", "{format}: {export}");
        let interrupted = busy.get(&long).await.expect(200);
        assert!(interrupted.get("finished_at").is_none(), "{format}: {interrupted}");
        assert_eq!(busy.get(&next).await.expect(200)["progress"]["events"], 0, "a tenant's own jobs go by their age");
        server.store.set_queries(Queries::Answered);
        for path in [long, next] {
            let export = until(&busy, &path, |export| export.get("finished_at").is_some()).await;
            assert_eq!(export["status"], "completed", "{format}: {export}");
            assert_eq!(export["manifest"]["events"].to_string(), export["manifest"]["log"]["size"].as_str().unwrap());
            let file = busy.get(&format!("{path}/file")).await;
            assert_eq!(file.body.len(), usize::try_from(export["manifest"]["bytes"].as_u64().unwrap()).unwrap());
            assert_eq!(file.status, 200);
            if format == "ndjson" {
                let streamed = busy.get("/api/v1/events/export?q=-action:export.*").await.body;
                assert!(file.body.starts_with(&streamed), "nothing is left out and nothing comes twice");
            }
        }
    }
}
