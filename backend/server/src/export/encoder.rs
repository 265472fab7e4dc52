//! Owns the encoding of events to a file, piece by piece.

use std::io::{self, Write};

use auditlog_core::event::{StoredEvent, Visibility};

use crate::export::{
    FileKind,
    columns::Columns,
    compression::Compressor,
    csv::CsvWriter,
    file_kind::TextKind,
    json::{self, ArrayWriter},
    parquet::ParquetWriter,
};

/// A file that is being made.
pub(crate) struct Encoder(Writer);

enum Writer {
    Text(TextWriter, Compressor),
    Parquet(Box<ParquetWriter>),
}

enum TextWriter {
    Lines(Visibility),
    Array(ArrayWriter),
    Csv(CsvWriter),
}

impl Encoder {
    pub(crate) fn new(kind: &FileKind, visibility: Visibility) -> io::Result<Self> {
        let seen = |columns: &Columns| columns.seen_with(visibility).map_err(io::Error::other);
        let (text, compression) = match kind {
            FileKind::Text(text, compression) => (text, *compression),
            FileKind::Parquet(columns) => {
                let writer = ParquetWriter::new(seen(columns)?).map_err(io::Error::other)?;
                return Ok(Self(Writer::Parquet(Box::new(writer))));
            }
        };
        let writer = match text {
            TextKind::Ndjson => TextWriter::Lines(visibility),
            TextKind::Json => TextWriter::Array(ArrayWriter::new(visibility)),
            TextKind::Csv(columns) => TextWriter::Csv(CsvWriter::new(seen(columns)?)),
        };
        Ok(Self(Writer::Text(writer, Compressor::new(compression)?)))
    }

    /// Whether a file of this kind can be resumed after the point at which it was cut.
    pub(crate) const fn can_resume(&self) -> bool {
        match self.0 {
            Writer::Text(..) => true,
            Writer::Parquet(_) => false,
        }
    }

    /// Resumes a file after the point at which it was cut, where it holds this many events. `None` for files that can
    /// only be made in one run.
    pub(crate) fn resume(kind: &FileKind, visibility: Visibility, events: u64) -> io::Result<Option<Self>> {
        let mut encoder = Self::new(kind, visibility)?;
        let Writer::Text(writer, _) = &mut encoder.0 else { return Ok(None) };
        match writer {
            TextWriter::Lines(_) => {}
            TextWriter::Array(array) => array.resume_after(events),
            TextWriter::Csv(table) => table.resume(),
        }
        Ok(Some(encoder))
    }

    /// Returns all buffered bytes, so that the file can be resumed after them. `None` for files that can only be made
    /// in one run: the footer of a Parquet file describes everything before it.
    pub(crate) fn cut(&mut self) -> io::Result<Option<Vec<u8>>> {
        match &mut self.0 {
            Writer::Text(_, compressor) => compressor.cut().map(Some),
            Writer::Parquet(_) => Ok(None),
        }
    }

    /// Writes events and returns the bytes that are ready, which may be none.
    pub(crate) fn encode(mut self, events: &[StoredEvent]) -> io::Result<(Self, Vec<u8>)> {
        self.write(events)?;
        let bytes = match &mut self.0 {
            Writer::Text(_, compressor) => compressor.take(),
            Writer::Parquet(writer) => writer.take(),
        };
        Ok((self, bytes))
    }

    /// Writes the last events and returns the rest of the file.
    pub(crate) fn finish(mut self, events: &[StoredEvent]) -> io::Result<Vec<u8>> {
        self.write(events)?;
        match self.0 {
            Writer::Text(writer, mut compressor) => {
                if let TextWriter::Array(array) = writer {
                    compressor.write_all(array.end().as_bytes())?;
                }
                compressor.finish()
            }
            Writer::Parquet(writer) => writer.finish(),
        }
    }

    fn write(&mut self, events: &[StoredEvent]) -> io::Result<()> {
        match &mut self.0 {
            Writer::Text(writer, compressor) => compressor.write_all(&writer.print(events)?),
            Writer::Parquet(writer) => writer.write(events),
        }
    }
}

impl TextWriter {
    fn print(&mut self, events: &[StoredEvent]) -> io::Result<Vec<u8>> {
        Ok(match self {
            Self::Lines(visibility) => json::lines(events, *visibility).into_bytes(),
            Self::Array(array) => array.elements(events).into_bytes(),
            Self::Csv(table) => table.records(events)?,
        })
    }
}
