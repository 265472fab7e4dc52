//! Answers when the store is full, slow, broken or stopped, and the end of work whose client is gone.

use std::time::Duration;

use auditlog_core::{
    store::{AppendError, QueryError},
    timestamp::Timestamp,
};
use hyper::Method;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::harness::{Queries, TestServer, event, gzip};

fn nonzero(value: u64) -> std::num::NonZeroU64 {
    std::num::NonZeroU64::new(value).unwrap()
}

#[tokio::test]
async fn each_failure_to_append_has_its_own_answer() {
    let server = TestServer::start().await;
    for (failure, status, code, retry_after) in [
        (AppendError::Overloaded { retry_after: Duration::from_millis(1_500) }, 429, "overloaded", "2"),
        (AppendError::Overloaded { retry_after: Duration::ZERO }, 429, "overloaded", "1"),
        (AppendError::InsufficientStorage { free_bytes: 1, min_free_bytes: 2 }, 507, "insufficient_storage", ""),
        (
            AppendError::ClockBehind { received_at: Timestamp::EPOCH, newest: Timestamp::from_micros(1) },
            503,
            "store_unavailable",
            "5",
        ),
        (AppendError::Stopped("fsync failed on /secret/path".into()), 503, "store_unavailable", "5"),
    ] {
        server.store.fail_appends(Some(failure));
        for (path, body) in
            [("/api/v1/events", event(&json!({}))), ("/api/v1/events/batch", json!([event(&json!({}))]))]
        {
            let answer = server.admin.post(path, &body).await;
            let problem = answer.problem(status, code);
            assert_eq!(answer.header("retry-after"), retry_after, "{code}");
            assert!(!problem.to_string().contains("secret"), "{problem}");
        }
        // Reads still work.
        server.admin.get("/api/v1/events").await.expect(200);
    }
    server.store.fail_appends(None);
    assert_eq!(server.admin.get("/api/v1/events?count=true").await.expect(200)["total"], 3);
}

/// Operations that protect or free space succeed when all others are refused.
#[tokio::test]
async fn revoking_suspending_cancelling_and_deleting_succeed_when_events_are_refused() {
    for (failure, status, code, ready) in [
        (AppendError::Overloaded { retry_after: Duration::from_secs(1) }, 429, "overloaded", "store_unavailable"),
        (
            AppendError::InsufficientStorage { free_bytes: 1, min_free_bytes: 2 },
            507,
            "insufficient_storage",
            "disk_full",
        ),
    ] {
        let server = TestServer::start().await;
        let acme = server.tenant("acme").await;
        let leaked = server.key(&acme, "audit_reader").await;
        let search = json!({"name": "denied", "query": "outcome:denied", "visibility": "shared"});
        let search = acme.post("/api/v1/saved-searches", &search).await.expect(201);
        // A waiting query keeps exports pending until they are cancelled.
        server.store.set_queries(Queries::Waiting);
        let mut exports = Vec::new();
        for _ in 0..2 {
            exports.push(acme.post("/api/v1/exports", &json!({})).await.expect(201)["id"].clone());
        }
        server.store.fail_appends(Some(failure));
        server.admin.get("/health/ready").await.problem(503, ready);
        acme.post("/api/v1/events", &event(&json!({}))).await.problem(status, code);
        let new_key = json!({"name": "new", "role": "audit_reader"});
        acme.post("/api/v1/api-keys", &new_key).await.problem(status, code);

        let delete = async |path: String| acme.send(Method::DELETE, &path, &[], "".into()).await.status.as_u16();
        let cancelled = format!("/api/v1/exports/{}/cancel", exports[0].as_str().unwrap());
        assert_eq!(acme.post(&cancelled, &Value::Null).await.expect(200)["status"], "cancelled", "{code}");
        assert_eq!(delete(format!("/api/v1/exports/{}", exports[1].as_str().unwrap())).await, 204, "{code}");
        assert_eq!(delete(format!("/api/v1/saved-searches/{}", search["id"].as_str().unwrap())).await, 204, "{code}");
        let revoke = format!("/api/v1/api-keys/{}", leaked.key_id());
        acme.send(Method::DELETE, &revoke, &[], "".into()).await.expect(200);
        leaked.get("/api/v1/events").await.problem(401, "key_revoked");
        let suspended = json!({"status": "suspended"});
        server.system.json(Method::PATCH, "/api/v1/tenants/acme", &suspended).await.expect(200);
        acme.get("/api/v1/events").await.problem(403, "tenant_suspended");
        // Removing a protection can wait.
        let resumed = json!({"status": "active"});
        server.system.json(Method::PATCH, "/api/v1/tenants/acme", &resumed).await.problem(status, code);

        server.store.fail_appends(None);
        server.admin.get("/health/ready").await.expect(200);
    }
}

