//! The documents as they stand in the files.

use serde_json::{Value, json};

use super::{
    refused::{self, Sent},
    stored,
};

/// The id of a stored event that was sent without one.
pub(crate) const FRESH_ID: &str = "01932a40-0000-7000-8000-000000000001";

/// The length from which a text is written in pieces.
const PIECES_BYTES_MIN: usize = 4 * 1024;
/// The longest text that is found as a repeated one: an escape of JSON.
const UNIT_BYTES_MAX: usize = 6;
/// The number of repeats that is worth a piece of its own.
const RUN_MIN: usize = 32;

/// The document of refused events.
pub(crate) fn refused_text() -> String {
    let vector = |refused: refused::Refused| {
        let refused::Refused { name, sent, pointer, code } = refused;
        match sent {
            Sent::Text(text) => json!({"name": name, "text": pieces(&text), "pointer": pointer, "code": code}),
            Sent::Hexadecimal(digits) => json!({"name": name, "hex": digits, "pointer": pointer, "code": code}),
        }
    };
    print(&json!({
        "submission": submission(),
        "events": refused::all().into_iter().map(vector).collect::<Vec<_>>(),
    }))
}

/// The document of stored events.
pub(crate) fn stored_text() -> String {
    let vector = |stored: stored::Stored| {
        let canonical = pieces(&stored.canonical());
        json!({"name": stored.name, "text": pieces(&stored.text), "canonical": canonical})
    };
    print(&json!({
        "submission": submission(),
        "fresh_id": FRESH_ID,
        "events": stored::all().into_iter().map(vector).collect::<Vec<_>>(),
    }))
}

fn submission() -> Value {
    json!({
        "tenant_id": "acme",
        "submitted_by": {"type": "api_key", "id": "k0123456789abcde"},
        "received_at": stored::RECEIVED_AT,
    })
}

fn print(document: &Value) -> String {
    let text = serde_json::to_string_pretty(document).expect("JSON values can be printed");
    format!("{text}\n")
}

/// A short text as it is; a long one as a list of pairs: a text, and how often it is repeated.
fn pieces(text: &str) -> Value {
    if text.len() < PIECES_BYTES_MIN {
        return json!(text);
    }
    let (mut pieces, mut plain) = (Vec::new(), String::new());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let run = (1..=UNIT_BYTES_MAX).find_map(|bytes| run_of(rest, bytes));
        let Some((unit, count)) = run else {
            plain.push(first);
            rest = &rest[first.len_utf8()..];
            continue;
        };
        if !plain.is_empty() {
            pieces.push(json!([std::mem::take(&mut plain), 1]));
        }
        pieces.push(json!([unit, count]));
        rest = &rest[unit.len() * count..];
    }
    if !plain.is_empty() {
        pieces.push(json!([plain, 1]));
    }
    json!(pieces)
}

/// The text of this length with which a text begins, and how often it does, where that is worth a piece of its own.
fn run_of(text: &str, bytes: usize) -> Option<(&str, usize)> {
    let unit = text.get(..bytes)?;
    let count = text.as_bytes().chunks(bytes).take_while(|chunk| *chunk == unit.as_bytes()).count();
    (count >= RUN_MIN).then_some((unit, count))
}
