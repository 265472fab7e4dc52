//! Turns the records of all files into batches of events, and remembers the origin of each event.

use auditlog_core::{event::limits::EVENT_BYTES_MAX, id::EventId, timestamp::Timestamp};
use sha2::{Digest, Sha256};

use super::{
    Format,
    inputs::Inputs,
    journal::Position,
    reader::{Record, RecordReader, too_long},
};
use crate::{
    client::{Batch, EventHead, as_line},
    failure::Failure,
    json_text::CutError,
};

/// A batch is sent at this size even if it holds few events: half of the server's limit.
const BATCH_BYTES: usize = 4 << 20;
/// Domain separator for the ids of lines that have none.
const LINE_ID_TAG: &[u8] = b"auditlog.import.ndjson.v1\0";

/// A batch's bookkeeping until its reply arrives.
#[derive(Debug, Default)]
pub(super) struct Portion {
    /// The read position behind its last record.
    pub(super) end: Position,
    /// How many bytes of all files had been read up to its last record.
    pub(super) bytes_read: u64,
    /// The origin of each of its events, in the order sent.
    pub(super) origins: Vec<Origin>,
    /// Records that are not events and were not sent, each with the reason.
    pub(super) unsendable: Vec<(Origin, String)>,
}

/// The file and number of a record.
#[derive(Debug, Clone, Copy)]
pub(super) struct Origin {
    pub(super) file: usize,
    pub(super) number: u64,
}

/// Reads file after file.
pub(super) struct Batcher<'a> {
    inputs: &'a Inputs,
    format: Format,
    batch_events: usize,
    start: Position,
    file: usize,
    reader: Option<RecordReader>,
    bytes_of_earlier_files: u64,
}

impl<'a> Batcher<'a> {
    pub(super) fn new(inputs: &'a Inputs, format: Format, batch_events: usize, start: Position) -> Self {
        let earlier = inputs.as_slice().iter().take(start.file);
        let bytes_of_earlier_files = earlier.map(|input| input.bytes).sum();
        Self { inputs, format, batch_events, start, file: start.file, reader: None, bytes_of_earlier_files }
    }

    /// Returns the next batch; `None` after the last record of the last file.
    pub(super) fn next_batch(&mut self) -> Result<Option<Batch<Portion>>, Failure> {
        let mut batch = Batch { client: 0, lines: String::new(), count: 0, note: Portion::default() };
        while batch.count + batch.note.unsendable.len() < self.batch_events && batch.lines.len() < BATCH_BYTES {
            let Some((file, record)) = self.next_record()? else { break };
            let origin = Origin { file, number: record.number };
            match event_of(&record, self.format) {
                Ok(event) => {
                    batch.push(&event);
                    batch.note.origins.push(origin);
                }
                Err(reason) => batch.note.unsendable.push((origin, reason)),
            }
            batch.note.end = Position { file, records: record.number };
        }
        batch.note.bytes_read = self.bytes_of_earlier_files + self.reader.as_ref().map_or(0, RecordReader::bytes_read);
        let something = batch.count > 0 || !batch.note.unsendable.is_empty();
        Ok(something.then_some(batch))
    }

    fn next_record(&mut self) -> Result<Option<(usize, Record)>, Failure> {
        while let Some(input) = self.inputs.as_slice().get(self.file) {
            let opened = match self.reader.take() {
                Some(reader) => Ok(reader),
                None => RecordReader::open(&input.path, self.format),
            };
            let mut reader = opened.map_err(|error| self.unreadable(1, CutError::Unreadable(error)))?;
            let next = reader.next_record().map_err(|error| self.unreadable(reader.number() + 1, error))?;
            let Some(record) = next else {
                self.bytes_of_earlier_files += input.bytes;
                self.file += 1;
                continue;
            };
            self.reader = Some(reader);
            if !self.is_done(record.number) {
                return Ok(Some((self.file, record)));
            }
        }
        Ok(None)
    }

    /// Whether this record was already acknowledged in an earlier, interrupted import.
    fn is_done(&self, number: u64) -> bool {
        self.file == self.start.file && number <= self.start.records
    }

    fn unreadable(&self, number: u64, error: CutError) -> Failure {
        let what = format!("{} cannot be read at record {number}", self.inputs.name_of(self.file));
        match error {
            CutError::Unreadable(error) => Failure::caused_by(what, &error),
            CutError::Malformed(_) | CutError::TooLong { .. } => {
                Failure::failed(what).detail(error.to_string()).hint(format!("is it really {}?", self.format.as_str()))
            }
        }
    }
}

/// Returns the event's line, or why the record is not an event.
fn event_of(record: &Record, format: Format) -> Result<String, String> {
    let bytes = record.text.as_ref().map_err(Clone::clone)?;
    let text = std::str::from_utf8(bytes).map_err(|_| "the record is not UTF-8".to_owned())?;
    match format {
        Format::Cloudtrail => crate::import::cloudtrail::convert(text).map_err(|error| error.to_string()),
        Format::Ndjson => {
            let line = as_line(text, |head| line_id(head, record.number, bytes))?;
            // The server would refuse a batch that is too long as a whole.
            match line.len() {
                ..=EVENT_BYTES_MAX => Ok(line.into_owned()),
                bytes => Err(too_long(bytes)),
            }
        }
    }
}

/// The id for a line that has none: the same line at the same place of a file always gets the same id.
fn line_id(head: &EventHead<'_>, number: u64, text: &[u8]) -> EventId {
    let time = head.occurred_at().unwrap_or(Timestamp::EPOCH);
    let mut hasher = Sha256::new();
    hasher.update(LINE_ID_TAG);
    hasher.update(number.to_be_bytes());
    hasher.update(text.trim_ascii());
    let mut random = [0; 10];
    random.copy_from_slice(&hasher.finalize()[..10]);
    EventId::from_parts(time, random)
}
