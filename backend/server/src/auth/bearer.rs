//! Owns how a request presents its API key: in the header `Authorization`, with the scheme `Bearer`.

use auditlog_core::policy::{ApiKeyToken, TokenError};
use axum::http::{HeaderMap, header};

use crate::problem::{Code, Problem, ProblemError};

/// Parses the API key that a request presents.
pub(super) fn api_key_of(headers: &HeaderMap) -> Result<ApiKeyToken, Problem> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let Some(value) = values.next() else {
        return Err(refused(Code::MissingCredentials, "send Authorization: Bearer <API key>"));
    };
    if values.next().is_some() {
        return Err(refused(Code::InvalidCredentials, "send one Authorization header, not several"));
    }
    let text = value.to_str().unwrap_or_default();
    let (scheme, token) = text.split_once(' ').unwrap_or((text, ""));
    if !scheme.eq_ignore_ascii_case("bearer") {
        return Err(refused(Code::InvalidCredentials, "the scheme must be Bearer"));
    }
    ApiKeyToken::parse(token.trim()).map_err(|error| {
        let detail = match error {
            TokenError::Malformed => "this is not an API key",
            TokenError::BadChecksum => "the API key's checksum does not match: it was mistyped or cut",
        };
        refused(Code::InvalidCredentials, detail)
    })
}

fn refused(code: Code, detail: &str) -> Problem {
    Problem::new(code, detail).with_error(ProblemError::header("Authorization", code.as_str(), detail))
}
