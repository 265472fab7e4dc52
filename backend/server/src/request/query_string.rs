//! Owns the query string as pairs of names and values, strictly decoded.

use axum::{extract::FromRequestParts, http::request::Parts};

use crate::problem::{Code, Place, Problem, ProblemError, TextRange};

/// The maximum number of pairs, more than a reasonable search has.
const PAIRS_MAX: usize = 256;

/// The pairs of the query string, in order. Values are kept as sent, without trimming.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct QueryPairs(pub(crate) Vec<(String, String)>);

impl<S: Send + Sync> FromRequestParts<S> for QueryPairs {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Problem> {
        parse(parts.uri.query().unwrap_or_default())
    }
}

/// For routes without parameters: any parameter is refused rather than ignored.
#[derive(Debug)]
pub(crate) struct NoQuery;

impl<S: Send + Sync> FromRequestParts<S> for NoQuery {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Problem> {
        let QueryPairs(pairs) = parse(parts.uri.query().unwrap_or_default())?;
        let Some((name, _)) = pairs.first() else { return Ok(Self) };
        let (code, detail) = (Code::UnknownParameter, "this path has no query parameters");
        Err(Problem::new(code, detail).with_error(ProblemError::query(name, code.as_str(), detail)))
    }
}

/// Splits and decodes a query string.
fn parse(query: &str) -> Result<QueryPairs, Problem> {
    let mut pairs = Vec::new();
    let mut start = 0;
    for part in query.split('&') {
        let range = TextRange { start, end: start + part.len() };
        start = range.end + 1;
        if part.is_empty() {
            continue;
        }
        if pairs.len() == PAIRS_MAX {
            let detail = format!("at most {PAIRS_MAX} parameters are allowed");
            return Err(malformed(detail, range));
        }
        let (name, value) = part.split_once('=').unwrap_or((part, ""));
        let (Some(name), Some(value)) = (decode(name), decode(value)) else {
            return Err(malformed("a parameter is not percent-encoded UTF-8".to_owned(), range));
        };
        pairs.push((name, value));
    }
    Ok(QueryPairs(pairs))
}

fn malformed(detail: String, position: TextRange) -> Problem {
    Problem::new(Code::MalformedQuery, detail.clone()).with_error(ProblemError {
        place: Place::Query,
        pointer: String::new(),
        code: Code::MalformedQuery.as_str().into(),
        detail,
        position: Some(position),
    })
}

/// Decodes `+` and `%XX`. `None` if a percent sign is not followed by two hexadecimal digits or the bytes are not
/// UTF-8.
fn decode(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        match byte {
            b'+' => bytes.push(b' '),
            b'%' => bytes.push(hex(rest.next()?)? << 4 | hex(rest.next()?)?),
            other => bytes.push(other),
        }
    }
    String::from_utf8(bytes).ok()
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_are_decoded_in_order() {
        let pairs = parse("a=1&b=x%20y+z&&a=%C3%A4&flag").unwrap().0;
        let expected = [("a", "1"), ("b", "x y z"), ("a", "ä"), ("flag", "")];
        assert_eq!(pairs, expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
    }

    #[test]
    fn what_cannot_be_decoded_is_refused_with_its_place() {
        for (query, start, end) in [("a=%", 0, 3), ("a=1&b=%zz", 4, 9), ("x=%ff", 0, 5), ("%2=1", 0, 4)] {
            let problem = parse(query).unwrap_err();
            assert_eq!(problem.code, Code::MalformedQuery);
            assert_eq!(problem.errors[0].position, Some(TextRange { start, end }), "{query}");
        }
        assert_eq!(parse(&"a&".repeat(300)).unwrap_err().code, Code::MalformedQuery);
    }
}