#[tokio::test]
async fn each_failure_to_query_has_its_own_answer() {
    let server = TestServer::start().await;
    for (failure, status, code) in [
        (QueryError::DeadlineExceeded, 503, "query_timeout"),
        (QueryError::Corrupted("segments/2026/secret.parquet block 7".into()), 500, "data_damaged"),
        (QueryError::Unavailable("secret".into()), 503, "store_unavailable"),
    ] {
        server.store.set_queries(Queries::Failing(failure));
        for path in
            ["/api/v1/events", "/api/v1/events?count=true", "/api/v1/events/01932b5e-7c00-7abc-8def-0123456789ab"]
        {
            let problem = server.admin.get(path).await.problem(status, code);
            assert!(!problem.to_string().contains("secret"), "{problem}");
        }
        let answer = server.admin.json(Method::POST, "/api/v1/log/verify", &Value::Null).await;
        answer.problem(status, code);
        server.admin.post("/api/v1/events", &event(&json!({}))).await.expect(201);
    }
}

#[tokio::test]
async fn a_panic_is_answered_and_the_server_goes_on() {
    let server = TestServer::start().await;
    server.store.set_queries(Queries::Panicking);
    server.admin.get("/api/v1/events").await.problem(500, "internal_error");
    server.store.set_queries(Queries::Answered);
    server.admin.get("/api/v1/events").await.expect(200);
}

#[tokio::test]
async fn more_queries_than_a_keys_share_are_refused_and_others_are_answered() {
    let server = TestServer::start_with(|settings| {
        settings.query_concurrency = 8.try_into().unwrap();
    })
    .await;
    let stranger = server.tenant("stranger").await;
    server.store.set_queries(Queries::Waiting);
    let first = tokio::spawn({
        let client = server.admin.clone();
        async move { client.get("/api/v1/events").await }
    });
    let second = tokio::spawn({
        let client = server.admin.clone();
        async move { client.get("/api/v1/events/01932b5e-7c00-7abc-8def-0123456789ab").await }
    });
    server.store.until_waiting(2).await;
    let answer = server.admin.get("/api/v1/events").await;
    answer.problem(429, "too_many_queries");
    assert_eq!(answer.header("retry-after"), "1");
    // That was this key's share. The tenant's other keys have their own, and so have other tenants.
    server.store.set_queries(Queries::Answered);
    server.key(&server.admin, "audit_reader").await.get("/api/v1/events").await.expect(200);
    stranger.get("/api/v1/events").await.expect(200);
    // Ingest, keys and probes need no slot.
    server.admin.post("/api/v1/events", &event(&json!({}))).await.expect(201);
    server.admin.get("/api/v1/api-keys").await.expect(200);
    server.nobody.get("/health/ready").await.expect(200);
    first.abort();
    second.abort();
}

#[tokio::test]
async fn a_key_that_may_only_read_cannot_fill_the_queue_against_a_revocation() {
    let server = TestServer::start().await;
    let acme = server.tenant("acme").await;
    let reader = server.key(&acme, "audit_viewer").await;
    server.store.close_gate();
    let change = tokio::spawn({
        let acme = acme.clone();
        async move { acme.post("/api/v1/saved-searches", &json!({"name": "n", "query": "actor:a"})).await }
    });
    server.store.until_waiting(1).await;
    // Each waits for its turn before its record is looked up; no search has this id.
    let deletions: Vec<_> = (0..100)
        .map(|_| {
            let reader = reader.clone();
            let path = "/api/v1/saved-searches/01932b5e-7c00-7abc-8def-0123456789ab";
            tokio::spawn(async move { reader.send(Method::DELETE, path, &[], "".into()).await.status.as_u16() })
        })
        .collect();
    // Those that find no place are refused at once, and the others are waiting by then.
    while deletions.iter().filter(|deletion| deletion.is_finished()).count() < 100 - 32 {
        tokio::task::yield_now().await;
    }
    let revocation = tokio::spawn({
        let (acme, path) = (acme.clone(), format!("/api/v1/api-keys/{}", reader.key_id()));
        async move { acme.send(Method::DELETE, &path, &[], "".into()).await }
    });
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert!(!revocation.is_finished(), "it waits");
    server.store.open_gate();
    change.await.unwrap().expect(201);
    revocation.await.unwrap().expect(200);
    for deletion in deletions {
        let status = deletion.await.unwrap();
        assert!([404, 429].contains(&status), "{status}");
    }
}

