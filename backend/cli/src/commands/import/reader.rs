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

use flate2::bufread::MultiGzDecoder;

use super::Format;
use crate::json_text::{CutError, ObjectReader};

const BUFFER_BYTES: usize = 256 << 10;
/// A longer line is not an event, and must not fill the memory.
const LINE_BYTES_MAX: u64 = 16 << 20;
const GZIP_MAGIC: [u8; 2] = [0x1f, 0x8b];

/// One record of a file.
pub(super) struct Record {
    /// Its number in the file, from 1: for NDJSON the line number.
    pub(super) number: u64,
    /// The bytes of the record as written.
    pub(super) text: Vec<u8>,
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

    /// Returns the next record; `None` at the end of the file. Blank lines count as lines and are skipped.
    pub(super) fn next_record(&mut self) -> Result<Option<Record>, CutError> {
        loop {
            let text = match &mut self.records {
                Records::Members(reader) => reader.next_object()?.map(String::into_bytes),
                Records::Lines(source) => next_line(source, self.number)?,
            };
            let Some(text) = text else { return Ok(None) };
            self.number += 1;
            if !text.trim_ascii().is_empty() {
                return Ok(Some(Record { number: self.number, text }));
            }
        }
    }
}

fn next_line(source: &mut Source, number: u64) -> Result<Option<Vec<u8>>, CutError> {
    let mut line = Vec::new();
    let length = source.take(LINE_BYTES_MAX).read_until(b'\n', &mut line)?;
    if length as u64 == LINE_BYTES_MAX && !line.ends_with(b"\n") {
        return Err(CutError::Malformed(format!("line {} is longer than {LINE_BYTES_MAX} bytes", number + 1)));
    }
    Ok((length > 0).then_some(line))
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
