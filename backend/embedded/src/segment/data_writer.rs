//! Writes a data file one row group after the other: rows that are encoded, and row groups that are copied unchanged.

use arrow_array::RecordBatch;
use bytes::{Buf, Bytes, buf::Reader};
use parquet::{
    arrow::arrow_writer::{
        ArrowColumnWriter, ArrowRowGroupWriterFactory, ArrowWriter, ArrowWriterOptions, compute_leaves,
    },
    column::writer::ColumnCloseResult,
    errors::{ParquetError, Result},
    file::{
        metadata::{ColumnChunkMetaData, ParquetMetaData},
        reader::{ChunkReader, Length},
        writer::SerializedFileWriter,
    },
};

use super::{checksum::ChecksumWriter, parquet_schema::parquet_schema, properties::writer_properties};
use crate::columns;

/// A data file that is being written.
pub(super) struct DataWriter {
    file: SerializedFileWriter<ChecksumWriter>,
    columns: ArrowRowGroupWriterFactory,
    groups: usize,
    /// The row group that is being filled, column by column.
    open: Option<Vec<ArrowColumnWriter>>,
}

impl DataWriter {
    pub(super) fn new(file: ChecksumWriter) -> Result<Self> {
        let options = ArrowWriterOptions::new()
            .with_properties(writer_properties()?)
            .with_parquet_schema(parquet_schema()?)
            .with_skip_arrow_metadata(true);
        let writer = ArrowWriter::try_new_with_options(file, columns::schema(), options)?;
        let (file, columns) = writer.into_serialized_writer()?;
        Ok(Self { file, columns, groups: 0, open: None })
    }

    /// Adds rows to the open row group. Except for the last ones of a group they are whole pages.
    pub(super) fn push(&mut self, rows: &RecordBatch) -> Result<()> {
        let open = match &mut self.open {
            Some(open) => open,
            None => self.open.insert(self.columns.create_column_writers(self.groups)?),
        };
        let mut writers = open.iter_mut();
        for (field, column) in rows.schema().fields().iter().zip(rows.columns()) {
            for (leaf, writer) in compute_leaves(field, column)?.iter().zip(writers.by_ref()) {
                writer.write(leaf)?;
            }
        }
        Ok(())
    }

    /// Ends the open row group, if there is one.
    pub(super) fn end_group(&mut self) -> Result<()> {
        let Some(open) = self.open.take() else { return Ok(()) };
        let mut group = self.file.next_row_group()?;
        for writer in open {
            writer.close()?.append_to_row_group(&mut group)?;
        }
        group.close()?;
        self.groups += 1;
        Ok(())
    }

    /// Whether row groups of this file can be copied unchanged: it has the same columns.
    pub(super) fn has_columns_of(&self, metadata: &ParquetMetaData) -> bool {
        self.file.schema_descr().columns() == metadata.file_metadata().schema_descr().columns()
    }

    /// Ends the open row group and writes one that is already encoded, given by its bytes and their original offsets.
    pub(super) fn copy_group(&mut self, metadata: &ParquetMetaData, number: usize, bytes: &GroupBytes) -> Result<()> {
        self.end_group()?;
        let source = metadata.row_group(number);
        let rows = u64::try_from(source.num_rows()).unwrap_or(0);
        let mut group = self.file.next_row_group()?;
        for (position, column) in source.columns().iter().enumerate() {
            group.append_column(bytes, closed(metadata, ColumnPosition { group: number, position }, column, rows))?;
        }
        group.close()?;
        self.groups += 1;
        Ok(())
    }

    /// Writes the footer.
    pub(super) fn finish(mut self) -> Result<ChecksumWriter> {
        self.end_group()?;
        self.file.into_inner()
    }
}

/// The position of a column chunk in a file.
#[derive(Debug, Clone, Copy)]
struct ColumnPosition {
    group: usize,
    /// The position of the column.
    position: usize,
}

/// The result of the writer of a column chunk.
fn closed(
    metadata: &ParquetMetaData,
    place: ColumnPosition,
    column: &ColumnChunkMetaData,
    rows: u64,
) -> ColumnCloseResult {
    let ColumnPosition { group, position } = place;
    let index = metadata.page_index();
    ColumnCloseResult {
        bytes_written: u64::try_from(column.compressed_size()).unwrap_or(0),
        rows_written: rows,
        metadata: column.clone(),
        bloom_filter: None,
        column_index: index.and_then(|index| index.column_index(group, position)).cloned(),
        offset_index: index.and_then(|index| index.offset_index(group, position)).cloned(),
    }
}

/// The bytes of a row group, at the offsets they have in their file.
pub(super) struct GroupBytes {
    pub(super) offset: u64,
    pub(super) bytes: Bytes,
}

impl Length for GroupBytes {
    fn len(&self) -> u64 {
        self.offset + self.bytes.len() as u64
    }
}

impl ChunkReader for GroupBytes {
    type T = Reader<Bytes>;

    fn get_read(&self, start: u64) -> Result<Self::T> {
        Ok(self.behind(start)?.reader())
    }

    fn get_bytes(&self, start: u64, length: usize) -> Result<Bytes> {
        let mut bytes = self.behind(start)?;
        bytes.truncate(length);
        Ok(bytes)
    }
}

impl GroupBytes {
    fn behind(&self, start: u64) -> Result<Bytes> {
        let skipped = start.checked_sub(self.offset).and_then(|skipped| usize::try_from(skipped).ok());
        let skipped = skipped.filter(|skipped| *skipped <= self.bytes.len());
        skipped.map(|skipped| self.bytes.slice(skipped..)).ok_or(ParquetError::NeedMoreDataRange(start..start + 1))
    }
}
