//! The answers to batches: counts and results, refusals as a whole, atomic and strict batches.

use bytes::Bytes;
use hyper::Method;
use serde_json::{Value, json};

use crate::harness::{Answer, Client, TestServer, event};

const ID: &str = "01932b5e-7c00-7abc-8def-0123456789ab";
const OTHER_ID: &str = "01932b5e-7c00-7abc-8def-0123456789ac";
const BATCH: &str = "/api/v1/events/batch";
const ATOMIC: &str = "/api/v1/events/batch?atomic=true";

fn statuses(answer: &Value) -> Vec<&str> {
    answer["results"].as_array().unwrap().iter().map(|result| result["status"].as_str().unwrap()).collect()
}

fn codes(answer: &Value) -> Vec<&str> {
    answer["results"].as_array().unwrap().iter().map(|result| result["code"].as_str().unwrap()).collect()
}

/// The numbers of stored, duplicate, rejected and adjusted events.
fn counts(answer: &Value) -> [u64; 4] {
    ["stored", "duplicates", "rejected", "adjusted"].map(|name| answer[name].as_u64().unwrap())
}

async fn total(client: &Client) -> Value {
    client.get("/api/v1/events?action=user.*&count=true").await.expect(200)["total"].clone()
}

async fn send_lines(client: &Client, path: &str, lines: impl Into<Bytes>) -> Answer {
    client.send(Method::POST, path, &[("content-type", "application/x-ndjson")], lines.into()).await
}

#[tokio::test]
async fn a_batch_of_which_every_event_is_rejected_is_a_problem_with_all_results() {
    let server = TestServer::start().await;
    server.admin.post("/api/v1/events", &event(&json!({"id": ID}))).await.expect(201);
    let conflict = event(&json!({"id": ID, "action": "user.logout"}));
    let no_id = event(&json!({"actor": {"type": "user"}}));
    let problem = server.admin.post(BATCH, &json!([no_id, conflict, "text"])).await.problem(422, "all_events_rejected");
    assert_eq!(counts(&problem), [0, 0, 3, 0]);
    assert_eq!(statuses(&problem), ["rejected"; 3]);
    assert_eq!(codes(&problem), ["missing_field", "event_id_conflict", "wrong_type"]);
    assert_eq!(problem["results"][0]["errors"][0]["pointer"], "/actor/id");
    let pointers: Vec<_> = problem["errors"].as_array().unwrap().iter().map(|error| &error["pointer"]).collect();
    assert_eq!(pointers, ["/0/actor/id", "/1/id", "/2"], "the number of the event comes first");
    assert!(problem["detail"].as_str().unwrap().contains("3 of 3 events"), "{problem}");
    // The same lines, so that a shipper of lines notices too.
    let lines = format!("{no_id}\n\n{{\"action\":\n");
    let problem = send_lines(&server.admin, BATCH, lines).await.problem(422, "all_events_rejected");
    assert_eq!((counts(&problem), codes(&problem)), ([0, 0, 2, 0], vec!["missing_field", "malformed_json"]));
    // One event that was stored before is enough for the other answer.
    let answer = server.admin.post(BATCH, &json!([no_id, event(&json!({"id": ID}))])).await.expect(200);
    assert_eq!((counts(&answer), statuses(&answer)), ([0, 1, 1, 0], vec!["rejected", "duplicate"]));
    assert_eq!(total(&server.admin).await, 1);
}

#[tokio::test]
async fn an_empty_batch_is_accepted() {
    let server = TestServer::start().await;
    let expected = json!({"stored": 0, "duplicates": 0, "rejected": 0, "adjusted": 0, "results": []});
    for path in [BATCH, ATOMIC, "/api/v1/events/batch?strict=true"] {
        assert_eq!(server.admin.post(path, &json!([])).await.expect(200), expected);
        assert_eq!(send_lines(&server.admin, path, "\n\r\n").await.expect(200), expected);
    }
}

