//! A data file with random values in every column, written like that of every segment.

use std::sync::Arc;

use arrow_array::{
    ArrayRef, FixedSizeBinaryArray, Int32Array, Int64Array, ListArray, RecordBatch, StringArray, StructArray,
    TimestampMicrosecondArray,
};
use arrow_buffer::{NullBuffer, OffsetBuffer};
use arrow_schema::{DataType, Field, FieldRef};
use arrow_select::concat::concat_batches;
use bytes::Bytes;
use parquet::arrow::arrow_reader::{ArrowReaderOptions, ParquetRecordBatchReaderBuilder};
use rand::{Rng as _, SeedableRng as _, rngs::StdRng};
use tempfile::TempDir;

use crate::{
    cache::{Cache, ParquetSource},
    columns::{complete, schema},
    segment::{
        PAGE_ROWS, Projection, Segment, SegmentId, SegmentMeta,
        checksum::ChecksumWriter,
        data_writer::DataWriter,
        pages::GroupPages,
        point::{self, GroupRows},
        write::write_file,
    },
};

/// The rows of each row group: several pages and a part of one, whole pages, and a part of one page.
pub(super) const GROUP_ROWS: [u32; 3] = [6_000, 2_048, 700];
/// The rows of all groups.
pub(super) const ROWS: u32 = 6_000 + 2_048 + 700;

/// What the values of a column are like, chosen by its number so that neighbouring columns differ.
#[derive(Clone, Copy)]
struct Contents {
    distinct_max: u64,
    null_percent: u32,
    /// Whether the last row group has no value.
    ends_early: bool,
}

impl Contents {
    fn of(number: usize, field: &Field) -> Self {
        let null_percent = if field.is_nullable() { [0, 30, 97, 100, 0][number % 5] } else { 0 };
        // As many as there are rows exceed the largest dictionary, so that the writer abandons it.
        let distinct_max = [1, 7, 300, u64::MAX][number % 4];
        Self { distinct_max, null_percent, ends_early: field.is_nullable() && number.is_multiple_of(3) }
    }

    fn values(self, count: usize, random: &mut StdRng) -> Vec<Option<u64>> {
        let mut value = || {
            let value = random.random_range(0..self.distinct_max);
            (!random.random_ratio(self.null_percent, 100)).then_some(value)
        };
        (0..count).map(|_| value()).collect()
    }
}

fn text(value: u64) -> String {
    // The empty text is one of them.
    (0..value % 23).map(|at| ['a', 'ß', '東', '"'][usize::try_from((value >> at) % 4).unwrap()]).collect()
}

/// Close together, far apart and negative, however few values there are.
fn integer(value: u64) -> i64 {
    if value.is_multiple_of(3) { spread(value).cast_signed() } else { i64::try_from(value % 1_000).unwrap() - 500 }
}

fn short(value: u64) -> i32 {
    let [.., lowest, low, high, highest] = spread(value).to_le_bytes();
    i32::from_le_bytes([lowest, low, high, highest])
}

