//! Answers that clients do not read: their resources are held until they are read or aborted, and they are bounded.

use hyper::Method;
use serde_json::{Map, Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::harness::{Client, TestServer, event, gzip};

const MIB: usize = 1 << 20;
/// The maximum size of an answer.
const ANSWER_BYTES_MAX: usize = 8 * MIB;

/// Sends a request and reads nothing of its answer, which has begun.
async fn unread(client: &Client, path: &str) -> TcpStream {
    unread_body(client, &format!("GET {path}"), "", b"").await
}

async fn unread_body(client: &Client, line: &str, headers: &str, body: &[u8]) -> TcpStream {
    let mut stream = TcpStream::connect(client.address).await.unwrap();
    let key = client.key();
    let head = format!("{line} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {key}\r\n{headers}\r\n");
    stream.write_all(&[head.as_bytes(), body].concat()).await.unwrap();
    stream.readable().await.unwrap();
    stream
}

/// An event with this many texts of a kilobyte, which differ from those of every other number.
fn large_event(number: usize, texts: usize) -> Value {
    let text = |at: usize| (format!("text_{at}"), format!("{number}-{}", "x".repeat(900)).into());
    event(&json!({"metadata": (0..texts).map(text).collect::<Map<_, _>>()}))
}

async fn store(client: &Client, events: &[Value]) {
    for batch in events.chunks(100) {
        let stored = client.post("/api/v1/events/batch", &batch.into()).await.expect(200);
        assert_eq!(stored["stored"], batch.len(), "{}", stored["results"][0]);
    }
}

/// The value of a metric of the server.
async fn number(server: &TestServer, name: &str) -> usize {
    let text = String::from_utf8(server.nobody.get("/metrics").await.body.to_vec()).unwrap();
    let line = text.lines().find(|line| line.split(' ').next() == Some(name));
    line.unwrap_or_else(|| panic!("no {name}")).rsplit(' ').next().unwrap().parse().unwrap()
}

/// Waits until a metric of the server satisfies the condition.
async fn until_number(server: &TestServer, name: &str, is_wanted: impl Fn(usize) -> bool) {
    while !is_wanted(number(server, name).await) {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn every_query_keeps_its_slot_until_its_answer_is_taken() {
    let server = TestServer::start_with(|settings| settings.query_concurrency = 1.try_into().unwrap()).await;
    store(&server.admin, &(0..600).map(|number| large_event(number, 8)).collect::<Vec<_>>()).await;
    let fields =
        |separator: &str| (0..6).map(|at| format!("{separator}=metadata.text_{at}")).collect::<Vec<_>>().join("&");
    for path in [
        "/api/v1/events?limit=1000".to_owned(),
        format!("/api/v1/events/facets?limit=1000&{}", fields("field")),
        "/api/v1/events/aggregate?limit=1000&group_by=metadata.text_0&group_by=metadata.text_1".to_owned(),
        "/api/v1/events/export".to_owned(),
    ] {
        let stream = unread(&server.admin, &path).await;
        for other in ["/api/v1/events?limit=1", "/api/v1/events/facets", "/api/v1/stats"] {
            server.admin.get(other).await.problem(429, "too_many_queries");
        }
        drop(stream);
        while server.admin.get("/api/v1/stats").await.status == 429 {}
    }
}

#[tokio::test]
async fn a_batch_keeps_room_until_its_answer_is_taken() {
    // One tenant may have as much as one batch of unknown size takes.
    let bytes_max = u64::try_from(2 * ANSWER_BYTES_MAX).unwrap();
    let server = TestServer::start_with(|settings| settings.batch_bytes_max = bytes_max.try_into().unwrap()).await;
    let deep = (0..4).fold(json!(1e20), |value, _| json!({("k".repeat(150)): value}));
    let change = json!({"path": "/p", "op": "add", "new": deep});
    let adjusted = event(&json!({"changes": [change, change]}));
    let body = gzip(json!(vec![adjusted; 1_000]).to_string().as_bytes());
    let headers =
        format!("content-type: application/json\r\ncontent-encoding: gzip\r\ncontent-length: {}\r\n", body.len());
    let stream = unread_body(&server.admin, "POST /api/v1/events/batch", &headers, &body).await;
    assert!(number(&server, "auditlog_answer_bytes").await > MIB);
    let another = tokio::spawn({
        let client = server.admin.clone();
        let headers = [("content-type", "application/json"), ("content-encoding", "gzip")];
        let body = gzip(json!([event(&json!({}))]).to_string().as_bytes());
        async move { client.send(Method::POST, "/api/v1/events/batch", &headers, body.into()).await }
    });
    // Other tenants are served. In the time that this takes, the other batch would be done if it did not wait.
    let stranger = server.tenant("stranger").await;
    store(&stranger, &vec![event(&json!({})); 10]).await;
    assert!(!another.is_finished(), "there is room for another batch");
    drop(stream);
    another.await.unwrap().expect(200);
    until_number(&server, "auditlog_answer_bytes", |bytes| bytes < MIB).await;
}

#[tokio::test]
async fn a_problem_with_the_results_of_a_batch_keeps_room_until_it_is_taken() {
    let server = TestServer::start().await;
    let names = (0..32).map(|at| (format!("{at}{}", "\u{1}n".repeat(16)), 1.into())).collect::<Map<_, _>>();
    let body = gzip(json!(vec![Value::from(names); 1_000]).to_string().as_bytes());
    let headers =
        format!("content-type: application/json\r\ncontent-encoding: gzip\r\ncontent-length: {}\r\n", body.len());
    let stream = unread_body(&server.admin, "POST /api/v1/events/batch", &headers, &body).await;
    let counted = number(&server, "auditlog_answer_bytes").await;
    assert!(counted > MIB / 2);
    drop(stream);
    let headers = [("content-type", "application/json"), ("content-encoding", "gzip")];
    let answer = server.admin.send(Method::POST, "/api/v1/events/batch", &headers, body.into()).await;
    assert!(counted >= answer.body.len(), "{counted} bytes are counted of {}", answer.body.len());
    until_number(&server, "auditlog_answer_bytes", |bytes| bytes < MIB / 2).await;
}

#[tokio::test]
async fn the_answer_to_a_batch_does_not_grow_with_the_names_that_it_quotes() {
    let server = TestServer::start().await;
    let names = (0..32).map(|at| (format!("{at}{}", "\u{1}n".repeat(200)), Value::Null)).collect::<Map<_, _>>();
    // The lists are nested deeper than 128 levels.
    let lists = format!("{}{}", "[".repeat(128), "]".repeat(128));
    let deep = (0..20).fold(lists, |value, _| format!("{{\"{}\":{value}}}", "k".repeat(1_000)));
    let last = event(&json!({"changes": [{"path": "/p", "op": "add", "new": 0}]})).to_string();
    let last = last.replace("\"new\":0", &format!("\"new\":{deep}"));
    let body = format!("[{},{last}]", vec![Value::from(names).to_string(); 100].join(","));
    let headers = [("content-type", "application/json")];
    let answer = server.admin.send(Method::POST, "/api/v1/events/batch", &headers, body.into()).await;
    assert!(answer.body.len() < 2 * MIB, "{} bytes", answer.body.len());
    let results = &answer.problem(422, "all_events_rejected")["results"];
    let errors = results[0]["errors"].as_array().unwrap();
    let pointer = |error: &Value| error["pointer"].as_str().unwrap().to_owned();
    assert_eq!(errors.len(), 32, "as many as one event lists");
    assert!(errors.iter().map(pointer).all(|pointer| pointer.len() <= 130 && pointer.ends_with('…')), "{errors:?}");
    let pointer = pointer(&results[100]["errors"][0]);
    assert!(pointer.starts_with("/changes/0/new/kkk") && pointer.len() <= 512 && pointer.ends_with('…'), "{pointer}");
}

#[tokio::test]
async fn a_batch_tells_a_bounded_number_of_violations() {
    let server = TestServer::start().await;
    let names = (0..40).map(|at| (format!("name_{at}"), 1.into())).collect::<Map<_, _>>();
    let answer = server.admin.post("/api/v1/events/batch", &vec![Value::from(names); 1_000].into()).await;
    let answer = answer.problem(422, "all_events_rejected");
    let results = answer["results"].as_array().unwrap();
    let told: Vec<usize> = results.iter().map(|result| result["errors"].as_array().unwrap().len()).collect();
    assert_eq!((answer["rejected"].as_u64(), told[0], told[999]), (Some(1_000), 32, 1));
    assert!(told.iter().sum::<usize>() <= 3_000, "each lists its first, and 2,000 are listed in all");
}

#[tokio::test]
async fn a_problem_does_not_grow_with_what_it_quotes() {
    let server = TestServer::start().await;
    let name = "n".repeat(50_000);
    let answer = server.admin.post("/api/v1/events", &event(&json!({(name.as_str()): 1}))).await;
    answer.problem(422, "invalid_event");
    assert!(answer.body.len() < 2_000, "{} bytes", answer.body.len());
    let answer = server.admin.post("/api/v1/saved-searches", &json!({(name.as_str()): 1})).await;
    answer.problem(422, "invalid_request");
    assert!(answer.body.len() < 5_000, "{} bytes", answer.body.len());
    let query = format!("/api/v1/events?{}=1", "x".repeat(20_000));
    let answer = server.admin.get(&query).await;
    answer.problem(400, "unknown_parameter");
    assert!(answer.body.len() < 5_000, "{} bytes", answer.body.len());
}

#[tokio::test]
async fn a_page_of_large_events_ends_early_and_the_walk_loses_nothing() {
    let server = TestServer::start().await;
    // Each of these characters takes six bytes in an answer.
    let text = |at: usize| (format!("text_{at}"), "\u{1}".repeat(1_000).into());
    let large = event(&json!({"metadata": (0..9).map(text).collect::<Map<_, _>>()}));
    store(&server.admin, &vec![large; 300]).await;
    for order in ["oldest", "newest"] {
        let (mut seen, mut pages, mut cursor) = (Vec::new(), 0, String::new());
        loop {
            let answer = server.admin.get(&format!("/api/v1/events?limit=1000&order={order}{cursor}")).await;
            assert!(answer.body.len() <= ANSWER_BYTES_MAX, "{} bytes", answer.body.len());
            let page = answer.expect(200);
            let sequence = |event: &Value| event["sequence"].as_str().unwrap().parse::<u64>().unwrap();
            seen.extend(page["events"].as_array().unwrap().iter().map(sequence));
            pages += 1;
            match page["next_cursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => break,
            }
        }
        // The first record of a tenant's log is its creation.
        let mut expected: Vec<u64> = (seen[0].min(*seen.last().unwrap())..).take(seen.len()).collect();
        if order == "newest" {
            expected.reverse();
        }
        assert_eq!(seen, expected);
        assert!(seen.len() >= 300 && pages > 1, "{} events in {pages} pages", seen.len());
    }
}

#[tokio::test]
async fn facets_that_would_be_too_large_are_refused() {
    let server = TestServer::start().await;
    store(&server.admin, &(0..600).map(|number| large_event(number, 16)).collect::<Vec<_>>()).await;
    let fields = (0..16).map(|at| format!("field=metadata.text_{at}")).collect::<Vec<_>>().join("&");
    let answer = server.admin.get(&format!("/api/v1/events/facets?limit=1000&{fields}")).await;
    answer.problem(400, "answer_too_large");
    server.admin.get(&format!("/api/v1/events/facets?limit=100&{fields}")).await.expect(200);
}

#[tokio::test]
async fn answers_beyond_the_memory_for_them_are_refused_before_they_are_made() {
    let bytes_max = u64::try_from(4 * ANSWER_BYTES_MAX).unwrap();
    let server = TestServer::start_with(|settings| settings.answer_bytes_max = bytes_max.try_into().unwrap()).await;
    let stranger = server.tenant("stranger").await;
    let events: Vec<_> = (0..800).map(|number| large_event(number, 9)).collect();
    store(&server.admin, &events).await;
    store(&stranger, &events[..10]).await;
    let path = "/api/v1/events?limit=1000";
    // A tenant has half of the memory, which is two of the largest answers.
    let streams = [unread(&server.admin, path).await, unread(&server.admin, path).await];
    assert!(number(&server, "auditlog_answer_room_bytes").await > 12 * MIB);
    let answer = server.admin.get(path).await;
    answer.problem(429, "too_many_answers");
    assert_eq!(answer.header("retry-after"), "1");
    assert_eq!(number(&server, "auditlog_answers_refused_total").await, 1);
    // Small answers need no memory, and other tenants have theirs.
    server.admin.get("/api/v1/events?limit=1").await.expect(200);
    server.admin.get("/api/v1/events/facets").await.expect(200);
    server.admin.post("/api/v1/events", &event(&json!({}))).await.expect(201);
    stranger.get(path).await.expect(200);
    drop(streams);
    until_number(&server, "auditlog_answer_room_bytes", |bytes| bytes == 0).await;
    server.admin.get(path).await.expect(200);
}

#[tokio::test]
async fn an_answer_that_is_not_taken_is_given_up_with_all_it_holds() {
    let server = TestServer::start_with(|settings| settings.answer_write_timeout_ms = 200.try_into().unwrap()).await;
    store(&server.admin, &(0..800).map(|number| large_event(number, 9)).collect::<Vec<_>>()).await;
    let stream = unread(&server.admin, "/api/v1/events?limit=1000").await;
    until_number(&server, "auditlog_answer_room_bytes", |bytes| bytes == 0).await;
    drop(stream);
}

#[tokio::test]
async fn tails_that_are_not_read_share_the_memory_for_answers_and_skip_nothing() {
    let bytes_max = u64::try_from(4 * ANSWER_BYTES_MAX).unwrap();
    let server = TestServer::start_with(|settings| settings.answer_bytes_max = bytes_max.try_into().unwrap()).await;
    store(&server.admin, &(0..400).map(|number| large_event(number, 9)).collect::<Vec<_>>()).await;
    let path = "/api/v1/events/tail?after=start";
    let mut streams = Vec::new();
    for _ in 0..12 {
        streams.push(unread(&server.admin, path).await);
    }
    until_number(&server, "auditlog_answer_room_bytes", |bytes| bytes > 12 * MIB).await;
    assert!(number(&server, "auditlog_answer_room_bytes").await <= 16 * MIB);
    drop(streams.split_off(1));
    let mut stream = streams.pop().unwrap();
    let mut text = Vec::new();
    while !String::from_utf8_lossy(&text[text.len().saturating_sub(200_000)..]).contains("id: 399\n") {
        assert!(stream.read_buf(&mut text).await.unwrap() > 0, "the stream goes on");
    }
    let text = String::from_utf8_lossy(&text);
    let frames = text.lines().filter(|line| line.starts_with("data: ")).count();
    assert!(frames >= 400, "{frames} events came");
}
