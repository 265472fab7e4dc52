//! Owns the text of a stream of events, as `text/event-stream` of the HTML standard has it.

use std::{fmt::Write, time::Duration};

use auditlog_core::event::{StoredEvent, Visibility, write_json};

use crate::tail::Mark;

/// How long a client waits before it comes again.
const RETRY: Duration = Duration::from_secs(1);

/// Appends an event: its sequence as the id, and as data what `GET /events/{id}` shows. JSON as it is printed here has
/// no line breaks, so it is one line of data.
pub(super) fn write_event(stored: &StoredEvent, visibility: Visibility, out: &mut String) {
    write_id(Mark::before(stored.sequence + 1), out);
    out.push_str("data: ");
    write_json(stored, visibility, out);
    out.push_str("\n\n");
}

/// What a stream begins with. An id without data is no event, but it is remembered: who is cut off before the first
/// event resumes here.
pub(super) fn opening(mark: Mark) -> String {
    let mut text = String::new();
    // Writing to a string cannot fail.
    let _ = writeln!(text, "retry: {}", RETRY.as_millis());
    write_id(mark, &mut text);
    text.push('\n');
    text
}

/// Says that the stream lives, and how far it has come, which filters may hide.
pub(super) fn heartbeat(mark: Mark) -> String {
    let mut text = String::from(": heartbeat\n");
    write_id(mark, &mut text);
    text.push('\n');
    text
}

/// The last event of a stream: why it ends, as a problem, and where to resume.
pub(super) fn end(mark: Mark, problem: &str) -> String {
    let mut text = String::from("event: end\n");
    write_id(mark, &mut text);
    let _ = write!(text, "data: {problem}\n\n");
    text
}

fn write_id(mark: Mark, out: &mut String) {
    let _ = writeln!(out, "id: {mark}");
}
