//! Owns events as JSON: one event per line, exactly as in the API.

use auditlog_core::event::{StoredEvent, Visibility, write_json};

/// The memory reserved per event, in bytes.
const EVENT_BYTES: usize = 1_024;

/// One object per line.
pub(super) fn lines(events: &[StoredEvent], visibility: Visibility) -> String {
    let mut out = String::with_capacity(events.len() * EVENT_BYTES);
    for event in events {
        write_json(event, visibility, &mut out);
        out.push('\n');
    }
    out
}

/// Writes an array.
#[derive(Debug)]
pub(super) struct ArrayWriter {
    visibility: Visibility,
    has_elements: bool,
}

impl ArrayWriter {
    pub(super) const fn new(visibility: Visibility) -> Self {
        Self { visibility, has_elements: false }
    }

    /// Resumes an array with this many elements.
    pub(super) const fn resume_after(&mut self, elements: u64) {
        self.has_elements = elements > 0;
    }

    /// The next elements, preceded by the beginning of the array if there were none yet.
    pub(super) fn elements(&mut self, events: &[StoredEvent]) -> String {
        let mut out = String::with_capacity(events.len() * EVENT_BYTES);
        for event in events {
            out.push_str(if self.has_elements { ",\n" } else { "[\n" });
            self.has_elements = true;
            write_json(event, self.visibility, &mut out);
        }
        out
    }

    /// The end of the array.
    pub(super) const fn end(&self) -> &'static str {
        if self.has_elements { "\n]\n" } else { "[]\n" }
    }
}
