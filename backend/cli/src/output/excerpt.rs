//! The matches that the server marked in an event: their places and, for texts that no column of the printed table
//! shows, an excerpt of the text around each match.

use serde_json::Value;

use crate::output::printable;

/// The maximum number of excerpts below one event.
pub(crate) const EXCERPTS_MAX: usize = 3;
/// How many characters around a match are shown on each side.
const AROUND: usize = 30;
/// A match is cut to this many characters.
const FOUND_MAX: usize = 60;

/// A part of a text of an event, with the match in it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Excerpt {
    /// The field of the text: `metadata.plan`.
    pub(crate) name: String,
    pub(crate) before: String,
    pub(crate) found: String,
    pub(crate) after: String,
}

/// The pointers of the matches; none if highlighting was not requested.
pub(crate) fn found_pointers(event: &Value) -> impl Iterator<Item = &str> {
    highlights(event).filter_map(|highlight| highlight["pointer"].as_str())
}

/// One excerpt per matching text, except for values for whose pointer `is_shown` returns true.
pub(crate) fn excerpts(event: &Value, is_shown: impl Fn(&str) -> bool) -> Vec<Excerpt> {
    let mut last = None;
    let mut excerpts = Vec::new();
    for highlight in highlights(event) {
        let pointer = highlight["pointer"].as_str();
        if pointer == last || pointer.is_none_or(&is_shown) {
            continue;
        }
        last = pointer;
        excerpts.extend(excerpt(event, highlight));
    }
    excerpts
}

fn highlights(event: &Value) -> impl Iterator<Item = &Value> {
    event.get("highlights").and_then(Value::as_array).into_iter().flatten()
}

/// `None` if the place does not exist. That would be a server bug, but no reason not to show the event.
fn excerpt(event: &Value, highlight: &Value) -> Option<Excerpt> {
    let pointer = highlight["pointer"].as_str()?;
    let place = |name: &str| highlight[name].as_u64().and_then(|place| usize::try_from(place).ok());
    let (start, end) = (place("start")?, place("end")?);
    let value = event.pointer(pointer)?;
    let is_of_change = pointer.starts_with("/changes/") && !pointer.ends_with("/path");
    let text = value.as_str().filter(|_| !is_of_change).map_or_else(|| value.to_string(), ToOwned::to_owned);
    Some(Excerpt {
        name: field_name(pointer),
        before: last_characters(text.get(..start)?, AROUND),
        found: first_characters(text.get(start..end)?, FOUND_MAX),
        after: first_characters(text.get(end..)?, AROUND),
    })
}

/// The field at a pointer: `metadata.plan`.
pub(super) fn field_name(pointer: &str) -> String {
    let name = pointer.trim_start_matches('/').replace('/', ".").replace("~1", "/").replace("~0", "~");
    // Names of members within metadata are chosen by producers, so they are escaped.
    printable(&name).into_owned()
}

fn first_characters(text: &str, count: usize) -> String {
    match text.char_indices().nth(count) {
        Some((end, _)) => format!("{}…", printable(&text[..end])),
        None => printable(text).into_owned(),
    }
}

fn last_characters(text: &str, count: usize) -> String {
    match text.char_indices().rev().nth(count) {
        Some((before, first)) => format!("…{}", printable(&text[before + first.len_utf8()..])),
        None => printable(text).into_owned(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn texts_that_no_column_shows_are_excerpted_once_each() {
        let long = format!("{} payroll {}", "ä".repeat(40), "ö".repeat(40));
        let event = json!({
            "action": "payroll.run", "message": long, "metadata": {"a/b": "the \u{1b}payroll"},
            "changes": [{"path": "/x", "new": "payroll"}],
            "highlights": [
                {"pointer": "/action", "start": 0, "end": 7},
                {"pointer": "/changes/0/new", "start": 1, "end": 8},
                {"pointer": "/message", "start": 81, "end": 88},
                {"pointer": "/message", "start": 90, "end": 92},
                {"pointer": "/metadata/a~1b", "start": 5, "end": 12},
                {"pointer": "/reason/text", "start": 5, "end": 12},
            ]
        });
        let found = excerpts(&event, |pointer| pointer == "/action");
        let shown: Vec<String> = found
            .iter()
            .map(|excerpt| format!("{}: {}[{}]{}", excerpt.name, excerpt.before, excerpt.found, excerpt.after))
            .collect();
        let message = format!("message: …{} [payroll] {}…", "ä".repeat(29), "ö".repeat(29));
        assert_eq!(shown, ["changes.0.new: \"[payroll]\"", &message, r"metadata.a/b: the \u{1b}[payroll]"]);
        assert_eq!(excerpts(&json!({"message": "payroll"}), |_| false), []);
    }
}
