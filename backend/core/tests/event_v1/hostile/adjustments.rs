//! Adjustments as an event prints them.

use auditlog_core::json::write_hex;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

pub(super) fn replaced(pointer: &str) -> Value {
    json!({"pointer": pointer, "code": "replaced"})
}

pub(super) fn defaulted(pointer: &str) -> Value {
    json!({"pointer": pointer, "code": "defaulted"})
}

pub(super) fn json_as_text(pointer: &str) -> Value {
    json!({"pointer": pointer, "code": "json_as_text"})
}

pub(super) fn number_as_text(pointer: &str) -> Value {
    json!({"pointer": pointer, "code": "number_as_text"})
}

pub(super) fn parsed() -> Value {
    json!({"pointer": "/context/ip", "code": "parsed"})
}

pub(super) fn parsed_beside(original: &str) -> Value {
    json!({"pointer": "/context/ip", "code": "parsed", "original": original})
}

pub(super) fn clock(original: &str) -> Value {
    json!({"pointer": "/occurred_at", "code": "clock", "original": original})
}

pub(super) fn more(size: usize) -> Value {
    json!({"pointer": "", "code": "more", "size": size})
}

/// A text that was cut.
pub(super) fn cut(pointer: &str, whole: &str) -> Value {
    cut_of(pointer, whole.len(), whole)
}

/// A value that was cut, of which `size` counts something else than the bytes of its text.
pub(super) fn cut_of(pointer: &str, size: usize, whole: &str) -> Value {
    json!({"pointer": pointer, "code": "truncated", "size": size, "sha256": sha256(whole)})
}

pub(super) fn sha256(text: &str) -> String {
    let mut digits = String::new();
    write_hex(&Sha256::digest(text), &mut digits);
    digits
}
