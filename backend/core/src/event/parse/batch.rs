//! Parses the events of one body independently, so that an invalid event does not affect the others.

use super::{
    check_size, parse_event,
    parser::{Limits, Malformed, Parser},
    without_byte_order_mark,
};
use crate::{
    event::{
        EventDraft, Violation,
        limits::{BATCH_EVENTS_MAX, EVENT_BYTES_MAX},
        violation::code,
    },
    json::{Kind, Path, Reader},
};

/// How the events of a batch are encoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BatchFormat {
    /// One JSON array of events.
    Array,
    /// One event a line; empty lines are skipped.
    Ndjson,
}

/// Why the body of a batch cannot be read as a whole. Nothing of it is stored then.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{code} at {pointer:?}, byte {offset}: {detail}")]
pub struct BatchError {
    /// One of the constants of [`crate::event::violation::code`].
    pub code: &'static str,
    /// The JSON Pointer, from the root of the body, of the value in which reading stopped.
    pub pointer: String,
    /// Where reading stopped, in bytes.
    pub offset: usize,
    /// A sentence for people. It may change with any version.
    pub detail: String,
}

/// One event of a batch: the draft, or all its violations.
pub type ParsedEvent = Result<Box<EventDraft>, Vec<Violation>>;

/// Parses a batch. Returns one result for each event, in the order sent: the draft, or all its violations, with
/// pointers from the event's own root.
///
/// # Errors
/// The body is not valid JSON or not an array (format `Array`), or it has more than 1,000 events (both formats). In
/// NDJSON an invalid line affects only itself.
pub fn parse_batch(bytes: &[u8], format: BatchFormat) -> Result<Vec<ParsedEvent>, BatchError> {
    let bytes = without_byte_order_mark(bytes);
    match format {
        BatchFormat::Array => parse_array(bytes),
        BatchFormat::Ndjson => parse_lines(bytes),
    }
}

fn parse_array(bytes: &[u8]) -> Result<Vec<ParsedEvent>, BatchError> {
    let root = Path::Root;
    let unreadable = |error| BatchError::malformed(&root, Malformed::new(&root, error));
    let mut parser = Parser::of_reader(Reader::of_list(bytes).map_err(unreadable)?, Limits::Applied);
    let kind = parser.reader.peek_kind().map_err(unreadable)?;
    if kind != Kind::Array {
        let detail = format!("an array of events is expected, this is {}", kind.as_str());
        return Err(BatchError { code: code::WRONG_TYPE, pointer: String::new(), offset: 0, detail });
    }
    parser.reader.begin_array().map_err(unreadable)?;
    let mut events = Vec::new();
    while parser.reader.next_item().map_err(unreadable)? {
        let at = root.item(events.len());
        if events.len() == BATCH_EVENTS_MAX {
            return Err(BatchError::too_many(parser.reader.offset()));
        }
        let event = parse_item(&mut parser).map_err(|malformed| BatchError::malformed(&at, malformed))?;
        events.push(event);
    }
    parser.finish_text().map_err(|malformed| BatchError::malformed(&root, malformed))?;
    Ok(events)
}

fn parse_item(parser: &mut Parser<'_>) -> Result<ParsedEvent, Malformed> {
    // Peeking skips the white space before an event, so that it does not count as part of the event.
    parser.reader.peek_kind().map_err(|error| Malformed::new(&Path::Root, error))?;
    let start = parser.reader.offset();
    if parser.reader.bytes_left() > EVENT_BYTES_MAX
        && let Some(violation) = skim_too_large(parser)?
    {
        return Ok(Err(vec![violation]));
    }
    let event = parser.client_event()?;
    let sent_bytes = parser.reader.offset() - start;
    let violations = parser.take_violations();
    Ok(event.map(|event| Box::new(event.fit(sent_bytes))).ok_or(violations))
}

/// Skips an event that is too large, and returns what is wrong with it. The size is checked before the values are read:
/// those of an event of 8 MiB take twenty times its size in memory. Any other event is left to be read.
fn skim_too_large(parser: &mut Parser<'_>) -> Result<Option<Violation>, Malformed> {
    let (start, mark) = (parser.reader.offset(), parser.reader.mark());
    let skimmed = parser.reader.skim_value();
    let Some(violation) = check_size(parser.reader.offset() - start) else {
        // Malformed text of a usual size is found again, and its place with it.
        parser.reader.rewind(mark);
        return Ok(None);
    };
    skimmed.map(|()| Some(violation)).map_err(|error| Malformed::new(&Path::Root, error))
}

fn parse_lines(bytes: &[u8]) -> Result<Vec<ParsedEvent>, BatchError> {
    let mut events = Vec::new();
    let mut offset = 0;
    for line in bytes.split(|byte| *byte == b'\n') {
        if !line.trim_ascii().is_empty() {
            if events.len() == BATCH_EVENTS_MAX {
                return Err(BatchError::too_many(offset));
            }
            events.push(parse_event(line).map(Box::new).map_err(super::ParseErrors::into_violations));
        }
        offset += line.len() + 1;
    }
    Ok(events)
}

impl BatchError {
    fn malformed(at: &Path<'_>, malformed: Malformed) -> Self {
        let offset = malformed.offset;
        let Violation { pointer, code, detail } = malformed.into_violation();
        Self { code, pointer: at.to_shown_pointer() + &pointer, offset, detail }
    }

    fn too_many(offset: usize) -> Self {
        let detail = format!("more than {BATCH_EVENTS_MAX} events");
        Self { code: code::TOO_MANY, pointer: String::new(), offset, detail }
    }
}
