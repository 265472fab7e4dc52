//! Owns events as comma-separated values (RFC 4180): a header, then one record per event.

use auditlog_core::event::StoredEvent;
use csv::{Terminator, WriterBuilder};

use crate::export::{
    columns::{Cell, Column},
    formula::{escaped_json, marked},
};

/// Writes a table.
#[derive(Debug)]
pub(super) struct CsvWriter {
    columns: Vec<Column>,
    progress: Progress,
}

#[derive(Debug, PartialEq, Eq)]
enum Progress {
    BeforeHeader,
    BehindHeader,
}

impl CsvWriter {
    pub(super) fn new(columns: Vec<Column>) -> Self {
        Self { columns, progress: Progress::BeforeHeader }
    }

    /// Resumes a table whose header was already written.
    pub(super) fn resume(&mut self) {
        self.progress = Progress::BehindHeader;
    }

    /// The records of these events, after the header if it was not written yet.
    pub(super) fn records(&mut self, events: &[StoredEvent]) -> csv::Result<Vec<u8>> {
        let bytes = Vec::with_capacity(events.len() * 1_024);
        let mut writer = WriterBuilder::new().terminator(Terminator::CRLF).from_writer(bytes);
        if self.progress == Progress::BeforeHeader {
            for column in &self.columns {
                writer.write_field(marked(column.name()).as_bytes())?;
            }
            writer.write_record(None::<&[u8]>)?;
            self.progress = Progress::BehindHeader;
        }
        let mut text = String::new();
        for stored in events {
            for column in &self.columns {
                match column.read(stored) {
                    Cell::Absent => writer.write_field("")?,
                    Cell::Text(value) => writer.write_field(marked(value).as_bytes())?,
                    cell => {
                        text.clear();
                        cell.print(&mut text);
                        escaped_json(&mut text);
                        writer.write_field(&text)?;
                    }
                }
            }
            writer.write_record(None::<&[u8]>)?;
        }
        writer.into_inner().map_err(|error| csv::Error::from(error.into_error()))
    }
}
