//! Following events: no gaps and no repetitions, who may see what, and how a stream ends.

use std::time::Duration;

use auditlog_server::serve::Shutdown;
use serde_json::{Value, json};

use crate::harness::{Client, TestServer, event};

const TAIL: &str = "/api/v1/events/tail";

/// Sends events with these messages in one batch.
async fn send(client: &Client, messages: impl IntoIterator<Item = String>) {
    let events: Vec<Value> = messages.into_iter().map(|message| event(&json!({"message": message}))).collect();
    for events in events.chunks(1_000) {
        let answer = client.post("/api/v1/events/batch", &json!(events)).await.expect(200);
        assert_eq!(answer["stored"], events.len());
    }
}

fn numbered(count: usize) -> impl Iterator<Item = String> {
    (0..count).map(|number| format!("number {number}"))
}

#[tokio::test]
async fn only_what_comes_after_the_start_is_sent_and_a_cut_before_the_first_event_loses_nothing() {
    let server = TestServer::start().await;
    let acme = server.tenant("acme").await;
    // The log of a new tenant holds the events of its own creation.
    let head = acme.get("/api/v1/events?count=true&limit=1").await.expect(200)["total"].as_u64().unwrap();
    let (mut stream, opening) = acme.follow(TAIL, &[]).await;
    assert_eq!(opening.id, Some((head - 1).to_string()));
    send(&acme, numbered(2)).await;
    assert_eq!(stream.next_sequences(2).await, [head, head + 1]);
    let id = opening.id.unwrap();
    let (mut resumed, _) = acme.follow(TAIL, &[("last-event-id", &id)]).await;
    assert_eq!(resumed.next_sequences(2).await, [head, head + 1]);
}

#[tokio::test]
async fn an_event_is_shown_as_everywhere() {
    let server = TestServer::start().await;
    let (mut stream, _) = server.admin.follow(TAIL, &[]).await;
    let receipt =
        server.admin.post("/api/v1/events", &event(&json!({"message": "Grüße\nin two lines"}))).await.expect(201);
    let path = format!("/api/v1/events/{}", receipt["id"].as_str().unwrap());
    assert_eq!(stream.next_event().await.value(), server.admin.get(&path).await.expect(200));
}

#[tokio::test]
async fn a_resumed_stream_has_no_gap_and_repeats_nothing() {
    let server = TestServer::start().await;
    let acme = server.tenant("acme").await;
    send(&acme, numbered(3_000)).await;
    let head = acme.get("/api/v1/events?count=true&limit=1").await.expect(200)["total"].as_u64().unwrap();
    let all: Vec<u64> = (0..head).collect();
    let (mut stream, opening) = acme.follow(&format!("{TAIL}?after=start"), &[]).await;
    assert_eq!(opening.id.as_deref(), Some("start"));
    let (early, late) = all.split_at(1_234);
    assert_eq!(stream.next_sequences(early.len()).await, early);
    let after = format!("{TAIL}?after={}", early.last().unwrap());
    for (path, headers) in [
        (after.clone(), vec![]),
        (TAIL.to_owned(), vec![("last-event-id", "1233")]),
        // A browser requests the same URL again, so its header is newer.
        (format!("{TAIL}?after=start"), vec![("last-event-id", "1233")]),
    ] {
        let (mut resumed, _) = acme.follow(&path, &headers).await;
        assert_eq!(resumed.next_sequences(late.len()).await, late);
        // No event is lost in the transition from the store to the feed either.
        send(&acme, numbered(1)).await;
        let next = acme.get("/api/v1/events?count=true&limit=1").await.expect(200)["total"].as_u64().unwrap() - 1;
        assert_eq!(
            resumed.next_sequences(usize::try_from(next - head).unwrap() + 1).await,
            (head..=next).collect::<Vec<_>>()
        );
    }
}

#[tokio::test]
async fn filters_are_those_of_the_list_and_comments_tell_how_far_the_log_was_read() {
    let server = TestServer::start_with(|settings| settings.tail_heartbeat_ms = 5.try_into().unwrap()).await;
    let acme = server.tenant("acme").await;
    let (mut wanted, opening) = acme.follow(&format!("{TAIL}?q=wanted+-action:user.logout"), &[]).await;
    let (mut by_field, _) = acme.follow(&format!("{TAIL}?action=user.*&message=wanted+7"), &[]).await;
    let first: u64 = opening.id.unwrap().parse::<u64>().unwrap() + 1;
    let message = |number: u64| if number % 10 == 7 { format!("wanted {number}") } else { format!("other {number}") };
    send(&acme, (0..100).map(message)).await;
    let expected: Vec<u64> = (0..100).filter(|number| number % 10 == 7).map(|number| first + number).collect();
    assert_eq!(wanted.next_sequences(10).await, expected);
    assert_eq!(by_field.next_sequences(1).await, [first + 7]);
    // The last 92 events do not match, and yet a resumed reader need not scan them again.
    let last = (first + 99).to_string();
    while by_field.next_frame().await.unwrap().id.as_deref() != Some(&last) {}
    let (mut resumed, _) = acme.follow(&format!("{TAIL}?q=wanted"), &[("last-event-id", &last)]).await;
    send(&acme, ["wanted again".to_owned()]).await;
    assert_eq!(resumed.next_sequences(1).await, [first + 100]);
}

