//! Parses bytes into drafts, which are events before the server completes them, or returns every violation of a rule.
//! Values are read from the JSON text straight into their types; no tree of JSON values is built.

mod batch;
mod context;
mod event;
mod members;
mod open_values;
mod parser;
mod parties;
mod raw;
mod scalars;

pub use batch::{BatchError, BatchFormat, ParsedEvent, parse_batch};

use parser::{Limits, Malformed, Parser};

use crate::{
    event::{Adjustments, Event, EventDraft, Violation, limits::EVENT_BYTES_MAX, violation::code},
    json::Path,
};

/// The UTF-8 byte-order mark, which some programs write before a text.
const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

/// Why a text cannot be parsed into an event.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ParseErrors {
    /// It is not JSON. The pointer names the value in which reading stopped.
    #[error("{violation}")]
    Malformed {
        /// Where reading stopped, in bytes.
        offset: usize,
        /// The same, as a violation.
        violation: Violation,
    },
    /// It is JSON and breaks rules: at least one violation, and all of them up to
    /// [`crate::event::limits::VIOLATIONS_MAX`].
    #[error("the event breaks {} rules", .0.len())]
    Invalid(Vec<Violation>),
}

impl ParseErrors {
    /// The violations; at least one.
    #[must_use]
    pub fn violations(&self) -> &[Violation] {
        match self {
            Self::Malformed { violation, .. } => std::slice::from_ref(violation),
            Self::Invalid(violations) => violations,
        }
    }

    /// The violations, by value.
    #[must_use]
    pub fn into_violations(self) -> Vec<Violation> {
        match self {
            Self::Malformed { violation, .. } => vec![violation],
            Self::Invalid(violations) => violations,
        }
    }
}

impl From<Malformed> for ParseErrors {
    fn from(malformed: Malformed) -> Self {
        Self::Malformed { offset: malformed.offset, violation: malformed.into_violation() }
    }
}

/// Parses one event as a producer sends it, and adjusts it.
pub fn parse_event(bytes: &[u8]) -> Result<EventDraft, ParseErrors> {
    let bytes = without_byte_order_mark(bytes);
    if let Some(violation) = check_size(bytes.len()) {
        return Err(ParseErrors::Invalid(vec![violation]));
    }
    let mut parser = Parser::new(bytes, Limits::Applied)?;
    let event = parser.client_event()?;
    parser.finish_text()?;
    let event = event.ok_or_else(|| ParseErrors::Invalid(parser.into_violations()))?;
    Ok(event.fit(bytes.len()))
}

fn without_byte_order_mark(bytes: &[u8]) -> &[u8] {
    bytes.strip_prefix(BYTE_ORDER_MARK).unwrap_or(bytes)
}

/// Reads back the canonical text of a stored event. No limit of event v1 applies, because an event stays readable when
/// a limit changes. Whether the text is the one that was stored is not checked here: the event's leaf hash decides.
///
/// # Errors
/// Only for text that [`crate::event::canonical::write_event`] never wrote.
pub fn parse_canonical(text: &str) -> Result<Event, ParseErrors> {
    let mut parser = Parser::new(text.as_bytes(), Limits::Lifted)?;
    let event = parser.stored_event()?;
    parser.finish_text()?;
    event.ok_or_else(|| ParseErrors::Invalid(parser.into_violations()))
}

/// Reads back a list of adjustments that [`crate::event::canonical::write_adjustments`] wrote. `None` for any other
/// text.
#[must_use]
pub fn parse_adjustments(text: &str) -> Option<Adjustments> {
    let mut parser = Parser::new(text.as_bytes(), Limits::Lifted).ok()?;
    let adjustments = parser.stored_adjustments(&Path::Root).ok()?;
    parser.finish_text().ok()?;
    (!parser.has_violations()).then_some(adjustments)
}

/// Returns a violation where an event's text is too large to be parsed.
fn check_size(size_bytes: usize) -> Option<Violation> {
    (size_bytes > EVENT_BYTES_MAX).then(|| Violation {
        pointer: String::new(),
        code: code::EVENT_TOO_LARGE,
        detail: format!("{size_bytes} bytes, where at most {EVENT_BYTES_MAX} are allowed"),
    })
}
