//! Adjustments as an event prints them.

use auditlog_core::json::write_hex;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::jcs;

pub(crate) fn replaced(pointer: &str) -> Value {
    json!({"pointer": pointer, "code": "replaced"})
}

pub(crate) fn defaulted(pointer: &str) -> Value {
    json!({"pointer": pointer, "code": "defaulted"})
}

pub(crate) fn json_as_text(pointer: &str) -> Value {
    json!({"pointer": pointer, "code": "json_as_text"})
}

pub(crate) fn number_as_text(pointer: &str) -> Value {
    json!({"pointer": pointer, "code": "number_as_text"})
}

pub(crate) fn parsed() -> Value {
    json!({"pointer": "/context/ip", "code": "parsed"})
}

pub(crate) fn parsed_beside(original: &str) -> Value {
    json!({"pointer": "/context/ip", "code": "parsed", "original": original})
}

pub(crate) fn clock(original: &str) -> Value {
    json!({"pointer": "/occurred_at", "code": "clock", "original": original})
}

pub(crate) fn more(size: usize) -> Value {
    json!({"pointer": "", "code": "more", "size": size})
}

/// A text that was cut.
pub(crate) fn cut(pointer: &str, whole: &str) -> Value {
    cut_of(pointer, whole.len(), whole)
}

/// A value that was cut, of which `size` counts something else than the bytes of its text.
pub(crate) fn cut_of(pointer: &str, size: usize, whole: &str) -> Value {
    json!({"pointer": pointer, "code": "truncated", "size": size, "sha256": sha256(whole)})
}

pub(crate) fn sha256(text: &str) -> String {
    let mut digits = String::new();
    write_hex(&Sha256::digest(text), &mut digits);
    digits
}

/// The list of an event of which all this was adjusted, in order.
pub(crate) fn listed(all: &[Value]) -> Vec<Value> {
    let fits = |list: &[Value]| list.len() <= 64 && jcs::text(&json!(list)).len() <= 16 * 1024;
    let (mut kept, mut list) = (all.to_vec(), all.to_vec());
    while !fits(&list) {
        let dropped = kept.iter().rposition(|one| one["code"] != "clock").expect("no list is full of clocks");
        kept.remove(dropped);
        list.clone_from(&kept);
        list.push(more(all.len() - kept.len()));
    }
    list
}
