//! Owns how a `Range` header is resolved to bytes of a file (RFC 9110, chapter 14).

use std::ops::Range;

use axum::http::{HeaderMap, header};
use http_range_header::{RangeUnsatisfiableError, parse_range_header};

/// The part of a file to send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Wanted {
    /// The whole file.
    Whole,
    /// These bytes, at least one.
    Part(Range<u64>),
    /// A range outside the file.
    Nothing,
}

impl Wanted {
    /// Reads the headers of a request for a file of this length and this entity tag. An unreadable range, several
    /// ranges, and a range of another file are answered with the whole file, as the RFC allows.
    pub(super) fn of(headers: &HeaderMap, bytes: u64, entity_tag: &str) -> Self {
        let text = |name| headers.get(name).map(|value| value.to_str().unwrap_or_default());
        if text(header::IF_RANGE).is_some_and(|condition| condition.trim() != entity_tag) {
            return Self::Whole;
        }
        let Some(asked) = text(header::RANGE) else { return Self::Whole };
        match parse_range_header(asked).and_then(|ranges| ranges.validate(bytes)) {
            Ok(ranges) => match ranges.as_slice() {
                [range] => Self::Part(*range.start()..range.end().saturating_add(1)),
                _ => Self::Whole,
            },
            Err(RangeUnsatisfiableError::Unsatisfiable) => Self::Nothing,
            Err(_) => Self::Whole,
        }
    }
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderName, HeaderValue};

    use super::*;

    fn wanted(headers: &[(HeaderName, &str)]) -> Wanted {
        let headers = headers.iter().map(|(name, value)| (name.clone(), HeaderValue::from_str(value).unwrap()));
        Wanted::of(&headers.collect(), 100, "\"abc\"")
    }

    #[test]
    fn one_range_is_sent_as_it_was_asked_for() {
        for (asked, expected) in [
            ("bytes=0-0", Wanted::Part(0..1)),
            ("bytes=10-19", Wanted::Part(10..20)),
            ("bytes=90-", Wanted::Part(90..100)),
            ("bytes=90-1000", Wanted::Part(90..100)),
            ("bytes=-10", Wanted::Part(90..100)),
            ("bytes=-1000", Wanted::Part(0..100)),
            ("bytes=100-", Wanted::Nothing),
            ("bytes=200-300", Wanted::Nothing),
            ("bytes=0-1,5-6", Wanted::Whole),
            ("bytes=9-1", Wanted::Whole),
            ("bytes=a-b", Wanted::Whole),
            ("pages=1-2", Wanted::Whole),
        ] {
            assert_eq!(wanted(&[(header::RANGE, asked)]), expected, "{asked}");
        }
    }

    #[test]
    fn a_range_of_another_file_is_answered_with_the_whole_one() {
        let range = (header::RANGE, "bytes=10-19");
        assert_eq!(wanted(&[range.clone(), (header::IF_RANGE, "\"abc\"")]), Wanted::Part(10..20));
        for other in ["\"abd\"", "W/\"abc\"", "Wed, 21 Oct 2026 07:28:00 GMT"] {
            assert_eq!(wanted(&[range.clone(), (header::IF_RANGE, other)]), Wanted::Whole, "{other}");
        }
        assert_eq!(wanted(&[]), Wanted::Whole);
    }
}