#[tokio::test]
async fn batches_beyond_the_memory_for_them_wait_for_room() {
    // Memory for one batch of unknown size.
    let server = TestServer::start_with(|settings| settings.batch_bytes_max = nonzero(8 * 1_024 * 1_024)).await;
    server.store.close_gate();
    let send = || {
        let client = server.admin.clone();
        let headers = [("content-type", "application/json"), ("content-encoding", "gzip")];
        let body = gzip(json!([event(&json!({}))]).to_string().as_bytes());
        tokio::spawn(async move { client.send(Method::POST, "/api/v1/events/batch", &headers, body.into()).await })
    };
    let batches = [send(), send(), send()];
    server.store.until_waiting(1).await;
    // Single events are small and need no reservation.
    let single = tokio::spawn({
        let client = server.admin.clone();
        async move { client.post("/api/v1/events", &event(&json!({}))).await }
    });
    server.store.until_waiting(2).await;
    assert_eq!(server.store.waiting(), 2, "only one batch reached the store");
    server.store.open_gate();
    for batch in batches {
        batch.await.unwrap().expect(200);
    }
    single.await.unwrap().expect(201);
}

#[tokio::test]
async fn large_events_share_the_memory_of_batches_and_small_ones_need_none() {
    let server = TestServer::start_with(|settings| settings.batch_bytes_max = nonzero(8 * 1_024 * 1_024)).await;
    server.store.close_gate();
    let send = |bytes: usize| {
        let (client, sent) = (server.admin.clone(), event(&json!({"message": "m".repeat(bytes)})));
        tokio::spawn(async move { client.post("/api/v1/events", &sent).await })
    };
    // A tenant has three quarters of the memory as long as another one may come: room for six of them.
    let mut events: Vec<_> = (0..8).map(|_| send(1_000_000)).collect();
    server.store.until_waiting(6).await;
    events.push(send(60_000));
    server.store.until_waiting(7).await;
    server.admin.get("/api/v1/events?limit=1").await.expect(200);
    assert_eq!(server.store.waiting(), 7, "the other large events wait for memory");
    server.store.open_gate();
    for event in events {
        event.await.unwrap().expect(201);
    }
}

#[tokio::test]
async fn a_small_event_of_unknown_size_releases_memory_when_it_has_arrived() {
    let server = TestServer::start_with(|settings| settings.batch_bytes_max = nonzero(8 * 1_024 * 1_024)).await;
    server.store.close_gate();
    let body = gzip(event(&json!({})).to_string().as_bytes());
    let send = || {
        let (client, body) = (server.admin.clone(), body.clone());
        let headers = [("content-type", "application/json"), ("content-encoding", "gzip")];
        tokio::spawn(async move { client.send(Method::POST, "/api/v1/events", &headers, body.into()).await })
    };
    let events: Vec<_> = (0..20).map(|_| send()).collect();
    server.store.until_waiting(20).await;
    server.store.open_gate();
    for event in events {
        event.await.unwrap().expect(201);
    }
}

#[tokio::test]
async fn one_verification_or_reindexing_runs_at_a_time() {
    const PATHS: [&str; 2] = ["/api/v1/log/verify", "/api/v1/log/reindex"];
    for running in PATHS {
        let server = TestServer::start().await;
        server.store.set_queries(Queries::Waiting);
        let first = tokio::spawn({
            let client = server.system.clone();
            async move { client.json(Method::POST, running, &Value::Null).await }
        });
        server.store.until_waiting(1).await;
        for refused in PATHS {
            let answer = server.system.json(Method::POST, refused, &Value::Null).await;
            answer.problem(429, "too_many_queries");
        }
        first.abort();
    }
}