#[tokio::test]
async fn what_a_reader_may_not_see_is_left_out_and_not_searched() {
    let server = TestServer::start().await;
    let viewer = server.key(&server.admin, "audit_viewer").await;
    let (mut stream, opening) = viewer.follow(TAIL, &[]).await;
    let (mut whole, _) = server.admin.follow(TAIL, &[]).await;
    send(&server.admin, ["secret-message".to_owned()]).await;
    let (shown, whole) = (stream.next_event().await.value(), whole.next_event().await.value());
    assert_eq!(whole["message"], "secret-message");
    assert_eq!(shown["withheld"], json!(["actor", "context", "content"]));
    assert!(!shown.to_string().contains("secret"), "{shown}");
    assert_eq!(shown["id"], whole["id"]);
    let (mut resumed, _) = viewer.follow(TAIL, &[("last-event-id", &opening.id.unwrap())]).await;
    assert_eq!(resumed.next_event().await.value(), shown, "what comes from the store is left out as well");
    // Words are looked for in what the reader sees.
    let (mut found, _) = viewer.follow(&format!("{TAIL}?q=-secret"), &[]).await;
    let (mut unfound, _) = viewer.follow(&format!("{TAIL}?q=secret+OR+user.logout"), &[]).await;
    send(&server.admin, ["secret-message".to_owned()]).await;
    let logout = event(&json!({"action": "user.logout"}));
    server.admin.post("/api/v1/events", &logout).await.expect(201);
    assert_eq!(found.next_event().await.value()["action"], "user.login");
    assert_eq!(unfound.next_event().await.value()["action"], "user.logout");
    for query in ["actor=alice", "ip=10.0.0.0/8"] {
        viewer.get(&format!("{TAIL}?{query}")).await.problem(403, "field_not_permitted");
    }
}

#[tokio::test]
async fn nothing_of_another_tenant_comes() {
    let server = TestServer::start().await;
    let (acme, other) = (server.tenant("acme").await, server.tenant("other").await);
    let (mut stream, opening) = acme.follow(TAIL, &[]).await;
    send(&other, numbered(10)).await;
    send(&acme, ["ours".to_owned()]).await;
    let frame = stream.next_event().await;
    assert_eq!((frame.value()["message"].clone(), frame.value()["tenant_id"].clone()), (json!("ours"), json!("acme")));
    assert_eq!(frame.id.unwrap().parse::<u64>().unwrap(), opening.id.unwrap().parse::<u64>().unwrap() + 1);
}

#[tokio::test]
async fn what_is_no_place_in_this_log_is_refused() {
    let server = TestServer::start().await;
    for after in ["", "-1", "x", "1.5", "1000000", "18446744073709551615"] {
        let problem = server.admin.get(&format!("{TAIL}?after={after}")).await.problem(400, "invalid_parameter");
        assert_eq!(problem["errors"][0]["pointer"], "/after", "{problem}");
    }
    server.admin.get(&format!("{TAIL}?after=0&after=1")).await.problem(400, "invalid_parameter");
    server.admin.get(&format!("{TAIL}?limit=1")).await.problem(400, "unknown_parameter");
    let answer = server.admin.send(hyper::Method::GET, TAIL, &[("last-event-id", "1000000")], "".into()).await;
    let problem = answer.problem(400, "invalid_parameter");
    assert_eq!(
        (&problem["errors"][0]["in"], &problem["errors"][0]["pointer"]),
        (&json!("header"), &json!("/Last-Event-ID"))
    );
}

#[tokio::test]
async fn whoever_may_read_no_more_is_told_so() {
    let server = TestServer::start_with(|settings| settings.tail_heartbeat_ms = 5.try_into().unwrap()).await;
    let revoked = server.key(&server.admin, "audit_reader").await;
    let (mut stream, _) = revoked.follow(TAIL, &[]).await;
    server.admin.send(hyper::Method::DELETE, &format!("/api/v1/api-keys/{}", revoked.key_id()), &[], "".into()).await;
    assert_eq!(stream.end().await.0["code"], "key_revoked");

    let body = json!({"name": "short", "role": "audit_reader", "expires_at": "2031-05-06T13:00:00Z"});
    let created = server.admin.post("/api/v1/api-keys", &body).await.expect(201);
    let (mut stream, _) = server.nobody.with_key(created["key"].as_str().unwrap()).follow(TAIL, &[]).await;
    let _ = server.clock.advance(Duration::from_hours(1));
    assert_eq!(stream.end().await.0["code"], "key_expired");

    let acme = server.tenant("acme").await;
    let (mut stream, _) = acme.follow(TAIL, &[]).await;
    let suspended = json!({"status": "suspended"});
    server.system.json(hyper::Method::PATCH, "/api/v1/tenants/acme", &suspended).await.expect(200);
    assert_eq!(stream.end().await.0["code"], "tenant_suspended");
}

