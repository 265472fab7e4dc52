//! Owns request ids: which ids of clients are accepted, and how other ids are generated.

use std::{fmt::Write, sync::Arc};

use auditlog_core::clock::Entropy;
use axum::http::{HeaderMap, HeaderName, HeaderValue};

/// The header that carries the id both ways.
pub(crate) const REQUEST_ID_HEADER: HeaderName = HeaderName::from_static("x-request-id");
/// The maximum length of a client's id.
const LENGTH_MAX: usize = 128;

/// The id of one request in answers and logs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RequestId(Arc<str>);

impl RequestId {
    /// Uses the client's id if it is harmless in a log, else generates one.
    pub(crate) fn of(headers: &HeaderMap, entropy: &dyn Entropy) -> Self {
        let given = headers.get(REQUEST_ID_HEADER).and_then(|value| value.to_str().ok());
        match given {
            Some(text) if is_sane(text) => Self(text.into()),
            _ => Self::random(entropy),
        }
    }

    fn random(entropy: &dyn Entropy) -> Self {
        let mut bytes = [0; 16];
        entropy.fill(&mut bytes);
        let mut text = String::with_capacity(32);
        for byte in bytes {
            // Writing to a string cannot fail.
            let _ = write!(text, "{byte:02x}");
        }
        Self(text.into())
    }

    /// The id.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// The id as a header value.
    pub(crate) fn header_value(&self) -> HeaderValue {
        HeaderValue::from_str(&self.0).unwrap_or(HeaderValue::from_static(""))
    }
}

/// For answers that are made before a request has its id.
impl Default for RequestId {
    fn default() -> Self {
        Self("".into())
    }
}

/// Letters, digits and a few marks: no character that could break a log line or a header.
fn is_sane(text: &str) -> bool {
    (1..=LENGTH_MAX).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.:/+=@".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Counting;

    impl Entropy for Counting {
        fn fill(&self, bytes: &mut [u8]) {
            for (index, byte) in bytes.iter_mut().enumerate() {
                *byte = u8::try_from(index).unwrap_or(0);
            }
        }
    }

    #[test]
    fn a_sane_id_is_kept_and_any_other_is_replaced() {
        let made = "000102030405060708090a0b0c0d0e0f";
        let too_long = "x".repeat(129);
        for (given, expected) in [
            ("abc-123", "abc-123"),
            ("01932b5e-7c00-7abc-8def-0123456789ab", "01932b5e-7c00-7abc-8def-0123456789ab"),
            ("", made),
            ("two words", made),
            ("new\u{e9}", made),
            ("a\"b", made),
            (&too_long, made),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(REQUEST_ID_HEADER, HeaderValue::from_bytes(given.as_bytes()).unwrap());
            assert_eq!(RequestId::of(&headers, &Counting).as_str(), expected, "{given}");
        }
        assert_eq!(RequestId::of(&HeaderMap::new(), &Counting).as_str(), made);
    }
}