fn spread(value: u64) -> u64 {
    value.wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

fn fixed(value: u64, width: i32) -> Vec<u8> {
    value.to_le_bytes().into_iter().cycle().take(usize::try_from(width).unwrap()).collect()
}

/// A column of random values.
fn column(field: &Field, contents: Contents, count: usize, random: &mut StdRng) -> ArrayRef {
    if let DataType::List(element) = field.data_type() {
        return lists(element, count, random);
    }
    let values = contents.values(count, random).into_iter();
    match field.data_type() {
        DataType::Utf8 => Arc::new(values.map(|value| value.map(text)).collect::<StringArray>()),
        DataType::Int64 => Arc::new(values.map(|value| value.map(integer)).collect::<Int64Array>()),
        DataType::Int32 => Arc::new(values.map(|value| value.map(short)).collect::<Int32Array>()),
        DataType::FixedSizeBinary(width) => {
            let values = values.map(|value| value.map(|value| fixed(value, *width)));
            Arc::new(FixedSizeBinaryArray::try_from_sparse_iter_with_size(values, *width).unwrap())
        }
        DataType::Timestamp(..) => {
            let times = values.map(|value| value.map(integer)).collect::<TimestampMicrosecondArray>();
            Arc::new(times.with_data_type(field.data_type().clone()))
        }
        other => panic!("no values of type {other}"),
    }
}

/// Lists of up to three elements; a row without elements is null.
fn lists(element: &FieldRef, count: usize, random: &mut StdRng) -> ArrayRef {
    let DataType::Struct(parts) = element.data_type() else { panic!("a list of {}", element.data_type()) };
    let lengths: Vec<usize> = (0..count).map(|_| random.random_range(0..=3)).collect();
    let elements = lengths.iter().sum();
    let columns = parts.iter().enumerate();
    let columns = columns.map(|(number, part)| column(part, Contents::of(number, part), elements, random)).collect();
    let structs = StructArray::try_new(parts.clone(), columns, None).unwrap();
    let present: NullBuffer = lengths.iter().map(|length| *length > 0).collect();
    let offsets = OffsetBuffer::from_lengths(lengths);
    Arc::new(ListArray::try_new(Arc::clone(element), offsets, Arc::new(structs), Some(present)).unwrap())
}

/// The file, and what the crate reads from it.
pub(super) struct Sample {
    _directory: TempDir,
    pub(super) segment: Segment,
    pub(super) bytes: Bytes,
    /// All rows, according to the crate.
    pub(super) rows: RecordBatch,
}

impl Sample {
    pub(super) fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let id = SegmentId(1);
        let path = directory.path().join(id.data_file_name());
        let mut random = StdRng::seed_from_u64(1);
        let mut writer = DataWriter::new(ChecksumWriter::create(&path).unwrap()).unwrap();
        let schema = schema();
        for (group, rows) in GROUP_ROWS.into_iter().enumerate() {
            let is_last = group + 1 == GROUP_ROWS.len();
            let columns = schema.fields().iter().enumerate().map(|(number, field)| {
                let contents = Contents::of(number, field);
                let is_empty = is_last && contents.ends_early;
                let null_percent = if is_empty { 100 } else { contents.null_percent };
                column(field, Contents { null_percent, ..contents }, rows as usize, &mut random)
            });
            let batch = RecordBatch::try_new(Arc::clone(&schema), columns.collect()).unwrap();
            for start in (0..rows).step_by(4 * PAGE_ROWS as usize) {
                let here = (4 * PAGE_ROWS).min(rows - start);
                writer.push(&batch.slice(start as usize, here as usize)).unwrap();
            }
            writer.end_group().unwrap();
        }
        let data = writer.finish().unwrap().finish().unwrap();
        // Reading columns needs no index.
        let index = write_file(&directory.path().join(id.index_file_name()), b"none").unwrap();
        let meta = SegmentMeta { id, day: 0, rows: ROWS, data, index, tenants: Vec::new(), hours: Vec::new() };
        let bytes = Bytes::from(std::fs::read(path).unwrap());
        let segment = Segment::open(directory.path(), meta, &Arc::new(Cache::new(64 << 20))).unwrap();
        Self { _directory: directory, segment, rows: read_with_crate(&bytes), bytes }
    }

    /// The pages of a row group.
    pub(super) fn pages(&self, group: usize) -> GroupPages {
        let source = ParquetSource::new(self.segment.data().clone());
        GroupPages { source, footer: self.segment.footer().unwrap(), group }
    }

    /// Reads rows one by one.
    pub(super) fn read_rows(&self, rows: &[u32]) -> RecordBatch {
        let groups = self.segment.footer().unwrap().groups().into_iter().enumerate().filter_map(|(group, range)| {
            let rows = rows.iter().filter(|row| range.contains(row)).map(|row| (row - range.start) as usize);
            let rows: Vec<usize> = rows.collect();
            (!rows.is_empty()).then(|| GroupRows { pages: self.pages(group), rows })
        });
        let groups: Vec<_> = groups.collect();
        // Fails where the reader would leave the file to the crate.
        let batch = point::read(&self.segment.footer().unwrap(), &Projection::All, &groups).unwrap();
        complete(&batch).unwrap()
    }
}

fn read_with_crate(bytes: &Bytes) -> RecordBatch {
    let options = ArrowReaderOptions::new().with_skip_arrow_metadata(true);
    let reader = ParquetRecordBatchReaderBuilder::try_new_with_options(bytes.clone(), options).unwrap();
    let batches = reader.build().unwrap().map(|batch| complete(&batch.unwrap()).unwrap());
    concat_batches(&schema(), &batches.collect::<Vec<_>>()).unwrap()
}
