//! Reads the records of one file, plain or gzip, without holding the file in memory.

use std::{
    fs::File,
    io::{self, BufRead, BufReader, Read},
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use auditlog_core::event::limits::EVENT_BYTES_MAX;
use flate2::bufread::MultiGzDecoder;

use super::Format;
use crate::{
    client::is_blank,
    json_text::{CutError, ObjectReader},
};

const BUFFER_BYTES: usize = 256 << 10;
/// Of a longer line, which is far too long for an event, only the length is kept: it must not fill the memory.
const LINE_BYTES_MAX: u64 = 16 << 20;
const GZIP_MAGIC: [u8; 2] = [0x1f, 0x8b];

/// One record of a file.
pub(super) struct Record {
    /// Its number in the file, from 1: for NDJSON the line number.
    pub(super) number: u64,
    /// The bytes of the record as written, or why they were not kept.
    pub(super) text: Result<Vec<u8>, String>,
}

/// Reads a file's records one after the other.
pub(super) struct RecordReader {
    records: Records,
    number: u64,
    bytes_read: Arc<AtomicU64>,
}

type Source = Box<dyn BufRead + Send>;

enum Records {
    Lines(Source),
    Members(ObjectReader<Source>),
}

impl RecordReader {
    pub(super) fn open(path: &Path, format: Format) -> io::Result<Self> {
        let bytes_read = Arc::new(AtomicU64::new(0));
        let file = Counted { inner: File::open(path)?, bytes_read: Arc::clone(&bytes_read) };
        let mut plain = BufReader::with_capacity(BUFFER_BYTES, file);
        let source: Source = if plain.fill_buf()?.starts_with(&GZIP_MAGIC) {
            Box::new(BufReader::with_capacity(BUFFER_BYTES, MultiGzDecoder::new(plain)))
        } else {
            Box::new(plain)
        };
        let records = match format {
            Format::Ndjson => Records::Lines(source),
            Format::Cloudtrail => Records::Members(ObjectReader::of_member(source, "Records")),
        };
        Ok(Self { records, number: 0, bytes_read })
    }

    /// How many bytes of the file have been read so far.
    pub(super) fn bytes_read(&self) -> u64 {
        self.bytes_read.load(Ordering::Relaxed)
    }

    /// The number of the last record returned.
    pub(super) fn number(&self) -> u64 {
        self.number
    }

    /// Returns the next record; `None` at the end of the file. Blank lines count as lines and are skipped. One that is
    /// too long to be kept is a record without its text.
    pub(super) fn next_record(&mut self) -> Result<Option<Record>, CutError> {
        loop {
            let text = match &mut self.records {
                Records::Members(reader) => match reader.next_object() {
                    Err(error @ CutError::TooLong { .. }) => Some(Err(error.to_string())),
                    object => object?.map(|object| Ok(object.into_bytes())),
                },
                Records::Lines(source) => next_line(source)?,
            };
            let Some(text) = text else { return Ok(None) };
            self.number += 1;
            if !text.as_deref().is_ok_and(is_blank) {
                return Ok(Some(Record { number: self.number, text }));
            }
        }
    }
}

/// Reads a line; of one that is too long, only the end is searched.
fn next_line(source: &mut Source) -> io::Result<Option<Result<Vec<u8>, String>>> {
    let mut line = Vec::new();
    let length = source.take(LINE_BYTES_MAX).read_until(b'\n', &mut line)?;
    if length as u64 == LINE_BYTES_MAX && !line.ends_with(b"\n") {
        drop(line);
        let rest = source.skip_until(b'\n')?;
        return Ok(Some(Err(too_long(length + rest))));
    }
    Ok((length > 0).then_some(Ok(line)))
}

/// Why an event of this length is not sent.
pub(super) fn too_long(bytes: usize) -> String {
    format!("it has {bytes} bytes, where at most {EVENT_BYTES_MAX} are allowed")
}

/// Counts the bytes that are read through it, before decompression: the progress bar compares them with the file's
/// length.
struct Counted {
    inner: File,
    bytes_read: Arc<AtomicU64>,
}

impl Read for Counted {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = self.inner.read(buffer)?;
        self.bytes_read.fetch_add(length as u64, Ordering::Relaxed);
        Ok(length)
    }
}
