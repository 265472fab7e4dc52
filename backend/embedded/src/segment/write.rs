//! Writes a segment from start to end in bounded memory: a row group being encoded and the keys of its index.

use std::{io::Write, path::Path};

use arrow_array::{Array, RecordBatch};
use arrow_select::coalesce::BatchCoalescer;
use auditlog_core::{id::EventId, timestamp::Timestamp};
use parquet::arrow::arrow_writer::{ArrowWriter, ArrowWriterOptions};

use super::{
    PAGE_ROWS, RangeBuilder, SegmentError, SegmentId, SegmentMeta, checksum::ChecksumWriter,
    properties::writer_properties, sync_directory,
};
use crate::{
    cache::FileMeta,
    columns::{self, binary_column, name, time_column},
    index::IndexBuilder,
};

/// How hard to compress.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ZstdLevel(pub i32);

impl ZstdLevel {
    /// For seals, which stand in the way of intake.
    pub const SEAL: Self = Self(1);
    /// For compaction, which has time.
    pub const COMPACTION: Self = Self(3);
}

/// Rows are collected to so many before they are encoded: whole pages.
const ENCODED_ROWS: usize = 4 * PAGE_ROWS as usize;

/// Writes the data and the index file of a new segment in `directory` and waits until both are on disk under their
/// names. Whatever a crash left there under the same names is replaced.
///
/// The rows come sorted by (tenant, sequence), each tenant's sequences without a gap, all received on one UTC day. Memory
/// use is a row group of columns and about a hundred bytes a row for the index.
///
/// # Errors
/// [`SegmentError::Rows`] where the rows are otherwise; whatever failed to be read or written. The files are then of no
/// use, and the caller removes them.
pub fn write(
    directory: &Path,
    id: SegmentId,
    level: ZstdLevel,
    batches: impl IntoIterator<Item = Result<RecordBatch, SegmentError>>,
) -> Result<SegmentMeta, SegmentError> {
    let data_path = directory.join(id.data_file_name());
    let file = ChecksumWriter::create(&data_path).map_err(|source| io_error(&data_path, source))?;
    let options = ArrowWriterOptions::new().with_properties(writer_properties(level)?).with_skip_arrow_metadata(true);
    let mut writer = ArrowWriter::try_new_with_options(file, columns::schema(), options)?;
    let mut contents = Contents::default();
    let mut coalescer = BatchCoalescer::new(columns::schema(), ENCODED_ROWS);
    for batch in batches {
        coalescer.push_batch(batch?)?;
        while let Some(batch) = coalescer.next_completed_batch() {
            contents.push(&batch)?;
            writer.write(&batch)?;
        }
    }
    coalescer.finish_buffered_batch()?;
    while let Some(batch) = coalescer.next_completed_batch() {
        contents.push(&batch)?;
        writer.write(&batch)?;
    }
    let data = writer.into_inner()?.finish().map_err(|source| io_error(&data_path, source))?;
    let index = write_file(&directory.join(id.index_file_name()), &std::mem::take(&mut contents.index).finish())?;
    sync_directory(directory).map_err(|source| io_error(directory, source))?;
    contents.finish(id, data, index)
}

pub(super) fn write_file(path: &Path, bytes: &[u8]) -> Result<FileMeta, SegmentError> {
    let write = || {
        let mut file = ChecksumWriter::create(path)?;
        file.write_all(bytes)?;
        file.finish()
    };
    write().map_err(|source| io_error(path, source))
}

pub(super) fn io_error(path: &Path, source: std::io::Error) -> SegmentError {
    SegmentError::Io { path: path.to_owned(), source }
}

/// What the manifest and the index will say about the rows.
#[derive(Default)]
struct Contents {
    ranges: RangeBuilder,
    hours: Vec<u32>,
    day: Option<i64>,
    index: IndexBuilder,
}

impl Contents {
    fn push(&mut self, batch: &RecordBatch) -> Result<(), SegmentError> {
        self.ranges.push(batch)?;
        self.push_hours(batch)?;
        self.push_days(batch)?;
        self.index.push(batch);
        Ok(())
    }

    fn push_hours(&mut self, batch: &RecordBatch) -> Result<(), SegmentError> {
        let ids = binary_column(batch, name::ID).ok_or_else(|| SegmentError::Rows("ids are missing".to_owned()))?;
        for bytes in ids {
            let id = bytes.and_then(|bytes| bytes.try_into().ok()).and_then(EventId::from_bytes);
            let hour = id.ok_or_else(|| SegmentError::Rows("an id is unreadable".to_owned()))?.hour();
            if let Err(place) = self.hours.binary_search(&hour) {
                self.hours.insert(place, hour);
            }
        }
        Ok(())
    }

    fn push_days(&mut self, batch: &RecordBatch) -> Result<(), SegmentError> {
        let times = time_column(batch, name::RECEIVED_AT).filter(|times| times.null_count() == 0);
        let times = times.ok_or_else(|| SegmentError::Rows("a time of receipt is missing".to_owned()))?;
        for time in times.values() {
            let day = Timestamp::from_micros(*time).day();
            if *self.day.get_or_insert(day) != day {
                return Err(SegmentError::Rows("they were received on more than one day".to_owned()));
            }
        }
        Ok(())
    }

    fn finish(self, id: SegmentId, data: FileMeta, index: FileMeta) -> Result<SegmentMeta, SegmentError> {
        let day = self.day.ok_or_else(|| SegmentError::Rows("there are none".to_owned()))?;
        let rows = self.ranges.rows();
        Ok(SegmentMeta { id, day, rows, data, index, tenants: self.ranges.finish(), hours: self.hours })
    }
}