#[tokio::test]
async fn a_query_ends_at_its_deadline() {
    let server = TestServer::start_with(|settings| settings.query_timeout_ms = nonzero(50)).await;
    server.store.set_queries(Queries::Waiting);
    server.admin.get("/api/v1/events").await.problem(503, "query_timeout");
    assert_eq!(server.store.until_ended().await, QueryError::DeadlineExceeded);
}

#[tokio::test]
async fn a_query_is_cancelled_when_its_client_goes_away() {
    let server = TestServer::start().await;
    server.store.set_queries(Queries::Waiting);
    let mut stream = TcpStream::connect(server.admin.address).await.unwrap();
    let head =
        format!("GET /api/v1/events HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {}\r\n\r\n", server.admin.key());
    stream.write_all(head.as_bytes()).await.unwrap();
    server.store.until_waiting(1).await;
    drop(stream);
    assert_eq!(server.store.until_ended().await, QueryError::Cancelled);
}

#[tokio::test]
async fn a_request_that_takes_too_long_is_ended_and_its_query_cancelled() {
    let server = TestServer::start_with(|settings| settings.request_timeout_ms = nonzero(50)).await;
    server.store.set_queries(Queries::Waiting);
    let answer = server.admin.get("/api/v1/events").await;
    answer.problem(503, "request_not_finished");
    assert_eq!(answer.header("retry-after"), "1");
    assert_eq!(server.store.until_ended().await, QueryError::Cancelled);
}

#[tokio::test]
async fn a_body_that_does_not_arrive_is_given_up() {
    let server = TestServer::start_with(|settings| settings.body_read_timeout_ms = nonzero(50)).await;
    let key = server.admin.key();
    let head = format!(
        "POST /api/v1/events HTTP/1.1\r\nhost: x\r\nconnection: close\r\nauthorization: Bearer {key}\r\n\
         content-type: application/json\r\ncontent-length: 100\r\n\r\n{{"
    );
    let answer = server.nobody.raw(head.as_bytes()).await;
    assert!(answer.starts_with("HTTP/1.1 408") && answer.contains("request_timeout"), "{answer}");
}

#[tokio::test]
async fn a_head_that_does_not_arrive_closes_the_connection() {
    let server = TestServer::start_with(|settings| settings.header_read_timeout_ms = nonzero(50)).await;
    let answer = server.nobody.raw(b"GET /health/live HTTP/1.1\r\nhost:").await;
    assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 408"), "{answer}");
}

#[tokio::test]
async fn a_head_that_is_too_large_is_refused() {
    let server = TestServer::start().await;
    let head = format!("GET /health/live HTTP/1.1\r\nhost: x\r\nx-large: {}\r\n\r\n", "a".repeat(40_000));
    let answer = server.nobody.raw(head.as_bytes()).await;
    assert!(answer.starts_with("HTTP/1.1 431"), "{answer}");
    let many = "x-a: b\r\n".repeat(200);
    let answer = server.nobody.raw(format!("GET /health/live HTTP/1.1\r\nhost: x\r\n{many}\r\n").as_bytes()).await;
    assert!(answer.starts_with("HTTP/1.1 431"), "{answer}");
}

/// Sends a request for the newest events and does not read the answer.
async fn ask(server: &TestServer) -> TcpStream {
    let mut stream = TcpStream::connect(server.admin.address).await.unwrap();
    stream.write_all(request(server).as_bytes()).await.unwrap();
    stream
}

fn request(server: &TestServer) -> String {
    format!("GET /api/v1/events HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {}\r\n\r\n", server.admin.key())
}

#[tokio::test]
async fn a_connection_beyond_the_bound_gets_the_place_of_the_one_waited_for_longest() {
    let server = TestServer::start_with(|settings| settings.max_connections = 2.try_into().unwrap()).await;
    let mut silent = TcpStream::connect(server.admin.address).await.unwrap();
    let mut half = TcpStream::connect(server.admin.address).await.unwrap();
    half.write_all(b"GET /health/live HTT").await.unwrap();
    for _ in 0..5 {
        server.nobody.get("/health/live").await.expect(200);
    }
    for stream in [&mut silent, &mut half] {
        assert!(matches!(stream.read(&mut [0; 1]).await, Ok(0) | Err(_)), "it still has its place");
    }
}

