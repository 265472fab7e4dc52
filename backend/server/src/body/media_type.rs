//! Owns the content types of requests.

use axum::http::{HeaderMap, header};

use crate::problem::{Code, Problem, ProblemError};

/// A content type that some route accepts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum MediaType {
    /// `application/json`
    Json,
    /// `application/x-ndjson`, one JSON value per line.
    Ndjson,
}

impl MediaType {
    /// The content type of a request, if it is one of `accepted`.
    pub(crate) fn of(headers: &HeaderMap, accepted: &[Self]) -> Result<Self, Problem> {
        let text = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let found = Self::parse(text).filter(|found| accepted.contains(found));
        found.ok_or_else(|| {
            let names: Vec<_> = accepted.iter().map(|accepted| accepted.as_str()).collect();
            let detail = format!("send Content-Type: {}", names.join(" or "));
            Problem::new(Code::UnsupportedMediaType, detail.clone()).with_error(ProblemError::header(
                "Content-Type",
                Code::UnsupportedMediaType.as_str(),
                detail,
            ))
        })
    }

    const fn as_str(self) -> &'static str {
        match self {
            Self::Json => "application/json",
            Self::Ndjson => "application/x-ndjson",
        }
    }

    /// Parses a content type. JSON is UTF-8, so another charset is refused; other parameters are ignored.
    fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split(';').map(str::trim);
        let essence = parts.next()?.to_ascii_lowercase();
        let foreign_charset = parts.any(|parameter| {
            let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
            name.eq_ignore_ascii_case("charset") && !value.trim_matches('"').eq_ignore_ascii_case("utf-8")
        });
        if foreign_charset {
            return None;
        }
        [Self::Json, Self::Ndjson].into_iter().find(|known| known.as_str() == essence)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_types_are_read_as_clients_write_them() {
        for (text, expected) in [
            ("application/json", Some(MediaType::Json)),
            ("Application/JSON; charset=UTF-8", Some(MediaType::Json)),
            ("application/json;charset=\"utf-8\"", Some(MediaType::Json)),
            ("application/x-ndjson", Some(MediaType::Ndjson)),
            ("application/json; charset=latin1", None),
            ("text/plain", None),
            ("", None),
        ] {
            assert_eq!(MediaType::parse(text), expected, "{text}");
        }
    }
}
