//! Owns events as a Parquet file: flat, typed columns that other tools can read without configuration.
//!
//! Memory holds the encoded row group that is being filled, and the footer entry of each finished one.

use std::{io, sync::Arc};

use arrow_array::{
    ArrayRef, RecordBatch,
    builder::{BooleanBuilder, Int64Builder, StringBuilder, TimestampMicrosecondBuilder},
};
use arrow_schema::{DataType, Field, Schema, SchemaRef, TimeUnit};
use auditlog_core::event::StoredEvent;
use parquet::{
    arrow::{ArrowWriter, arrow_writer::ArrowWriterOptions},
    basic::{Compression, Encoding, ZstdLevel},
    errors::Result,
    file::properties::{EnabledStatistics, WriterProperties},
    schema::types::ColumnPath,
};

use crate::export::columns::{Cell, Column, ColumnType};

/// Rows per row group: enough for readers that skip whole groups, with a footer of about 10 KB per 100,000 events.
const GROUP_ROWS_MAX: usize = 131_072;
/// The maximum size of a row group while it is filled, in encoded bytes.
pub(super) const GROUP_BYTES_MAX: usize = 16 * 1024 * 1024;
/// A column with more distinct values than fit in here repeats too few of them to benefit from a dictionary.
const DICTIONARY_BYTES_MAX: usize = 128 * 1024;
const ZSTD_LEVEL: i32 = 3;
const UTC: &str = "UTC";

/// Writes a file.
pub(super) struct ParquetWriter {
    columns: Vec<Column>,
    schema: SchemaRef,
    file: ArrowWriter<Vec<u8>>,
}

impl ParquetWriter {
    pub(super) fn new(columns: Vec<Column>) -> Result<Self> {
        let fields: Vec<Field> = columns.iter().map(field).collect();
        let schema = Arc::new(Schema::new(fields));
        // The native schema of the format describes these types completely.
        let options = ArrowWriterOptions::new().with_properties(properties(&columns)?).with_skip_arrow_metadata(true);
        let file = ArrowWriter::try_new_with_options(Vec::new(), Arc::clone(&schema), options)?;
        Ok(Self { columns, schema, file })
    }

    pub(super) fn write(&mut self, events: &[StoredEvent]) -> io::Result<()> {
        let values = self.columns.iter().map(|column| values(column, events)).collect::<io::Result<_>>()?;
        let rows = RecordBatch::try_new(Arc::clone(&self.schema), values).map_err(io::Error::other)?;
        self.file.write(&rows).map_err(io::Error::other)
    }

    /// The bytes that are ready: the finished row groups.
    pub(super) fn take(&mut self) -> Vec<u8> {
        std::mem::take(self.file.inner_mut())
    }

    /// The last row group and the footer.
    pub(super) fn finish(self) -> io::Result<Vec<u8>> {
        self.file.into_inner().map_err(io::Error::other)
    }
}

fn field(column: &Column) -> Field {
    let data_type = match column.column_type() {
        ColumnType::Number => DataType::Int64,
        ColumnType::Flag => DataType::Boolean,
        ColumnType::Time => DataType::Timestamp(TimeUnit::Microsecond, Some(UTC.into())),
        ColumnType::Text => DataType::Utf8,
    };
    Field::new(column.name(), data_type, true)
}

fn properties(columns: &[Column]) -> Result<WriterProperties> {
    let mut builder = WriterProperties::builder()
        .set_created_by(concat!("auditlog ", env!("CARGO_PKG_VERSION")).to_owned())
        .set_compression(Compression::ZSTD(ZstdLevel::try_new(ZSTD_LEVEL)?))
        .set_max_row_group_row_count(Some(GROUP_ROWS_MAX))
        .set_max_row_group_bytes(Some(GROUP_BYTES_MAX))
        .set_dictionary_page_size_limit(DICTIONARY_BYTES_MAX)
        // A page index would grow in memory until the file ends.
        .set_offset_index_disabled(true)
        .set_statistics_enabled(EnabledStatistics::None);
    for column in columns.iter().filter(|column| matches!(column.column_type(), ColumnType::Number | ColumnType::Time))
    {
        let path = ColumnPath::new(vec![column.name().to_owned()]);
        builder = builder
            .set_column_dictionary_enabled(path.clone(), false)
            .set_column_encoding(path.clone(), Encoding::DELTA_BINARY_PACKED)
            .set_column_statistics_enabled(path, EnabledStatistics::Chunk);
    }
    Ok(builder.build())
}

fn values(column: &Column, events: &[StoredEvent]) -> io::Result<ArrayRef> {
    let cells = events.iter().map(|stored| column.read(stored));
    Ok(match column.column_type() {
        ColumnType::Number => Arc::new(numbers(cells)?.finish()),
        ColumnType::Flag => Arc::new(flags(cells).finish()),
        ColumnType::Time => Arc::new(times(cells).finish()),
        ColumnType::Text => Arc::new(texts(cells, events.len()).finish()),
    })
}

