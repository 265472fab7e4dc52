//! Writes a segment from start to end in bounded memory: the row group being encoded and the keys of its index.

use std::{
    io::Write,
    path::{Path, PathBuf},
};

use arrow_array::{Array, RecordBatch};
use arrow_select::coalesce::BatchCoalescer;
use auditlog_core::{
    id::{EventId, TenantId},
    timestamp::Timestamp,
};

use super::{
    OWN_GROUP_ROWS, PAGE_ROWS, ROW_GROUP_BYTES, ROW_GROUP_ROWS, RangeBuilder, RowRange, SegmentError, SegmentId,
    SegmentMeta, TenantRange, checksum::ChecksumWriter, data_writer::DataWriter, encoded::EncodedGroups,
    row_sizes::RowSizes,
};
use crate::{
    cache::FileMeta,
    columns::{self, binary_column, name, time_column},
    data_directory::sync::sync_directory,
    index::IndexBuilder,
};

/// The number of rows that are collected before they are encoded: whole pages.
const ENCODED_ROWS: usize = 4 * PAGE_ROWS as usize;
/// The size of the rows that are collected at most before they are encoded, in bytes, besides one more row.
const ENCODED_BYTES: usize = 16 << 20;

/// Writes the data and the index file of a new segment.
///
/// The rows must be sorted by (tenant, sequence), each tenant's sequences without a gap, all received on one UTC day.
/// Memory use is a row group of columns and about a hundred bytes for the index of each row that is not copied.
///
/// After an error the files are unusable, and the caller removes them.
pub struct SegmentWriter {
    directory: PathBuf,
    id: SegmentId,
    data: DataWriter,
    contents: Contents,
    /// Rows that are too few to be encoded yet.
    waiting: BatchCoalescer,
    waiting_bytes: usize,
    group: GroupPlan,
}

/// The limits of the open row group.
struct GroupPlan {
    rows: u32,
    rows_max: u32,
    bytes: usize,
    /// Whether tenants with few rows share it.
    is_shared: bool,
}

impl SegmentWriter {
    /// Begins a segment in `directory`. Files that a crash left there under the same names are replaced.
    ///
    /// # Errors
    /// [`SegmentError::Io`] where the file cannot be created.
    pub fn create(directory: &Path, id: SegmentId) -> Result<Self, SegmentError> {
        let path = directory.join(id.data_file_name());
        let file = ChecksumWriter::create(&path).map_err(|source| io_error(&path, source))?;
        Ok(Self {
            directory: directory.to_owned(),
            id,
            data: DataWriter::new(file)?,
            contents: Contents::default(),
            waiting: BatchCoalescer::new(columns::schema(), ENCODED_ROWS),
            waiting_bytes: 0,
            group: GroupPlan { rows: 0, rows_max: ROW_GROUP_ROWS, bytes: 0, is_shared: true },
        })
    }

    /// Announces that the next `rows` rows belong to one tenant: enough of them get row groups of their own, of about
    /// equal size.
    ///
    /// # Errors
    /// The same as [`SegmentWriter::push`].
    pub fn begin_run(&mut self, rows: u64) -> Result<(), SegmentError> {
        let is_shared = rows < u64::from(OWN_GROUP_ROWS);
        if is_shared && self.group.is_shared {
            return Ok(());
        }
        self.end_run()?;
        let rows_max = if is_shared { ROW_GROUP_ROWS } else { rows_of_even_groups(rows) };
        self.group = GroupPlan { rows: 0, rows_max, bytes: 0, is_shared };
        Ok(())
    }

