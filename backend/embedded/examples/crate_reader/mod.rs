//! The reader of the crate `parquet`, as [`crate`] compares it with the one of segments.

use std::{collections::HashMap, hint::black_box, iter, sync::Arc};

use arrow_array::{Array as _, DictionaryArray, RecordBatch, StringArray, types::Int32Type};
use arrow_schema::{DataType, Field, FieldRef, Schema};
use auditlog_embedded::{cache::BLOCK_BYTES, segment::RowRange};
use bytes::{Bytes, buf::Reader};
use parquet::{
    arrow::{
        ProjectionMask,
        arrow_reader::{
            ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder,
            RowSelection,
        },
    },
    errors::ParquetError,
    file::{
        metadata::PageIndexPolicy,
        reader::{ChunkReader, Length},
        statistics::Statistics,
    },
};

use crate::AnyError;

/// No row group has more rows.
const BATCH_ROWS_MAX: usize = 32 * 1_024;

/// The data file as the crate reads it.
#[derive(Clone)]
pub(crate) struct DataFile {
    pub(crate) bytes: Bytes,
    pub(crate) checksums: Checksums,
}

/// Whether the blocks that hold requested bytes are verified.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Checksums {
    Trusted,
    Verified,
}

impl Length for DataFile {
    fn len(&self) -> u64 {
        self.bytes.len() as u64
    }
}

impl ChunkReader for DataFile {
    type T = Reader<Bytes>;

    fn get_read(&self, start: u64) -> Result<Self::T, ParquetError> {
        self.bytes.get_read(start)
    }

    /// Called for every page.
    fn get_bytes(&self, start: u64, length: usize) -> Result<Bytes, ParquetError> {
        let found = self.bytes.get_bytes(start, length)?;
        if self.checksums == Checksums::Verified {
            let first = usize::try_from(start)? / BLOCK_BYTES * BLOCK_BYTES;
            let end = (usize::try_from(start)? + length).next_multiple_of(BLOCK_BYTES).min(self.bytes.len());
            self.bytes[first..end].chunks(BLOCK_BYTES).for_each(|block| {
                black_box(crc32fast::hash(block));
            });
        }
        Ok(found)
    }
}

/// The reader of the crate, without checksums and with them.
pub(crate) struct CrateReaders {
    pub(crate) trusting: CrateReader,
    pub(crate) verifying: CrateReader,
}

pub(crate) struct CrateReader {
    file: DataFile,
    metadata: ArrowReaderMetadata,
    groups: Vec<Group>,
}

struct Group {
    first_row: usize,
    rows: usize,
    /// The leaf columns that have values.
    present: Vec<usize>,
}

impl CrateReader {
    /// Reads the footer and the offset index. One column may be read as dictionary indexes.
    pub(crate) fn new(file: DataFile, coded: Option<&str>) -> Result<Self, AnyError> {
        let options = || ArrowReaderOptions::new().with_offset_index_policy(PageIndexPolicy::Required);
        let mut metadata = ArrowReaderMetadata::load(&file, options())?;
        if let Some(coded) = coded {
            let as_codes = |field: &FieldRef| {
                let coded_field = || Arc::new(Field::new(coded, dictionary_of_texts(), field.is_nullable()));
                if field.name() == coded { coded_field() } else { Arc::clone(field) }
            };
            let fields = metadata.schema().fields().iter().map(as_codes);
            let schema = Arc::new(Schema::new(fields.collect::<Vec<_>>()));
            metadata = ArrowReaderMetadata::load(&file, options().with_schema(schema))?;
        }
        let (mut groups, mut first_row) = (Vec::new(), 0);
        for group in metadata.metadata().row_groups() {
            let rows = usize::try_from(group.num_rows())?;
            let nulls = |leaf: usize| group.column(leaf).statistics().and_then(Statistics::null_count_opt);
            let all = |leaf: usize| u64::try_from(group.column(leaf).num_values()).ok();
            let present = (0..group.num_columns()).filter(|leaf| nulls(*leaf) != all(*leaf)).collect();
            groups.push(Group { first_row, rows, present });
            first_row += rows;
        }
        Ok(Self { file, metadata, groups })
    }