#[tokio::test]
async fn a_connection_beyond_the_bound_waits_while_all_others_are_worked_for() {
    let server = TestServer::start_with(|settings| settings.max_connections = 1.try_into().unwrap()).await;
    server.store.set_queries(Queries::Waiting);
    let asked = ask(&server).await;
    server.store.until_waiting(1).await;
    let waiting = tokio::spawn({
        let client = server.nobody.clone();
        async move { client.get("/health/live").await }
    });
    tokio::task::yield_now().await;
    assert!(!waiting.is_finished());
    drop(asked);
    waiting.await.unwrap().expect(200);
}

#[tokio::test]
async fn a_client_that_does_not_take_its_answers_is_given_up() {
    let server = TestServer::start_with(|settings| settings.answer_write_timeout_ms = nonzero(50)).await;
    let mut stream = TcpStream::connect(server.admin.address).await.unwrap();
    // The largest possible answer without events: its megabytes exceed the buffers of both systems.
    let requests = "GET /docs/swagger-ui-bundle.js HTTP/1.1\r\nhost: x\r\n\r\n".repeat(64);
    while stream.write_all(requests.as_bytes()).await.is_ok() {}
}

#[tokio::test]
async fn a_client_that_does_not_take_its_answer_keeps_its_query_slot() {
    let server = TestServer::start_with(|settings| {
        settings.query_concurrency = 1.try_into().unwrap();
        settings.answer_write_timeout_ms = nonzero(500);
    })
    .await;
    let texts = (0..10).map(|number| (format!("text_{number}"), "x".repeat(900).into()));
    let large = json!({"metadata": texts.collect::<serde_json::Map<_, _>>()});
    for _ in 0..8 {
        let batch = vec![event(&large); 100];
        let stored = server.admin.post("/api/v1/events/batch", &batch.into()).await.expect(200);
        assert_eq!(stored["stored"], 100, "{}", stored["results"][0]);
    }
    let mut stream = TcpStream::connect(server.admin.address).await.unwrap();
    let request = request(&server).replace("/events ", "/events?limit=1000 ");
    stream.write_all(request.as_bytes()).await.unwrap();
    stream.readable().await.unwrap();
    server.admin.get("/api/v1/events?limit=1").await.problem(429, "too_many_queries");
    // The answer is aborted, or read; either frees the slot.
    while server.admin.get("/api/v1/events?limit=1").await.status == 429 {}
}

#[tokio::test]
async fn batches_that_do_not_arrive_take_no_room_of_other_tenants() {
    // Memory for two batches of unknown size.
    let server = TestServer::start_with(|settings| settings.batch_bytes_max = nonzero(16 * 1_024 * 1_024)).await;
    let stranger = server.tenant("stranger").await;
    let head = format!(
        "POST /api/v1/events/batch HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {}\r\n\
         content-type: application/json\r\ncontent-length: 8388608\r\nexpect: 100-continue\r\n\r\n",
        stranger.key()
    );
    let mut halves = Vec::new();
    for _ in 0..4 {
        let mut stream = TcpStream::connect(server.admin.address).await.unwrap();
        stream.write_all(head.as_bytes()).await.unwrap();
        halves.push(stream);
    }
    // The body of the first one is waited for, so it has its memory.
    halves[0].readable().await.unwrap();
    let headers = [("content-type", "application/json"), ("content-encoding", "gzip")];
    let body = gzip(json!([event(&json!({}))]).to_string().as_bytes());
    server.admin.send(Method::POST, "/api/v1/events/batch", &headers, body.into()).await.expect(200);
}

