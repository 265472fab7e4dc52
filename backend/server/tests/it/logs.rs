//! The log lines of a request, and what they must never contain.

use std::{
    io,
    sync::{Arc, Mutex},
    time::Duration,
};

use auditlog_core::store::{ExportFileError, QueryError};
use hyper::Method;
use serde_json::{Value, json};
use tracing_subscriber::fmt::MakeWriter;

use crate::harness::{Queries, TestServer, event};

const EXPORTS: &str = "/api/v1/exports";

/// Collects what is logged on this thread, which is where the server of a test runs.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl io::Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Lines {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

/// While there is only one subscriber, a callsite first reached by threads of other tests is cached as of no interest.
fn another_subscriber() -> tracing::Dispatch {
    let nowhere = tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE).with_writer(std::io::sink);
    tracing::Dispatch::new(nowhere.finish())
}

/// The lines of this thread, collected until this is dropped.
struct Collecting {
    lines: Lines,
    _guard: tracing::subscriber::DefaultGuard,
    _another: tracing::Dispatch,
}

impl Lines {
    fn collecting() -> Collecting {
        let lines = Self::default();
        let subscriber = tracing_subscriber::fmt()
            .json()
            .flatten_event(true)
            .with_max_level(tracing::Level::TRACE)
            .with_writer(lines.clone())
            .finish();
        let another = another_subscriber();
        Collecting { lines, _guard: tracing::subscriber::set_default(subscriber), _another: another }
    }

    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }

    fn of_request(&self, request_id: &str) -> Value {
        let lines = self.text();
        let line = lines.lines().find(|line| line.contains(request_id)).unwrap_or_else(|| panic!("{lines}"));
        serde_json::from_str(line).unwrap()
    }
}

#[tokio::test]
async fn a_request_leaves_one_line_that_names_it_and_no_secret() {
    let collecting = Lines::collecting();
    let server = TestServer::start().await;
    let acme = server.tenant("acme").await;

    let headers = [("content-type", "application/json"), ("x-request-id", "good-1")];
    let body = event(&json!({"message": "very-private"})).to_string();
    acme.send(Method::POST, "/api/v1/events", &headers, body.into()).await.expect(201);
    let query = "/api/v1/events?limit=0&q=very-private";
    acme.send(Method::GET, query, &[("x-request-id", "bad-1")], "".into()).await.problem(400, "invalid_parameter");
    let wrong = server.nobody.with_key("alk_live_very-private");
    wrong.send(Method::GET, "/api/v1/events", &[("x-request-id", "wrong-1")], "".into()).await.expect(401);

    let good = collecting.lines.of_request("good-1");
    assert_eq!((&good["tenant"], &good["route"]), (&json!("acme"), &json!("/api/v1/events")));
    assert_eq!((&good["method"], &good["status"], &good["code"]), (&json!("POST"), &json!(201), &json!("-")));
    assert_eq!(good["key_id"], acme.key_id());
    assert!(good["latency_ms"].is_number(), "{good}");
    let bad = collecting.lines.of_request("bad-1");
    assert_eq!((&bad["status"], &bad["code"]), (&json!(400), &json!("invalid_parameter")));
    let wrong = collecting.lines.of_request("wrong-1");
    assert_eq!((&wrong["tenant"], &wrong["code"]), (&json!("-"), &json!("invalid_credentials")));

    let text = collecting.lines.text();
    assert!(!text.contains("very-private"), "what events say is for no log: {text}");
    for client in [&acme, &server.admin, &server.system] {
        let secret = client.key().split('_').nth(3).unwrap();
        assert!(!text.contains(secret), "a key's secret is in the log");
    }
}

#[tokio::test]
async fn an_export_that_is_deleted_while_its_file_is_made_is_no_error() {
    let collecting = Lines::collecting();
    let server = TestServer::start().await;
    let acme = server.tenant("acme").await;
    acme.post("/api/v1/events", &event(&json!({}))).await.expect(201);
    server.store.set_queries(Queries::FailingAfter(0, QueryError::DeadlineExceeded));
    let path = format!("{EXPORTS}/{}", acme.post(EXPORTS, &json!({})).await.expect(201)["id"].as_str().unwrap());
    // The job waits to try the query again, and sees the deletion only afterwards.
    server.store.until_failed_query().await;
    assert_eq!(acme.send(Method::DELETE, &path, &[], "".into()).await.status, 204);
    server.store.fail_files(Some(ExportFileError::Unavailable("the file was deleted".into())));
    server.store.set_queries(Queries::Answered);
    tokio::time::timeout(Duration::from_secs(20), server.store.until_failed_files(1)).await.unwrap();
    server.store.fail_files(None);
    // The only worker has ended the first job when it has made the second.
    let path = format!("{EXPORTS}/{}", acme.post(EXPORTS, &json!({})).await.expect(201)["id"].as_str().unwrap());
    while acme.get(&path).await.expect(200)["status"] != "completed" {
        tokio::task::yield_now().await;
    }
    let text = collecting.lines.text();
    assert!(!text.contains("\"ERROR\"") && !text.contains("an export failed"), "{text}");
}