#[tokio::test]
async fn adjusted_events_of_a_batch_are_stored_counted_and_described() {
    let server = TestServer::start().await;
    let long = event(&json!({"id": ID, "context": {"user_agent": "u".repeat(3_000)}}));
    let batch = json!([event(&json!({})), long, long, {}, event(&json!({"id": OTHER_ID, "message": "\u{0}"}))]);
    let answer = server.admin.post(BATCH, &batch).await.expect(200);
    assert_eq!(
        (counts(&answer), statuses(&answer)),
        ([3, 1, 1, 3], vec!["stored", "stored", "duplicate", "rejected", "stored"])
    );
    let results = &answer["results"];
    assert_eq!(results[0].get("adjustments"), None);
    assert_eq!(results[1]["adjustments"][0]["pointer"], "/context/user_agent");
    assert_eq!(
        (&results[1]["adjustments"][0]["code"], &results[1]["adjustments"][0]["size"]),
        (&json!("truncated"), &json!(3_000))
    );
    assert_eq!(results[2]["adjustments"], results[1]["adjustments"]);
    for (id, result) in [(ID, &results[1]), (OTHER_ID, &results[4])] {
        let found = server.admin.get(&format!("/api/v1/events/{id}")).await.expect(200);
        assert_eq!(found["adjustments"], result["adjustments"]);
    }
    assert_eq!(
        server.admin.get(&format!("/api/v1/events/{ID}")).await.expect(200)["context"]["user_agent"],
        "u".repeat(2_048)
    );
}

#[tokio::test]
async fn strict_batches_reject_what_would_be_adjusted_and_store_the_rest() {
    let server = TestServer::start().await;
    let ahead = event(&json!({"occurred_at": "2031-05-07T13:00:00Z"}));
    let answer = server
        .admin
        .post(
            "/api/v1/events/batch?strict=true",
            &json!([event(&json!({})), ahead, event(&json!({"message": "\u{0}"}))]),
        )
        .await
        .expect(200);
    assert_eq!((counts(&answer), statuses(&answer)), ([1, 0, 2, 0], vec!["stored", "rejected", "rejected"]));
    for (result, pointer) in [(&answer["results"][1], "/occurred_at"), (&answer["results"][2], "/message")] {
        assert_eq!((&result["code"], &result["pointer"]), (&json!("would_be_adjusted"), &json!(pointer)));
    }
    let problem = server.admin.post("/api/v1/events/batch?strict=true", &json!([ahead])).await;
    problem.problem(422, "all_events_rejected");
    assert_eq!(total(&server.admin).await, 1);
}

#[tokio::test]
async fn an_atomic_batch_stores_all_or_nothing() {
    let server = TestServer::start().await;
    let named = |id: &str, message: &str| event(&json!({"id": id, "message": message}));
    let good = [event(&json!({})), named(ID, "one"), named(ID, "one")];
    let answer = server.admin.post(ATOMIC, &json!(good)).await.expect(200);
    assert_eq!((counts(&answer), statuses(&answer)), ([2, 1, 0, 0], vec!["stored", "stored", "duplicate"]));

    // One that breaks a rule.
    let batch = json!([named(OTHER_ID, "two"), {"action": "a"}, named(ID, "one")]);
    let problem = server.admin.post(ATOMIC, &batch).await.problem(422, "batch_rejected");
    assert_eq!((counts(&problem), statuses(&problem)), ([0, 0, 3, 0], vec!["rejected"; 3]));
    assert_eq!(codes(&problem), ["not_stored", "missing_field", "not_stored"]);
    let errors = problem["errors"].as_array().unwrap();
    assert_eq!((errors.len(), &errors[0]["pointer"]), (1, &json!("/1/actor")), "only those at fault are errors");

    // One that only the store can reject.
    let batch = json!([named(OTHER_ID, "two"), named(ID, "another"), named(ID, "one")]);
    let problem = server.admin.post(ATOMIC, &batch).await.problem(422, "batch_rejected");
    assert_eq!(codes(&problem), ["not_stored", "event_id_conflict", "not_stored"]);
    assert_eq!((counts(&problem), &problem["errors"][0]["pointer"]), ([0, 0, 3, 0], &json!("/1/id")));
    server.admin.get(&format!("/api/v1/events/{OTHER_ID}")).await.problem(404, "event_not_found");

    // One that would be adjusted, for a strict producer only.
    let batch = json!([named(OTHER_ID, "two"), event(&json!({"message": "\u{0}"}))]);
    let strict = server.admin.post(&format!("{ATOMIC}&strict=true"), &batch).await.problem(422, "batch_rejected");
    assert_eq!(codes(&strict), ["not_stored", "would_be_adjusted"]);
    assert_eq!(total(&server.admin).await, 2);
    let answer = server.admin.post(ATOMIC, &batch).await.expect(200);
    assert_eq!((counts(&answer), total(&server.admin).await), ([2, 0, 0, 1], json!(4)));
}