    pub(crate) fn groups(&self) -> usize {
        self.groups.len()
    }

    fn of_group(&self, group: usize) -> ParquetRecordBatchReaderBuilder<DataFile> {
        ParquetRecordBatchReaderBuilder::new_with_metadata(self.file.clone(), self.metadata.clone())
            .with_row_groups(vec![group])
    }

    /// All columns of rows of one row group.
    pub(crate) fn rows(&self, rows: RowRange) -> Result<RecordBatch, AnyError> {
        let (first, count) = (rows.start as usize, rows.len());
        let number = self.groups.partition_point(|group| group.first_row + group.rows <= first);
        let group = &self.groups[number];
        let first = first - group.first_row;
        let schema = self.metadata.metadata().file_metadata().schema_descr();
        let selection = RowSelection::from_consecutive_ranges(iter::once(first..first + count), group.rows);
        let reader = self
            .of_group(number)
            .with_projection(ProjectionMask::leaves(schema, group.present.iter().copied()))
            .with_row_selection(selection)
            .with_batch_size(count);
        Ok(reader.build()?.next().ok_or("no row")??)
    }

    /// Reads one column, with one batch for each row group.
    fn column(&self, group: usize, column: &str) -> Result<ParquetRecordBatchReader, AnyError> {
        let schema = self.metadata.metadata().file_metadata().schema_descr();
        let columns = ProjectionMask::columns(schema, [column]);
        Ok(self.of_group(group).with_projection(columns).with_batch_size(BATCH_ROWS_MAX).build()?)
    }

    /// The rows of the most frequent value among the first ones. Each entry of a dictionary is looked up once.
    pub(crate) fn chart(&self, column: &str, events: usize) -> Result<usize, AnyError> {
        let mut numbers: HashMap<String, usize> = HashMap::new();
        let mut counts: Vec<usize> = Vec::new();
        let mut rows_left = events;
        for group in 0..self.groups.len() {
            for batch in self.column(group, column)? {
                let batch = batch?;
                let coded = batch.column(0).as_any().downcast_ref::<DictionaryArray<Int32Type>>();
                let coded = coded.ok_or("no dictionary")?;
                let entries = coded.values().as_any().downcast_ref::<StringArray>().ok_or("no texts")?;
                let mut of_entry = Vec::with_capacity(entries.len());
                for entry in entries.iter().flatten() {
                    let next = numbers.len();
                    of_entry.push(*numbers.entry(entry.to_owned()).or_insert(next));
                }
                counts.resize(numbers.len(), 0);
                for key in coded.keys().values().iter().take(rows_left) {
                    counts[of_entry[usize::try_from(*key)?]] += 1;
                }
                rows_left = rows_left.saturating_sub(coded.len());
            }
        }
        Ok(counts.into_iter().max().ok_or("no rows")?)
    }

    /// Counts the rows with wanted texts.
    pub(crate) fn count_texts(&self, column: &str, wanted: impl Fn(&str) -> bool) -> Result<usize, AnyError> {
        let mut count = 0;
        for group in 0..self.groups.len() {
            for batch in self.column(group, column)? {
                count += texts_of(&batch?, column)?.iter().flatten().filter(|text| wanted(text)).count();
            }
        }
        Ok(count)
    }
}

fn dictionary_of_texts() -> DataType {
    DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8))
}

/// A column of texts.
pub(crate) fn texts_of<'b>(batch: &'b RecordBatch, column: &str) -> Result<&'b StringArray, AnyError> {
    let column = batch.column_by_name(column).ok_or("no column")?;
    Ok(column.as_any().downcast_ref().ok_or("no texts")?)
}