fn numbers<'e>(cells: impl Iterator<Item = Cell<'e>>) -> io::Result<Int64Builder> {
    let mut builder = Int64Builder::new();
    for cell in cells {
        match cell {
            Cell::Number(number) => builder.append_value(i64::try_from(number).map_err(io::Error::other)?),
            _ => builder.append_null(),
        }
    }
    Ok(builder)
}

fn flags<'e>(cells: impl Iterator<Item = Cell<'e>>) -> BooleanBuilder {
    let mut builder = BooleanBuilder::new();
    cells.for_each(|cell| builder.append_option(if let Cell::Flag(flag) = cell { Some(flag) } else { None }));
    builder
}

fn times<'e>(cells: impl Iterator<Item = Cell<'e>>) -> TimestampMicrosecondBuilder {
    let mut builder = TimestampMicrosecondBuilder::new().with_timezone(UTC);
    cells.for_each(|cell| {
        builder.append_option(if let Cell::Time(time) = cell { Some(time.as_micros()) } else { None });
    });
    builder
}

fn texts<'e>(cells: impl Iterator<Item = Cell<'e>>, length: usize) -> StringBuilder {
    let mut builder = StringBuilder::with_capacity(length, 0);
    let mut text = String::new();
    for cell in cells {
        match cell {
            Cell::Absent => builder.append_null(),
            Cell::Text(value) => builder.append_value(value),
            printed => {
                text.clear();
                printed.print(&mut text);
                builder.append_value(&text);
            }
        }
    }
    builder
}

#[cfg(test)]
mod tests {
    use auditlog_conformance::fixtures::SeededEntropy;
    use auditlog_core::{
        clock::Entropy as _,
        event::{SaltSource, Submission, Submitter, Visibility, parse_event},
        id::TenantId,
        intake::{Prepared, PreparedEvent, prepare},
        timestamp::Timestamp,
    };
    use bytes::Bytes;
    use parquet::{
        arrow::arrow_reader::ParquetRecordBatchReaderBuilder,
        file::metadata::{ParquetMetaData, RowGroupMetaData},
    };

    use super::*;
    use crate::export::columns::Columns;

    /// The number of events per piece, as in a walk.
    const PIECE: usize = 500;

    /// A piece of events with long, incompressible raw records.
    fn piece(body_bytes: usize) -> Vec<StoredEvent> {
        let entropy = SeededEntropy::new(7);
        let draft = |_| {
            let mut random = vec![0; body_bytes];
            entropy.fill(&mut random);
            let body: String = random.iter().map(|byte| char::from(b' ' + byte % 64)).collect();
            let raw = serde_json::json!({"format": "noise", "body": body});
            let actor = serde_json::json!({"type": "user", "id": "ann"});
            let event = serde_json::json!({"action": "a.b", "actor": actor, "source": {"service": "s"}, "raw": raw});
            parse_event(event.to_string().as_bytes()).unwrap()
        };
        let (tenant, now) = (TenantId::parse("acme").unwrap(), Timestamp::from_micros(1_900_000_000_000_000));
        let submission = Submission { tenant_id: tenant, submitted_by: Submitter::Server, received_at: now };
        let Prepared { batch, .. } = prepare((0..PIECE).map(draft), submission, [1; 16], &entropy);
        let stored = |prepared: PreparedEvent| StoredEvent {
            event: prepared.event,
            sequence: 1,
            salt: SaltSource { seed: [1; 16], index: 0 },
        };
        batch.events.into_iter().map(stored).collect()
    }

    /// Writes a piece this many times. Returns the written parts, and the content that a reader finds in their
    /// concatenation.
    fn written(piece: &[StoredEvent], times: usize) -> (Vec<Vec<u8>>, ParquetMetaData) {
        let columns = Columns::Visible.seen_with(Visibility::All).unwrap();
        let mut writer = ParquetWriter::new(columns).unwrap();
        let mut parts = Vec::new();
        for _ in 0..times {
            writer.write(piece).unwrap();
            parts.push(writer.take());
        }
        parts.push(writer.finish().unwrap());
        let file = ParquetRecordBatchReaderBuilder::try_new(Bytes::from(parts.concat())).unwrap();
        (parts, file.metadata().as_ref().clone())
    }

    #[test]
    fn row_groups_are_given_away_when_they_are_full_of_rows() {
        let times = GROUP_ROWS_MAX * 2 / PIECE + 10;
        let (parts, metadata) = written(&piece(1), times);
        let rows: Vec<i64> = metadata.row_groups().iter().map(RowGroupMetaData::num_rows).collect();
        let full = i64::try_from(GROUP_ROWS_MAX).unwrap();
        let rest = i64::try_from(times * PIECE).unwrap() - 2 * full;
        assert_eq!(rows, [full, full, rest]);
        assert_eq!(parts[..times].iter().filter(|part| part.len() > 1_000).count(), 2);
    }

    #[test]
    fn row_groups_are_given_away_when_they_are_full_of_bytes() {
        let (parts, metadata) = written(&piece(8 * 1_024), 20);
        assert!(metadata.num_row_groups() >= 3, "{} groups", metadata.num_row_groups());
        let longest = parts.iter().map(Vec::len).max().unwrap();
        assert!(longest <= GROUP_BYTES_MAX + PIECE * 8 * 1_024, "{longest} bytes at once");
    }
}