    /// Adds rows.
    ///
    /// # Errors
    /// [`SegmentError::Rows`] where these rows may not follow the previous ones; any write error.
    pub fn push(&mut self, rows: &RecordBatch) -> Result<(), SegmentError> {
        let sizes = RowSizes::of(rows);
        let mut start = 0;
        while start < rows.num_rows() {
            let room = ENCODED_ROWS - self.waiting.get_buffered_rows();
            let bytes_left = ENCODED_BYTES - self.waiting_bytes.min(ENCODED_BYTES);
            let end = sizes.end_of_bytes(start, bytes_left).min(start + room);
            self.waiting.push_batch(rows.slice(start, end - start))?;
            self.waiting_bytes += sizes.bytes(start..end);
            if self.waiting_bytes >= ENCODED_BYTES {
                self.waiting.finish_buffered_batch()?;
            }
            if self.waiting.get_buffered_rows() == 0 {
                self.waiting_bytes = 0;
            }
            start = end;
        }
        self.encode_completed()
    }

    fn encode_completed(&mut self) -> Result<(), SegmentError> {
        while let Some(batch) = self.waiting.next_completed_batch() {
            let sizes = RowSizes::of(&batch);
            let mut start = 0;
            while start < batch.num_rows() {
                let room = (self.group.rows_max - self.group.rows) as usize;
                let bytes_left = ROW_GROUP_BYTES - self.group.bytes.min(ROW_GROUP_BYTES);
                let end = sizes.end_of_bytes(start, bytes_left).min(start + room);
                self.encode(&batch.slice(start, end - start), sizes.bytes(start..end))?;
                start = end;
            }
        }
        Ok(())
    }

    /// Adds rows of this size to the open row group, and ends it where it is full.
    fn encode(&mut self, rows: &RecordBatch, bytes: usize) -> Result<(), SegmentError> {
        self.contents.push(rows)?;
        self.data.push(rows)?;
        self.group.rows += u32::try_from(rows.num_rows()).unwrap_or(u32::MAX);
        self.group.bytes += bytes;
        if self.group.rows >= self.group.rows_max || self.group.bytes >= ROW_GROUP_BYTES {
            self.end_group()?;
        }
        Ok(())
    }

    /// Encodes the waiting rows and ends their row group.
    fn end_run(&mut self) -> Result<(), SegmentError> {
        self.waiting.finish_buffered_batch()?;
        self.waiting_bytes = 0;
        self.encode_completed()?;
        self.end_group()
    }

    fn end_group(&mut self) -> Result<(), SegmentError> {
        self.data.end_group()?;
        self.contents.index.end_group();
        (self.group.rows, self.group.bytes) = (0, 0);
        Ok(())
    }

    /// Whether row groups of this segment can be copied unchanged.
    pub(super) fn can_copy(&self, source: &EncodedGroups) -> bool {
        self.data.has_columns_of(source.metadata())
    }

    /// Adds a row group of another segment unchanged. All of its rows belong to this tenant.
    ///
    /// # Errors
    /// [`SegmentError::Source`] where the other segment is damaged; otherwise the same as [`SegmentWriter::push`].
    pub(super) fn copy_group(
        &mut self,
        source: &EncodedGroups,
        rows: RowRange,
        tenant_id: &TenantId,
        first_sequence: u64,
    ) -> Result<(), SegmentError> {
        self.end_run()?;
        self.group.is_shared = false;
        let group = source.read(&rows)?;
        self.data.copy_group(source.metadata(), group.number, &group.bytes)?;
        let row_count = rows.end - rows.start;
        let (file, file_rows) = (source.segment().index_file(), source.meta().rows);
        let times = self.contents.index.copy_group(file, file_rows, rows)?;
        self.contents.ranges.push_range(&TenantRange {
            tenant_id: tenant_id.clone(),
            row_start: 0,
            rows: row_count,
            first_sequence,
            occurred_at_min: Timestamp::from_micros(times.earliest),
            occurred_at_max: Timestamp::from_micros(times.latest),
        })?;
        self.contents.push_days_and_hours(source.meta())
    }