#[tokio::test]
async fn a_server_that_stops_ends_its_tails_at_once() {
    let mut server = TestServer::start().await;
    let (mut idle, opening) = server.admin.follow(TAIL, &[]).await;
    server.stop();
    let (problem, id) = idle.end().await;
    assert_eq!((problem["code"].as_str(), Some(id)), (Some("server_stopping"), opening.id));
    assert!(problem["request_id"].as_str().is_some_and(|id| !id.is_empty()), "{problem}");
    assert_eq!(server.stopped().await, Shutdown::Drained);
}

#[tokio::test]
async fn a_reader_that_falls_behind_is_told_where_to_go_on() {
    let server = TestServer::start_with(|settings| {
        settings.tail_bytes_max = 1.try_into().unwrap();
        // However slow the machine is, the reader that reads nothing meanwhile is not disconnected.
        settings.answer_write_timeout_ms = 3_600_000.try_into().unwrap();
    })
    .await;
    let acme = server.tenant("acme").await;
    let (mut stream, _) = acme.follow(TAIL, &[]).await;
    let (mut in_step, opening) = acme.follow(TAIL, &[]).await;
    let first = opening.id.unwrap().parse::<u64>().unwrap() + 1;
    // More than all buffers in between hold, block by block, so that only the last one is kept.
    let mut sent = 0;
    for _ in 0..60 {
        send(&acme, (0..100).map(|number| format!("{number} {}", "x".repeat(4_000)))).await;
        let sequences = in_step.next_sequences(100).await;
        assert_eq!(sequences, (first + sent..first + sent + 100).collect::<Vec<_>>());
        sent += 100;
    }
    let mut last = first - 1;
    let (problem, id) = loop {
        let frame = stream.next_event().await;
        if frame.event.is_some() {
            break (frame.value(), frame.id.unwrap());
        }
        assert_eq!(frame.id, Some((last + 1).to_string()), "there is no gap before the end");
        last += 1;
    };
    assert_eq!((problem["code"].as_str(), id.parse()), (Some("slow_reader"), Ok(last)));
    let (mut resumed, _) = acme.follow(TAIL, &[("last-event-id", &id)]).await;
    assert_eq!(resumed.next_sequences(1).await, [last + 1]);
}

#[tokio::test]
async fn tails_are_bounded_and_cost_no_query_slot_while_they_wait() {
    let server = TestServer::start_with(|settings| {
        settings.tail_concurrency = 8.try_into().unwrap();
        settings.query_concurrency = 1.try_into().unwrap();
    })
    .await;
    let (first, _) = server.admin.follow(TAIL, &[]).await;
    let (_second, _) = server.admin.follow(TAIL, &[]).await;
    let refused = server.admin.get(TAIL).await;
    refused.problem(429, "too_many_tails");
    assert_eq!(refused.header("retry-after"), "5");
    let reader = server.key(&server.admin, "audit_reader").await;
    let (_third, _) = reader.follow(TAIL, &[]).await;
    let (_fourth, _) = reader.follow(TAIL, &[]).await;
    let viewer = server.key(&server.admin, "audit_viewer").await;
    viewer.get(TAIL).await.problem(429, "too_many_tails");
    let acme = server.tenant("acme").await;
    let (_others, _) = acme.follow(TAIL, &[]).await;
    server.admin.get("/api/v1/events").await.expect(200);
    drop(first);
    while metric(&server, "auditlog_tails_ended_total{reason=\"ReaderLeft\"}").await == 0 {}
    let (_again, _) = server.admin.follow(TAIL, &[]).await;
}

#[tokio::test]
async fn each_event_is_printed_once_however_many_read_along() {
    let server = TestServer::start().await;
    let acme = server.tenant("acme").await;
    let mut streams = Vec::new();
    for _ in 0..20 {
        streams.push(acme.follow(TAIL, &[]).await.0);
    }
    let (mut filtered, _) = acme.follow(&format!("{TAIL}?q=7"), &[]).await;
    send(&acme, numbered(50)).await;
    for stream in &mut streams {
        stream.next_sequences(50).await;
    }
    filtered.next_sequences(1).await;
    assert_eq!(metric(&server, "auditlog_tails").await, 21);
    assert_eq!(metric(&server, "auditlog_tail_frames_printed_total").await, 50);
    assert_eq!(metric(&server, "auditlog_tail_frames_sent_total").await, 20 * 50 + 1);
}

async fn metric(server: &TestServer, name: &str) -> u64 {
    let text = server.nobody.get("/metrics").await.body;
    let text = std::str::from_utf8(&text).unwrap().to_owned();
    let value = |line: &str| line.strip_prefix(name).and_then(|rest| rest.trim().parse().ok());
    text.lines().find_map(value).unwrap_or(0)
}