#[tokio::test]
async fn failed_authentication_is_held_back_and_nothing_else() {
    // Longer than any test: a delayed answer does not arrive.
    let server = TestServer::start_with(|settings| settings.refusal_delay_ms = nonzero(3_600_000)).await;
    let guess = server.nobody.with_key(&format!("{}x", server.admin.key()));
    let refused = tokio::spawn({
        let nobody = server.nobody.clone();
        async move {
            tokio::select! {
                _ = guess.get("/api/v1/events") => "a wrong key",
                _ = nobody.get("/api/v1/events") => "no key",
            }
        }
    });
    let oversized = format!("GET /health/live HTTP/1.1\r\nhost: x\r\nx-large: {}\r\n\r\n", "a".repeat(40_000));
    let writer = server.key(&server.admin, "audit_writer").await;
    for _ in 0..5 {
        server.admin.get("/api/v1/events").await.expect(200);
        server.admin.get("/api/v1/events/01932b5e-7c00-7abc-8def-0123456789ab").await.expect(404);
        server.admin.post("/api/v1/events", &event(&json!({}))).await.expect(201);
        // Other errors are answered at once.
        server.admin.get("/api/v1/events?nothing=1").await.expect(400);
        server.admin.post("/api/v1/events", &json!({})).await.expect(422);
        server.admin.send(Method::POST, "/api/v1/events", &[], "{}".into()).await.expect(415);
        server.admin.send(Method::PUT, "/api/v1/events", &[], "{}".into()).await.expect(405);
        writer.get("/api/v1/events").await.expect(403);
        assert!(server.nobody.raw(oversized.as_bytes()).await.starts_with("HTTP/1.1 431"));
    }
    assert!(!refused.is_finished());
    refused.abort();
}

#[tokio::test]
async fn what_is_held_back_holds_no_place_that_others_need() {
    let server = TestServer::start_with(|settings| {
        settings.refusal_delay_ms = nonzero(3_600_000);
        settings.max_connections = 4.try_into().unwrap();
    })
    .await;
    let head = "GET /api/v1/events HTTP/1.1\r\nhost: x\r\nauthorization: Bearer nothing\r\n\r\n";
    let mut guesses = Vec::new();
    for _ in 0..8 {
        let mut stream = TcpStream::connect(server.admin.address).await.unwrap();
        stream.write_all(head.as_bytes()).await.unwrap();
        guesses.push(stream);
    }
    for _ in 0..3 {
        server.admin.get("/api/v1/events").await.expect(200);
    }
}

#[tokio::test]
async fn a_head_that_two_programs_could_read_differently_is_refused() {
    let server = TestServer::start().await;
    let host = "host: x\r\n";
    for (name, head) in [
        ("no host", "GET /health/live HTTP/1.1\r\n\r\n".to_owned()),
        ("two hosts", format!("GET /health/live HTTP/1.1\r\n{host}{host}\r\n")),
        ("two different hosts", format!("GET /health/live HTTP/1.1\r\n{host}Host: y\r\n\r\n")),
        ("two hosts in one", "GET /health/live HTTP/1.1\r\nhost: x, y\r\n\r\n".to_owned()),
        ("a host with a user", "GET /health/live HTTP/1.1\r\nhost: a@b\r\n\r\n".to_owned()),
        ("two hosts in HTTP/1.0", format!("GET /health/live HTTP/1.0\r\n{host}{host}\r\n")),
        (
            "chunked twice",
            format!("GET /health/live HTTP/1.1\r\n{host}transfer-encoding: chunked, chunked\r\n\r\n0\r\n\r\n"),
        ),
        (
            "two transfer codings",
            format!(
                "GET /health/live HTTP/1.1\r\n{host}transfer-encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
            ),
        ),
        (
            "another transfer coding",
            format!("GET /health/live HTTP/1.1\r\n{host}transfer-encoding: gzip, chunked\r\n\r\n0\r\n\r\n"),
        ),
    ] {
        // The raw client reads until the server closes the connection.
        let answer = server.nobody.raw(head.as_bytes()).await;
        assert!(answer.starts_with("HTTP/1.1 400") || answer.starts_with("HTTP/1.0 400"), "{name}: {answer}");
        assert!(answer.contains("\"invalid_head\""), "{name}: {answer}");
    }
    for good in [
        "GET /health/live HTTP/1.0\r\n\r\n".to_owned(),
        "GET /health/live HTTP/1.1\r\nhost: [::1]:8080\r\nconnection: close\r\n\r\n".to_owned(),
        "GET /health/live HTTP/1.1\r\nhost:\r\nconnection: close\r\n\r\n".to_owned(),
        format!("GET /health/live HTTP/1.1\r\n{host}connection: close\r\ntransfer-encoding: Chunked\r\n\r\n0\r\n\r\n"),
    ] {
        let answer = server.nobody.raw(good.as_bytes()).await;
        assert!(answer.contains(" 200 OK"), "{good:?}: {answer}");
    }
}
