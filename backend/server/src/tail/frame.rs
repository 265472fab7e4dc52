//! Owns the text of a stream of events, in the format `text/event-stream` of the HTML standard.

use std::{fmt::Write, time::Duration};

use auditlog_core::event::{StoredEvent, Visibility, write_json};

use crate::tail::Mark;

/// How long a client waits before it reconnects.
const RETRY: Duration = Duration::from_secs(1);

/// Appends an event: its sequence as the id, and its form of `GET /events/{id}` as data. The JSON contains no line
/// breaks, so it is one line of data.
pub(super) fn write_event(stored: &StoredEvent, visibility: Visibility, out: &mut String) {
    write_id(Mark::before(stored.sequence + 1), out);
    out.push_str("data: ");
    write_json(stored, visibility, out);
    out.push_str("\n\n");
}

/// The beginning of a stream. An id without data dispatches no event, but the client remembers it and resumes there if
/// it is disconnected before the first event.
pub(super) fn opening(mark: Mark) -> String {
    let mut text = String::new();
    // Writing to a string cannot fail.
    let _ = writeln!(text, "retry: {}", RETRY.as_millis());
    write_id(mark, &mut text);
    text.push('\n');
    text
}

/// A heartbeat with the stream's position, which the filter may otherwise hide.
pub(super) fn heartbeat(mark: Mark) -> String {
    let mut text = String::from(": heartbeat\n");
    write_id(mark, &mut text);
    text.push('\n');
    text
}

/// The last event of a stream: the reason why it ends, as a problem, and the position at which to resume.
pub(super) fn end(mark: Mark, problem: &str) -> String {
    let mut text = String::from("event: end\n");
    write_id(mark, &mut text);
    let _ = write!(text, "data: {problem}\n\n");
    text
}

fn write_id(mark: Mark, out: &mut String) {
    let _ = writeln!(out, "id: {mark}");
}