    /// Ends the segment and waits until both files are on disk under their names.
    ///
    /// # Errors
    /// [`SegmentError::Rows`] where there are none; otherwise the same as [`SegmentWriter::push`].
    pub fn finish(mut self) -> Result<SegmentMeta, SegmentError> {
        self.end_run()?;
        let data_path = self.directory.join(self.id.data_file_name());
        let data = self.data.finish()?.finish().map_err(|source| io_error(&data_path, source))?;
        let index = std::mem::take(&mut self.contents.index).finish()?;
        let index = write_file(&self.directory.join(self.id.index_file_name()), &index)?;
        sync_directory(&self.directory).map_err(|source| io_error(&self.directory, source))?;
        self.contents.finish(self.id, data, index)
    }
}

/// The number of rows of each row group of a run: whole pages, about [`ROW_GROUP_ROWS`] rows, and no small rest.
fn rows_of_even_groups(rows: u64) -> u32 {
    let group = u64::from(ROW_GROUP_ROWS);
    let groups = ((rows + group / 2) / group).max(1);
    let even = rows.div_ceil(groups).next_multiple_of(u64::from(PAGE_ROWS));
    u32::try_from(even).unwrap_or(ROW_GROUP_ROWS)
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

/// The data about the rows for the manifest and the index.
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
        self.index.push(batch)?;
        Ok(())
    }

    fn push_hours(&mut self, batch: &RecordBatch) -> Result<(), SegmentError> {
        let ids = binary_column(batch, name::ID).ok_or_else(|| SegmentError::Rows("ids are missing".to_owned()))?;
        for bytes in ids {
            let id = bytes.and_then(|bytes| bytes.try_into().ok()).and_then(EventId::from_bytes);
            let hour = id.ok_or_else(|| SegmentError::Rows("an id is unreadable".to_owned()))?.hour();
            self.push_hour(hour);
        }
        Ok(())
    }

    fn push_hour(&mut self, hour: u32) {
        if let Err(place) = self.hours.binary_search(&hour) {
            self.hours.insert(place, hour);
        }
    }

    fn push_days(&mut self, batch: &RecordBatch) -> Result<(), SegmentError> {
        let times = time_column(batch, name::RECEIVED_AT).filter(|times| times.null_count() == 0);
        let times = times.ok_or_else(|| SegmentError::Rows("a time of receipt is missing".to_owned()))?;
        times.values().iter().try_for_each(|time| self.push_day(Timestamp::from_micros(*time).day()))
    }

    fn push_day(&mut self, day: i64) -> Result<(), SegmentError> {
        if *self.day.get_or_insert(day) != day {
            return Err(SegmentError::Rows("they were received on more than one day".to_owned()));
        }
        Ok(())
    }

    /// Adds the manifest's record of a segment that rows are copied from. It may have more hours than these rows, which
    /// costs an index look-up at worst.
    fn push_days_and_hours(&mut self, source: &SegmentMeta) -> Result<(), SegmentError> {
        source.hours.iter().for_each(|hour| self.push_hour(*hour));
        self.push_day(source.day)
    }

    fn finish(self, id: SegmentId, data: FileMeta, index: FileMeta) -> Result<SegmentMeta, SegmentError> {
        let day = self.day.ok_or_else(|| SegmentError::Rows("there are none".to_owned()))?;
        let rows = self.ranges.rows();
        Ok(SegmentMeta { id, day, rows, data, index, tenants: self.ranges.finish(), hours: self.hours })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn row_groups_of_a_run_are_whole_pages_of_about_one_size() {
        let group = u64::from(ROW_GROUP_ROWS);
        for rows in [u64::from(OWN_GROUP_ROWS), group - 1, group, group + 1, 20_000, 24_575, 24_577, 43_000, 1_000_000]
        {
            let each = u64::from(rows_of_even_groups(rows));
            assert!(each.is_multiple_of(u64::from(PAGE_ROWS)), "{rows} rows in groups of {each}");
            assert!(each <= group * 3 / 2, "{rows} rows in groups of {each}");
            let last = rows - (rows - 1) / each * each;
            assert!(last >= u64::from(OWN_GROUP_ROWS).min(rows) - group / 4, "{rows} rows end with a group of {last}");
        }
    }
}
