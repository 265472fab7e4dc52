//! Checks that the OpenAPI document declares every problem that an operation answers with.

use std::sync::OnceLock;

use hyper::Method;
use serde_json::Value;

use crate::harness::Answer;

/// A problem with which a request was answered.
#[derive(Debug)]
pub(crate) struct Failure<'a> {
    pub(crate) method: &'a str,
    /// The path and query of the request.
    pub(crate) target: &'a str,
    pub(crate) status: &'a str,
    pub(crate) code: &'a str,
}

/// Fails if the answer is a problem that the document does not declare for the operation.
pub(crate) fn check_declared(method: &Method, target: &str, answer: &Answer) {
    // The answer to HEAD has no body.
    if answer.header("content-type") != "application/problem+json" || method == Method::HEAD {
        return;
    }
    let problem = answer.value();
    let code = problem["code"].as_str().unwrap();
    check(&Failure { method: method.as_str(), target, status: answer.status.as_str(), code });
}

/// The same for the bytes of one request and of its answer. Requests that are not HTTP have no operation.
pub(crate) fn check_declared_in_bytes(request: &[u8], answer: &str) {
    let line = String::from_utf8_lossy(request.split(|byte| *byte == b'\r').next().unwrap()).into_owned();
    let mut words = line.split(' ');
    let (Some(method), Some(target)) = (words.next(), words.next()) else { return };
    let Some((head, body)) = answer.split_once("\r\n\r\n") else { return };
    let Ok(problem) = serde_json::from_str::<Value>(body) else { return };
    if target.starts_with('/') && head.contains("application/problem+json") {
        let (status, code) = (head.split(' ').nth(1).unwrap(), problem["code"].as_str().unwrap());
        check(&Failure { method, target, status, code });
    }
}

fn check(failure: &Failure<'_>) {
    assert!(is_declared(failure), "the document does not declare {failure:?}");
}

/// Whether the document declares this code for the operation.
pub(crate) fn is_declared(failure: &Failure<'_>) -> bool {
    let code = failure.code;
    match operation(failure) {
        Target::Operation(operation) => {
            let codes = &operation["responses"][failure.status]["x-problem-codes"];
            codes.as_array().is_some_and(|codes| codes.iter().any(|declared| declared == code))
        }
        Target::OtherMethod => ["method_not_allowed", "invalid_head"].contains(&code),
        Target::Nothing => ["not_found", "method_not_allowed", "invalid_head"].contains(&code),
    }
}

/// What the document says about a method and a path.
enum Target {
    Operation(&'static Value),
    /// The path has operations, but not with this method.
    OtherMethod,
    Nothing,
}

fn operation(failure: &Failure<'_>) -> Target {
    static DOCUMENT: OnceLock<Value> = OnceLock::new();
    let document =
        DOCUMENT.get_or_init(|| serde_json::from_str(&auditlog_server::api::openapi_json().unwrap()).unwrap());
    let path = failure.target.split('?').next().unwrap();
    let templates = document["paths"].as_object().unwrap();
    // `/events/export` also matches the template `/events/{id}`.
    let item = templates.get(path).or_else(|| {
        let found = templates.iter().find(|(template, _)| matches(template, path));
        found.map(|(_, item)| item)
    });
    let Some(item) = item else { return Target::Nothing };
    match item.get(failure.method.to_ascii_lowercase()) {
        Some(operation) => Target::Operation(operation),
        None => Target::OtherMethod,
    }
}

fn matches(template: &str, path: &str) -> bool {
    let (template, path): (Vec<_>, Vec<_>) = (template.split('/').collect(), path.split('/').collect());
    let is_match =
        |(segment, of_path): (&&str, &&str)| segment == of_path || (segment.starts_with('{') && !of_path.is_empty());
    template.len() == path.len() && template.iter().zip(&path).all(is_match)
}
