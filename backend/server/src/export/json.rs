//! Owns events as JSON: each on a line of its own, exactly as the API shows it.

use auditlog_core::event::{StoredEvent, Visibility, write_json};

/// One object a line.
pub(super) fn write_lines(events: &[StoredEvent], visibility: Visibility, out: &mut String) {
    for event in events {
        write_json(event, visibility, out);
        out.push('\n');
    }
}

/// An array while it is written.
#[derive(Debug, Default)]
pub(super) struct ArrayWriter {
    has_elements: bool,
}

impl ArrayWriter {
    pub(super) fn write(&mut self, events: &[StoredEvent], visibility: Visibility, out: &mut String) {
        for event in events {
            out.push_str(if self.has_elements { ",\n" } else { "[\n" });
            self.has_elements = true;
            write_json(event, visibility, out);
        }
    }

    /// The array's end.
    pub(super) const fn end(&self) -> &'static str {
        if self.has_elements { "\n]\n" } else { "[]\n" }
    }
}
