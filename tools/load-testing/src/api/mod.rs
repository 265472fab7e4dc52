//! The HTTP API as a client sees it: connections, calls and answers. Knows nothing about what is sent or proved.

mod answers;
mod client;

pub use answers::{BatchAnswer, BatchResult, CreatedKey, EventAnswer, PageAnswer, Problem, SingleAnswer};
pub use client::{Address, Answer, Call, CallError, Client, Credential};

/// A value for a query string, with everything but unreserved characters percent-encoded.
#[must_use]
pub fn encode_parameter(value: &str) -> String {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    let mut encoded = String::with_capacity(value.len());
    for byte in value.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            encoded.push(char::from(byte));
        } else {
            encoded.push('%');
            encoded.push(char::from(DIGITS[usize::from(byte >> 4)]));
            encoded.push(char::from(DIGITS[usize::from(byte & 15)]));
        }
    }
    encoded
}
