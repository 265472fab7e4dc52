//! Invalid input of every kind, each with its stable status, code and pointer. No answer may be a 5xx.

mod bodies;
mod events;
mod heads;
mod queries;

use auditlog_conformance::fixtures::tenant_id;
use hyper::Method;

use crate::harness::{Client, TestServer};

/// An invalid request and its expected answer.
pub(super) struct Case {
    name: &'static str,
    method: Method,
    path: String,
    headers: Vec<(&'static str, String)>,
    body: Vec<u8>,
    caller: Caller,
    status: u16,
    code: &'static str,
    /// The code and pointer of the first error, if there is one.
    error: Option<(&'static str, String)>,
}

/// The sender.
#[derive(Clone, Copy)]
pub(super) enum Caller {
    Admin,
    System,
    Nobody,
}

impl Case {
    fn new(name: &'static str, method: Method, path: impl Into<String>, status: u16, code: &'static str) -> Self {
        Self {
            name,
            method,
            path: path.into(),
            headers: vec![("content-type", "application/json".to_owned())],
            body: Vec::new(),
            caller: Caller::Admin,
            status,
            code,
            error: None,
        }
    }

    fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }

    fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.retain(|(known, _)| *known != name);
        self.headers.push((name, value.into()));
        self
    }

    fn by(mut self, caller: Caller) -> Self {
        self.caller = caller;
        self
    }

    fn error(mut self, code: &'static str, pointer: impl Into<String>) -> Self {
        self.error = Some((code, pointer.into()));
        self
    }
}

#[tokio::test]
async fn every_bad_request_is_answered_with_its_own_code_and_pointer() {
    let server = TestServer::start().await;
    let cases: Vec<Case> =
        [bodies::cases(), events::cases(), queries::cases(), heads::cases()].into_iter().flatten().collect();
    assert!(cases.len() >= 120, "{} cases", cases.len());
    let head = server.store.oracle.leaf_hashes(&tenant_id("default")).len();
    let mut wrong = Vec::new();
    for case in &cases {
        wrong.extend(check(&server, case).await);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let after = server.store.oracle.leaf_hashes(&tenant_id("default")).len();
    assert_eq!(after, head, "a bad request stored something");
}

/// Sends an invalid request and returns how its answer differs from the expected one.
async fn check(server: &TestServer, case: &Case) -> Option<String> {
    let client: &Client = match case.caller {
        Caller::Admin => &server.admin,
        Caller::System => &server.system,
        Caller::Nobody => &server.nobody,
    };
    let headers: Vec<(&str, &str)> = case.headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let answer = client.send(case.method.clone(), &case.path, &headers, case.body.clone().into()).await;
    let body = String::from_utf8_lossy(&answer.body);
    if answer.status.as_u16() != case.status || !body.contains(&format!("\"code\":\"{}\"", case.code)) {
        return Some(format!("{}: {} instead of {} {}: {body}", case.name, answer.status, case.status, case.code));
    }
    let problem = answer.problem(case.status, case.code);
    let first = &problem["errors"][0];
    match &case.error {
        Some((code, pointer)) if first["code"] != *code || first["pointer"] != *pointer => {
            Some(format!("{}: {first} instead of {code} at {pointer}", case.name))
        }
        Some(_) if first["detail"].as_str().is_none_or(str::is_empty) => Some(format!("{}: no detail", case.name)),
        _ => None,
    }
}
