//! Owns making a file of events, piece by piece.

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
pub(super) enum Encoder {
    Text(TextWriter, Compressor),
    Parquet(Box<ParquetWriter>),
}

pub(super) enum TextWriter {
    Lines(Visibility),
    Array(ArrayWriter),
    Csv(CsvWriter),
}

impl Encoder {
    pub(super) fn new(kind: &FileKind, visibility: Visibility) -> io::Result<Self> {
        let seen = |columns: &Columns| columns.seen_with(visibility).map_err(io::Error::other);
        let (text, compression) = match kind {
            FileKind::Text(text, compression) => (text, *compression),
            FileKind::Parquet(columns) => {
                let writer = ParquetWriter::new(seen(columns)?).map_err(io::Error::other)?;
                return Ok(Self::Parquet(Box::new(writer)));
            }
        };
        let writer = match text {
            TextKind::Ndjson => TextWriter::Lines(visibility),
            TextKind::Json => TextWriter::Array(ArrayWriter::new(visibility)),
            TextKind::Csv(columns) => TextWriter::Csv(CsvWriter::new(seen(columns)?)),
        };
        Ok(Self::Text(writer, Compressor::new(compression)?))
    }

    /// Writes events and gives the bytes that are ready, which may be none.
    pub(super) fn go_on_with(mut self, events: &[StoredEvent]) -> io::Result<(Self, Vec<u8>)> {
        self.write(events)?;
        let bytes = match &mut self {
            Self::Text(_, compressor) => compressor.take(),
            Self::Parquet(writer) => writer.take(),
        };
        Ok((self, bytes))
    }

    /// Writes the last events and gives the rest of the file.
    pub(super) fn finish_with(mut self, events: &[StoredEvent]) -> io::Result<Vec<u8>> {
        self.write(events)?;
        match self {
            Self::Text(writer, mut compressor) => {
                if let TextWriter::Array(array) = writer {
                    compressor.write_all(array.end().as_bytes())?;
                }
                compressor.finish()
            }
            Self::Parquet(writer) => writer.finish(),
        }
    }

    fn write(&mut self, events: &[StoredEvent]) -> io::Result<()> {
        match self {
            Self::Text(writer, compressor) => compressor.write_all(&writer.print(events)?),
            Self::Parquet(writer) => writer.write(events),
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
