//! Owns the HTTP rules for request heads that the connection's parser accepts but that two programs could interpret
//! differently.

use axum::{
    extract::Request,
    http::{
        HeaderMap, HeaderName, HeaderValue, Version,
        header::{CONNECTION, HOST, TRANSFER_ENCODING},
        uri::Authority,
    },
    middleware::Next,
    response::{IntoResponse, Response},
};

use crate::problem::{Code, Problem, ProblemError};

/// Refuses a request whose head is ambiguous about its host or its end, and closes its connection.
pub(crate) async fn check_head(request: Request, next: Next) -> Response {
    let checked = check_host(request.version(), request.headers());
    let checked = checked.and_then(|()| check_transfer_encoding(request.headers()));
    match checked {
        Ok(()) => next.run(request).await,
        Err((name, detail)) => {
            let code = Code::InvalidHead;
            let problem = Problem::new(code, format!("{name}: {detail}"));
            let mut response = problem.with_error(ProblemError::header(name, code.as_str(), detail)).into_response();
            // The next bytes on this connection may be the rest of this request.
            response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
            response
        }
    }
}

/// The name of a header and the error in it.
type Refusal = (&'static str, &'static str);

fn check_host(version: Version, headers: &HeaderMap) -> Result<(), Refusal> {
    match only_value(headers, &HOST) {
        Values::None if version < Version::HTTP_11 => Ok(()),
        Values::None => Err(("Host", "HTTP/1.1 requires this header")),
        Values::Many => Err(("Host", "this header may occur only once")),
        Values::One(value) if is_host(value) => Ok(()),
        Values::One(_) => Err(("Host", "the value is not a host")),
    }
}

/// Whether the value is a host with or without a port; it may be empty.
fn is_host(value: &HeaderValue) -> bool {
    let Ok(text) = value.to_str() else { return false };
    text.is_empty() || (!text.contains('@') && text.parse::<Authority>().is_ok())
}

fn check_transfer_encoding(headers: &HeaderMap) -> Result<(), Refusal> {
    match only_value(headers, &TRANSFER_ENCODING) {
        Values::None => Ok(()),
        Values::One(value) if value.as_bytes().trim_ascii().eq_ignore_ascii_case(b"chunked") => Ok(()),
        Values::One(_) | Values::Many => Err(("Transfer-Encoding", "a single `chunked` is the only supported coding")),
    }
}

/// The values of a header that may occur only once.
enum Values<'a> {
    None,
    One(&'a HeaderValue),
    Many,
}

fn only_value<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Values<'a> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (None, _) => Values::None,
        (Some(value), None) => Values::One(value),
        (Some(_), Some(_)) => Values::Many,
    }
}