#[tokio::test]
async fn of_atomic_batches_at_once_that_conflict_one_is_stored() {
    let server = TestServer::start().await;
    let batch = |number: usize| {
        let shared = event(&json!({"id": ID, "message": format!("number {number}")}));
        json!([event(&json!({"message": format!("number {number}")})), shared])
    };
    let batches: Vec<_> = (0..8).map(batch).collect();
    let answers = futures_util::future::join_all(batches.iter().map(|batch| server.admin.post(ATOMIC, batch))).await;
    let (stored, refused): (Vec<_>, Vec<_>) = answers.iter().partition(|answer| answer.status == 200);
    assert_eq!((stored.len(), refused.len()), (1, 7));
    for answer in refused {
        assert_eq!(codes(&answer.problem(422, "batch_rejected")), ["not_stored", "event_id_conflict"]);
    }
    assert_eq!(total(&server.admin).await, 2);
}

#[tokio::test]
async fn a_byte_order_mark_is_skipped() {
    let server = TestServer::start().await;
    let marked = |text: String| Bytes::from(format!("\u{feff}{text}"));
    let plain = event(&json!({})).to_string();
    let json = [("content-type", "application/json")];
    server.admin.send(Method::POST, "/api/v1/events", &json, marked(plain.clone())).await.expect(201);
    let answer = server.admin.send(Method::POST, BATCH, &json, marked(format!("[{plain}]"))).await.expect(200);
    assert_eq!(statuses(&answer), ["stored"]);
    let answer = send_lines(&server.admin, BATCH, marked(format!("{plain}\r\n{plain}\n"))).await.expect(200);
    assert_eq!(statuses(&answer), ["stored"; 2]);
}

#[tokio::test]
async fn events_of_a_mebibyte_are_taken_in_each_way() {
    let server = TestServer::start().await;
    // A body of this size is more than one batch of small events, and most of it is dropped.
    let large = |bytes: usize| {
        let text = event(&json!({"raw": {"format": "x", "body": ""}, "message": "large"})).to_string();
        text.replace("\"body\":\"\"", &format!("\"body\":\"{}\"", "b".repeat(bytes - text.len())))
    };
    let json = [("content-type", "application/json")];
    let most = large(1 << 20);
    assert_eq!(most.len(), 1 << 20);
    let receipt = server.admin.send(Method::POST, "/api/v1/events", &json, most.clone().into()).await.expect(201);
    assert_eq!(receipt["adjustments"][0]["pointer"], "/raw/body");
    let found = server.admin.get(&format!("/api/v1/events/{}", receipt["id"].as_str().unwrap())).await.expect(200);
    assert_eq!(found["raw"]["body"].as_str().unwrap().len(), 128 * 1_024);
    assert_eq!((&found["raw"]["truncated"], &found["raw"]["size"]), (&json!(true), &receipt["adjustments"][0]["size"]));
    let over = large((1 << 20) + 1);
    let refused = server.admin.send(Method::POST, "/api/v1/events", &json, over.clone().into()).await;
    refused.problem(413, "body_too_large");
    let answer = send_lines(&server.admin, BATCH, format!("{most}\n{over}\n")).await.expect(200);
    assert_eq!(statuses(&answer), ["stored", "rejected"]);
    assert_eq!(answer["results"][1]["code"], "event_too_large");
}

#[tokio::test]
async fn an_answer_lists_a_bounded_number_of_adjustments_and_then_only_counts_them() {
    let server = TestServer::start().await;
    // Each event has more adjustments than one event lists, with long pointers.
    let body = format!("{{\"{}\":[{}]}}", "k".repeat(90), vec!["1e99"; 70].join(","));
    let lines: Vec<_> = (0..1_000)
        .map(|_| {
            let plain = event(&json!({})).to_string();
            format!("{},\"metadata\":{{\"{}\":{body}}}}}\n", plain.strip_suffix('}').unwrap(), "m".repeat(90))
        })
        .collect();
    let answer = send_lines(&server.admin, BATCH, lines.concat()).await;
    assert!(answer.body.len() < 3 << 20, "{} bytes", answer.body.len());
    let answer = answer.expect(200);
    assert_eq!(counts(&answer), [1_000, 0, 0, 1_000]);
    let listed = |at: usize| answer["results"][at]["adjustments"].as_array().unwrap();
    assert_eq!((listed(0).len(), &listed(0)[63]), (64, &json!({"code": "more", "pointer": "", "size": 7})));
    assert_eq!(listed(999)[..], [json!({"code": "more", "pointer": "", "size": 70})]);
    let all: u64 =
        (0..1_000).map(|at| listed(at).len() as u64 - 1 + listed(at).last().unwrap()["size"].as_u64().unwrap()).sum();
    assert_eq!(all, 70_000, "each is listed or counted");
    let path = format!("/api/v1/events/{}", answer["results"][999]["id"].as_str().unwrap());
    assert_eq!(server.admin.get(&path).await.expect(200)["adjustments"].as_array().unwrap().len(), 64);
}
