//! Owns the header `If-Match` (RFC 9110, section 13.1.1): the revisions of a record that a change is meant for.

use auditlog_core::store::{Expected, Revision};
use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, header, request::Parts},
};

use crate::problem::{Code, Problem, ProblemError};

/// The maximum number of entity tags in a request.
const TAGS_MAX: usize = 16;

/// The revisions that the request expects. Without the header, and with `*`, any.
#[derive(Debug)]
pub(crate) struct IfMatch(pub(crate) Expected);

impl<S: Send + Sync> FromRequestParts<S> for IfMatch {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Problem> {
        parse(&parts.headers).map(Self).ok_or_else(|| {
            let detail = "expected `*` or entity tags as answers have them in the header ETag, such as \"3\"";
            let error = ProblemError::header("If-Match", "invalid_value", detail);
            Problem::new(Code::InvalidParameter, format!("If-Match: {detail}")).with_error(error)
        })
    }
}

/// `None` where the header breaks the grammar.
fn parse(headers: &HeaderMap) -> Option<Expected> {
    let mut values = headers.get_all(header::IF_MATCH).iter().peekable();
    if values.peek().is_none() {
        return Some(Expected::Any);
    }
    let (mut revisions, mut tags, mut stars) = (Vec::new(), 0, 0);
    for value in values {
        let mut rest = value.to_str().ok()?.trim_start_matches(is_between);
        while !rest.is_empty() {
            if let Some(after) = rest.strip_prefix('*') {
                stars += 1;
                rest = after;
            } else {
                let tag = Tag::read(rest)?;
                tags += 1;
                revisions.extend(tag.revision());
                rest = tag.rest;
            }
            // Entries are separated by commas, and empty ones are ignored.
            if !rest.is_empty() && !rest.trim_start_matches([' ', '\t']).starts_with(',') {
                return None;
            }
            rest = rest.trim_start_matches(is_between);
        }
    }
    match (stars, tags) {
        (1, 0) => Some(Expected::Any),
        (0, 1..=TAGS_MAX) => Some(Expected::OneOf(revisions)),
        _ => None,
    }
}

const fn is_between(character: char) -> bool {
    matches!(character, ' ' | '\t' | ',')
}

/// An entity tag at the beginning of a text.
struct Tag<'a> {
    is_weak: bool,
    opaque: &'a str,
    rest: &'a str,
}

impl<'a> Tag<'a> {
    fn read(text: &'a str) -> Option<Self> {
        let (is_weak, quoted) = match text.strip_prefix("W/") {
            Some(quoted) => (true, quoted),
            None => (false, text),
        };
        let (opaque, rest) = quoted.strip_prefix('"')?.split_once('"')?;
        Some(Self { is_weak, opaque, rest })
    }

    /// The revision that the tag stands for. `None` for tags of other servers, and for weak tags, which `If-Match`
    /// never matches.
    fn revision(&self) -> Option<Revision> {
        let is_plain = !self.opaque.starts_with('0') && self.opaque.bytes().all(|byte| byte.is_ascii_digit());
        Revision::new(self.opaque.parse().ok().filter(|_| is_plain && !self.is_weak)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(values: &[&'static str]) -> Option<Expected> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(header::IF_MATCH, value.parse().unwrap());
        }
        parse(&headers)
    }

    #[test]
    fn tags_are_the_revisions_of_answers() {
        let revision = |number| Revision::new(number).unwrap();
        assert_eq!(parsed(&[]), Some(Expected::Any));
        assert_eq!(parsed(&["*"]), Some(Expected::Any));
        assert_eq!(parsed(&["\"3\""]), Some(Expected::OneOf(vec![revision(3)])));
        assert_eq!(parsed(&["\"3\", \"4\"", "\"5\""]), Some(Expected::OneOf([3, 4, 5].map(revision).to_vec())));
        assert_eq!(parsed(&["\"3\",, ,\"4\","]), Some(Expected::OneOf(vec![revision(3), revision(4)])));
        for other in ["\"0\"", "\"03\"", "\"+3\"", "W/\"3\"", "\"a\"", "\"a,b\"", "\"\""] {
            assert_eq!(parsed(&[other]), Some(Expected::OneOf(Vec::new())), "it matches no revision: {other}");
        }
        for bad in ["", ",", "3", "\"3", "\"3\" \"4\"", "\"3\"4", "*, \"3\"", "*, *", "w/\"3\""] {
            assert_eq!(parsed(&[bad]), None, "{bad}");
        }
    }
}
