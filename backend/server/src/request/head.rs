//! Owns the HTTP rules for request heads that the connection's parser accepts but that two programs could interpret
//! differently.

use axum::{
    extract::Request,
    http::{
        HeaderMap, HeaderName, HeaderValue, Version,
        header::{CONNECTION, HOST, TRANSFER_ENCODING},
        uri::Authority,
    },
    response::{IntoResponse, Response},
};

use crate::problem::{Code, Problem, ProblemError};

/// What is wrong with the head of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct HeadError {
    header: &'static str,
    detail: &'static str,
}

/// Checks that the head of a request is not ambiguous about its host or its end.
pub(crate) fn check_head(request: &Request) -> Result<(), HeadError> {
    check_host(request.version(), request.headers())?;
    check_transfer_encoding(request.headers())
}

/// The answer also closes the connection: its next bytes may be the rest of the refused request.
impl IntoResponse for HeadError {
    fn into_response(self) -> Response {
        let Self { header, detail } = self;
        let code = Code::InvalidHead;
        let problem = Problem::new(code, format!("{header}: {detail}"));
        let mut response = problem.with_error(ProblemError::header(header, code.as_str(), detail)).into_response();
        response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
        response
    }
}

fn check_host(version: Version, headers: &HeaderMap) -> Result<(), HeadError> {
    match only_value(headers, &HOST) {
        Values::None if version < Version::HTTP_11 => Ok(()),
        Values::None => Err(HeadError { header: "Host", detail: "HTTP/1.1 requires this header" }),
        Values::Many => Err(HeadError { header: "Host", detail: "this header may occur only once" }),
        Values::One(value) if is_host(value) => Ok(()),
        Values::One(_) => Err(HeadError { header: "Host", detail: "the value is not a host" }),
    }
}

/// Whether the value is a host with or without a port; it may be empty.
fn is_host(value: &HeaderValue) -> bool {
    let Ok(text) = value.to_str() else { return false };
    text.is_empty() || (!text.contains('@') && text.parse::<Authority>().is_ok())
}

fn check_transfer_encoding(headers: &HeaderMap) -> Result<(), HeadError> {
    match only_value(headers, &TRANSFER_ENCODING) {
        Values::None => Ok(()),
        Values::One(value) if value.as_bytes().trim_ascii().eq_ignore_ascii_case(b"chunked") => Ok(()),
        Values::One(_) | Values::Many => {
            Err(HeadError { header: "Transfer-Encoding", detail: "a single `chunked` is the only supported coding" })
        }
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
