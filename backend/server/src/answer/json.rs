//! Owns JSON answers that may become large.

use std::io;

use axum::{
    http::header,
    response::{IntoResponse, Response},
};
use serde::Serialize;

use crate::{
    limits::{ANSWER_BYTES_MAX, too_large},
    problem::{Code, Problem},
};

/// An answer may keep an allocation that is this much larger than its text.
const SLACK_BYTES_MAX: usize = 64 << 10;

/// A JSON answer. Serialization stops and the answer is refused when it reaches the size limit.
#[derive(Debug)]
pub(crate) struct JsonAnswer<T>(pub(crate) T);

/// Text that stops growing at the size limit.
#[derive(Default)]
struct BoundedText {
    bytes: Vec<u8>,
    is_full: bool,
}

impl BoundedText {
    #[cold]
    fn refuse(&mut self) -> io::Error {
        self.is_full = true;
        io::Error::other("the answer is too large")
    }
}

impl<T: Serialize> IntoResponse for JsonAnswer<T> {
    fn into_response(self) -> Response {
        let mut text = BoundedText::default();
        match serde_json::to_writer(&mut text, &self.0) {
            Ok(()) => {
                // The allocation is held until the answer is sent.
                if text.bytes.capacity() - text.bytes.len() > SLACK_BYTES_MAX {
                    text.bytes.shrink_to_fit();
                }
                ([(header::CONTENT_TYPE, "application/json")], text.bytes).into_response()
            }
            Err(_) if text.is_full => Problem::from(too_large()).into_response(),
            Err(error) => {
                tracing::error!(%error, "an answer cannot be serialized");
                Problem::new(Code::InternalError, "the answer could not be serialized").into_response()
            }
        }
    }
}

/// Serialization writes a few bytes at a time, so both ways to write are inlined.
impl io::Write for BoundedText {
    #[inline]
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.write_all(bytes).map(|()| bytes.len())
    }

    #[inline]
    fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        if self.bytes.len() + bytes.len() > ANSWER_BYTES_MAX {
            return Err(self.refuse());
        }
        self.bytes.extend_from_slice(bytes);
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_that_is_too_large_is_refused() {
        let status = |length| JsonAnswer("x".repeat(length)).into_response().status().as_u16();
        assert_eq!(status(ANSWER_BYTES_MAX - 2), 200);
        assert_eq!(status(ANSWER_BYTES_MAX - 1), 400);
    }
}
