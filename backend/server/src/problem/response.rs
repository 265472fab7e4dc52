//! Owns how a problem is written as a response. Handlers return a [`Problem`]; the outermost layer writes it, because
//! only that layer knows the final request id and also sees the error responses of libraries.

use std::time::Duration;

use auditlog_core::json::{printed_bytes, shorten};
use axum::{
    body::Body,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Serialize;
use utoipa::ToSchema;

use crate::problem::{Code, Extension, Problem, ProblemError};

/// The maximum number of errors listed for a request; further errors are omitted.
const ERRORS_MAX: usize = 32;
/// The maximum length of a text in a problem, in bytes of its JSON form.
const TEXT_BYTES_MAX: usize = 1_024;
/// The maximum size of a problem besides its explanation, errors and further members.
const FRAME_BYTES_MAX: usize = 512;
/// The maximum size of an error besides its texts and position.
const ERROR_FRAME_BYTES: usize = 64;
/// The maximum size of the position of an error.
const POSITION_BYTES: usize = 80;

/// A problem document (RFC 9457).
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Problem)]
pub struct ProblemBody {
    /// The problem type: `urn:auditlog:problem:` followed by the code.
    #[serde(rename = "type")]
    #[schema(example = "urn:auditlog:problem:invalid_event")]
    kind: String,
    /// The meaning of the code.
    #[schema(example = "The event is not valid")]
    title: &'static str,
    /// The HTTP status.
    #[schema(minimum = 400, maximum = 599, example = 422)]
    status: u16,
    /// The stable code; clients should branch on it.
    code: Code,
    /// A human-readable explanation of this occurrence.
    detail: String,
    /// The request's id, as in `X-Request-Id`; quote it in support requests.
    request_id: String,
    /// The single errors in the request, at most 32. A text that quotes a long value is truncated and ends in `…`.
    errors: Vec<ProblemError>,
}

impl Problem {
    /// The maximum size of the problem as text.
    pub(crate) fn text_bytes_max(&self) -> usize {
        let of_errors: usize = self.errors.iter().take(ERRORS_MAX).map(error_bytes_max).sum();
        let of_extension = self.extension.as_ref().map_or(0, Extension::bytes);
        FRAME_BYTES_MAX + cut_bytes(&self.detail) + of_errors + of_extension
    }
}

fn error_bytes_max(error: &ProblemError) -> usize {
    let texts = cut_bytes(&error.pointer) + printed_bytes(&error.code) + cut_bytes(&error.detail);
    texts + ERROR_FRAME_BYTES + error.position.map_or(0, |_| POSITION_BYTES)
}

/// The maximum size of a text after it was truncated.
fn cut_bytes(text: &str) -> usize {
    printed_bytes(text).min(TEXT_BYTES_MAX)
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = self.code.status().into_response();
        response.extensions_mut().insert(self);
        response
    }
}

/// Writes problems, and converts error responses that no handler made into problems.
pub(crate) fn render(mut response: Response, request_id: &str) -> Response {
    if !response.status().is_client_error() && !response.status().is_server_error() {
        return response;
    }
    let mut problem = response.extensions_mut().remove::<Problem>().unwrap_or_else(|| foreign(response.status()));
    write(&mut response, &problem, request_id);
    // The rest of the problem is logged; its further members may be large and are in the body.
    problem.extension = None;
    response.extensions_mut().insert(problem);
    response
}

/// The response after a handler panicked. The panic itself is in the log.
pub(crate) fn panic_response(_panic: Box<dyn std::any::Any + Send + 'static>) -> Response {
    Problem::new(Code::InternalError, "the request failed; the server keeps running").into_response()
}

/// The problem for an error response of a library.
fn foreign(status: StatusCode) -> Problem {
    let code = Code::ALL.iter().copied().find(|code| code.status() == status).unwrap_or(Code::InternalError);
    Problem::new(code, status.canonical_reason().unwrap_or("the request failed"))
}

/// Encodes a problem as text, for responses whose head was already sent.
pub(crate) fn problem_text(problem: &Problem, request_id: &str) -> String {
    let shown = problem.errors.iter().take(ERRORS_MAX).cloned().map(|error| ProblemError {
        pointer: cut(&error.pointer),
        detail: cut(&error.detail),
        ..error
    });
    let body = ProblemBody {
        kind: format!("urn:auditlog:problem:{}", problem.code.as_str()),
        title: problem.code.title(),
        status: problem.code.status().as_u16(),
        code: problem.code,
        detail: cut(&problem.detail),
        request_id: request_id.to_owned(),
        errors: shown.collect(),
    };
    // Serializing this shape cannot fail; if it did, the status would still be correct.
    let mut text = serde_json::to_string(&body).unwrap_or_default();
    if let Some(extension) = &problem.extension {
        extension.add_to(&mut text);
    }
    text
}

/// Truncates a text of a problem to the maximum length.
fn cut(text: &str) -> String {
    shorten(text, TEXT_BYTES_MAX).into_owned()
}

/// Writes head and body, keeping headers such as `Allow`.
fn write(response: &mut Response, problem: &Problem, request_id: &str) {
    *response.status_mut() = problem.code.status();
    *response.body_mut() = Body::from(problem_text(problem, request_id));
    let headers = response.headers_mut();
    headers.remove(header::CONTENT_LENGTH);
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    if problem.code.status() == StatusCode::UNAUTHORIZED {
        headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"auditlog\""));
    }
    if let Some(after) = problem.retry_after {
        headers.insert(header::RETRY_AFTER, HeaderValue::from(whole_seconds(after)));
    }
}

/// `Retry-After` counts whole seconds. It is never zero, which would invite a busy loop.
fn whole_seconds(after: Duration) -> u64 {
    after.as_millis().div_ceil(1_000).try_into().unwrap_or(u64::MAX).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::problem::TextRange;

    #[test]
    fn no_problem_is_longer_than_its_bound() {
        let request_id = "r".repeat(128);
        for text in ["", "\u{1}", "\u{1f}\"ä\\"] {
            for times in [1, 3, 100, 2_000] {
                let text = text.repeat(times);
                for &code in Code::ALL {
                    let error = ProblemError::header(&text, "event_id_conflict", text.clone());
                    let error = error.at(TextRange { start: usize::MAX, end: usize::MAX });
                    let extension = Extension::of(&serde_json::json!({"results": text}));
                    let problem = Problem::new(code, text.clone())
                        .with_errors(vec![error; ERRORS_MAX + 1])
                        .with_extension(extension);
                    let (bytes, bytes_max) = (problem_text(&problem, &request_id).len(), problem.text_bytes_max());
                    assert!(bytes <= bytes_max, "{code:?}: {bytes} bytes, where {bytes_max} are the bound");
                    assert!(bytes_max < bytes + 10_000, "{code:?}: {bytes_max} is far above {bytes}");
                }
            }
        }
    }
}
