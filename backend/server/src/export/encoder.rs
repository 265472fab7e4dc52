//! Owns making a file of events, piece by piece.

use std::io::{self, Write};

use auditlog_core::event::{StoredEvent, Visibility};

use crate::export::{
    Compression, Format,
    compression::Compressor,
    json::{self, ArrayWriter},
};

/// A file that is being made.
pub(super) struct Encoder {
    writer: Writer,
    visibility: Visibility,
    compressor: Compressor,
}

enum Writer {
    Lines,
    Array(ArrayWriter),
}

impl Encoder {
    pub(super) fn new(format: Format, compression: Compression, visibility: Visibility) -> io::Result<Self> {
        let writer = match format {
            Format::Ndjson => Writer::Lines,
            Format::Json => Writer::Array(ArrayWriter::default()),
        };
        Ok(Self { writer, visibility, compressor: Compressor::new(compression)? })
    }

    /// Writes events and gives the bytes that are ready, which may be none.
    pub(super) fn go_on_with(mut self, events: &[StoredEvent]) -> io::Result<(Self, Vec<u8>)> {
        self.write(events)?;
        let bytes = self.compressor.take();
        Ok((self, bytes))
    }

    /// Writes the last events and gives the rest of the file.
    pub(super) fn finish_with(mut self, events: &[StoredEvent]) -> io::Result<Vec<u8>> {
        self.write(events)?;
        if let Writer::Array(array) = &self.writer {
            self.compressor.write_all(array.end().as_bytes())?;
        }
        self.compressor.finish()
    }

    fn write(&mut self, events: &[StoredEvent]) -> io::Result<()> {
        let mut text = String::with_capacity(events.len() * 1_024);
        match &mut self.writer {
            Writer::Lines => json::write_lines(events, self.visibility, &mut text),
            Writer::Array(array) => array.write(events, self.visibility, &mut text),
        }
        self.compressor.write_all(text.as_bytes())
    }
}
