//! Matching events in memory, for live tails and highlighting: it runs on the query threads, within a budget, and work
//! that is too expensive is refused or ended.

use auditlog_core::store::QueryError;
use serde_json::{Value, json};
use tokio::{io::AsyncWriteExt, net::TcpStream};

use crate::harness::{Client, Computations, TestServer, event};

const TAIL: &str = "/api/v1/events/tail";

async fn send(client: &Client, messages: &[String]) {
    let events: Vec<Value> = messages.iter().map(|message| event(&json!({"message": message}))).collect();
    client.post("/api/v1/events/batch", &json!(events)).await.expect(200);
}

fn nonzero(value: u64) -> std::num::NonZeroU64 {
    std::num::NonZeroU64::new(value).unwrap()
}

#[tokio::test]
async fn a_query_with_too_many_words_is_refused_wherever_it_is_asked() {
    let server = TestServer::start().await;
    let words = |count: usize| vec!["w"; count].join("+");
    for path in ["/api/v1/events", TAIL, "/api/v1/events/facets", "/api/v1/events/aggregate", "/api/v1/events/export"] {
        let phrase = server.admin.get(&format!("{path}?q=x+%22{}%22", words(513))).await;
        let problem = phrase.problem(400, "invalid_parameter");
        let error = &problem["errors"][0];
        assert_eq!((&error["code"], &error["pointer"]), (&json!("phrase_too_long"), &json!("/q")), "{path}");
        assert_eq!(error["position"], json!({"start": 2, "end": 2 + 513 * 2 - 1 + 2}), "{path}");
        assert!(error["detail"].as_str().unwrap().contains("at most 512 words"), "{error}");
        let parts = server.admin.get(&format!("{path}?q={}&q={}", words(40), words(25))).await;
        assert_eq!(parts.problem(400, "invalid_parameter")["errors"][0]["code"], "too_many_terms", "{path}");
    }
    server.admin.get(&format!("/api/v1/events?q=%22{}%22&q=%22{}%22", words(256), words(256))).await.expect(200);
}

#[tokio::test]
async fn filters_of_tails_are_asked_off_the_runtime_and_one_at_a_time_for_each_tenant() {
    let server = TestServer::start_with(|settings| settings.tail_concurrency = 32.try_into().unwrap()).await;
    let (acme, other) = (server.tenant("acme").await, server.tenant("other").await);
    let mut streams = Vec::new();
    for query in ["q=word", "q=word+-absent", "message=word*", "q=wor*"] {
        streams.push(acme.follow(&format!("{TAIL}?{query}"), &[]).await.0);
    }
    let (mut unfiltered, _) = acme.follow(TAIL, &[]).await;
    let (mut others, _) = other.follow(&format!("{TAIL}?q=word"), &[]).await;
    let before = server.store.waiting();
    server.store.set_computations(Computations::Held);
    send(&acme, &["word one".to_owned()]).await;
    let first = unfiltered.next_sequences(1).await;
    // The append, and the one filter that is evaluated.
    server.store.until_waiting(before + 2).await;
    // While the filters of four tails wait, the one thread of this runtime does all other work.
    server.nobody.get("/health/live").await.expect(200);
    acme.get("/api/v1/events?q=word").await.expect(200);
    send(&other, &["word two".to_owned()]).await;
    // The other tenant's tail does not wait for any of them.
    server.store.until_waiting(before + 4).await;
    server.nobody.get("/health/live").await.expect(200);
    assert_eq!(server.store.waiting(), before + 4, "one filter of a tenant is asked at a time");
    server.store.set_computations(Computations::Run);
    for stream in &mut streams {
        assert_eq!(stream.next_sequences(1).await, first);
    }
    others.next_sequences(1).await;
}

#[tokio::test]
async fn a_tail_whose_filter_is_slower_than_events_come_ends_and_goes_on_without_a_gap() {
    let server = TestServer::start_with(|settings| settings.tail_bytes_max = nonzero(1)).await;
    let acme = server.tenant("acme").await;
    let (mut in_step, opening) = acme.follow(TAIL, &[]).await;
    let (mut slow, _) = acme.follow(&format!("{TAIL}?q=word"), &[]).await;
    let first = opening.id.unwrap().parse::<u64>().unwrap() + 1;
    let before = server.store.waiting();
    server.store.set_computations(Computations::Held);
    send(&acme, &["word 0".to_owned()]).await;
    assert_eq!(in_step.next_sequences(1).await, [first]);
    // The event is being matched while later ones evict each other from the ring.
    server.store.until_waiting(before + 2).await;
    for number in 1..4 {
        send(&acme, &[format!("word {number}")]).await;
        assert_eq!(in_step.next_sequences(1).await, [first + number]);
    }
    server.store.set_computations(Computations::Run);
    assert_eq!(slow.next_sequences(1).await, [first]);
    let (problem, id) = slow.end().await;
    assert_eq!((problem["code"].as_str(), id), (Some("slow_filter"), first.to_string()));
    let (mut resumed, _) = acme.follow(&format!("{TAIL}?q=word"), &[("last-event-id", &first.to_string())]).await;
    assert_eq!(resumed.next_sequences(3).await, [first + 1, first + 2, first + 3]);
}

#[tokio::test]
async fn a_filter_that_takes_longer_than_a_query_may_ends_its_tail() {
    let server = TestServer::start_with(|settings| settings.query_timeout_ms = nonzero(1_000)).await;
    let acme = server.tenant("acme").await;
    let (mut stream, opening) = acme.follow(&format!("{TAIL}?q=word"), &[]).await;
    server.store.set_computations(Computations::Late);
    send(&acme, &["a word".to_owned()]).await;
    let (problem, id) = stream.end().await;
    assert_eq!((problem["code"].as_str(), Some(id.clone())), (Some("slow_filter"), opening.id));
    server.store.set_computations(Computations::Run);
    let (mut resumed, _) = acme.follow(&format!("{TAIL}?q=word"), &[("last-event-id", &id)]).await;
    resumed.next_sequences(1).await;
}

#[tokio::test]
async fn highlighting_has_the_budget_of_its_query() {
    let server = TestServer::start_with(|settings| settings.query_timeout_ms = nonzero(1_000)).await;
    let acme = server.tenant("acme").await;
    send(&acme, &["a word".to_owned()]).await;
    server.store.set_computations(Computations::Late);
    acme.get("/api/v1/events?q=word").await.expect(200);
    acme.get("/api/v1/events?q=word&highlight=true").await.problem(503, "query_timeout");
    assert_eq!(server.store.until_ended().await, QueryError::DeadlineExceeded);
}

#[tokio::test]
async fn highlighting_and_matching_end_when_their_client_goes_away() {
    for path in ["/api/v1/events?q=word&highlight=true", "/api/v1/events/tail?q=word"] {
        let server = TestServer::start_with(|settings| settings.query_timeout_ms = nonzero(600_000)).await;
        let acme = server.tenant("acme").await;
        send(&acme, &["a word".to_owned()]).await;
        let before = server.store.waiting();
        server.store.set_computations(Computations::Late);
        let mut stream = TcpStream::connect(acme.address).await.unwrap();
        let head = format!("GET {path} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {}\r\n\r\n", acme.key());
        stream.write_all(head.as_bytes()).await.unwrap();
        if path.contains("tail") {
            stream.readable().await.unwrap();
            send(&acme, &["another word".to_owned()]).await;
        }
        server.store.until_waiting(before + 1 + usize::from(path.contains("tail"))).await;
        drop(stream);
        assert_eq!(server.store.until_ended().await, QueryError::Cancelled, "{path}");
    }
}
