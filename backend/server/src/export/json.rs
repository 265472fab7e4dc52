//! Owns events as JSON: each on a line of its own, exactly as the API shows it.

use auditlog_core::event::{StoredEvent, Visibility, write_json};

/// What room is made for an event.
const EVENT_BYTES: usize = 1_024;

/// One object a line.
pub(super) fn lines(events: &[StoredEvent], visibility: Visibility) -> String {
    let mut out = String::with_capacity(events.len() * EVENT_BYTES);
    for event in events {
        write_json(event, visibility, &mut out);
        out.push('\n');
    }
    out
}

/// An array while it is written.
#[derive(Debug)]
pub(super) struct ArrayWriter {
    visibility: Visibility,
    has_elements: bool,
}

impl ArrayWriter {
    pub(super) const fn new(visibility: Visibility) -> Self {
        Self { visibility, has_elements: false }
    }

    /// Goes on with an array that has so many elements.
    pub(super) const fn go_on_behind(&mut self, elements: u64) {
        self.has_elements = elements > 0;
    }

    /// The next elements, behind the array's beginning where there were none yet.
    pub(super) fn elements(&mut self, events: &[StoredEvent]) -> String {
        let mut out = String::with_capacity(events.len() * EVENT_BYTES);
        for event in events {
            out.push_str(if self.has_elements { ",\n" } else { "[\n" });
            self.has_elements = true;
            write_json(event, self.visibility, &mut out);
        }
        out
    }

    /// The array's end.
    pub(super) const fn end(&self) -> &'static str {
        if self.has_elements { "\n]\n" } else { "[]\n" }
    }
}
