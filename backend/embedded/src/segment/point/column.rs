//! Columns that are assembled value by value.

use std::sync::Arc;

use arrow_array::{
    ArrayRef,
    builder::{FixedSizeBinaryBuilder, Int32Builder, Int64Builder, StringBuilder, TimestampMicrosecondBuilder},
};
use arrow_schema::{DataType, TimeUnit};

use crate::segment::decode::Cell;

/// A column of one of the types that segments have.
pub(super) enum ColumnBuilder {
    Text(StringBuilder),
    Bytes(FixedSizeBinaryBuilder),
    Long(Int64Builder),
    Short(Int32Builder),
    Time(TimestampMicrosecondBuilder),
}

impl ColumnBuilder {
    pub(super) fn new(kind: &DataType, rows: usize) -> Option<Self> {
        Some(match kind {
            DataType::Utf8 => Self::Text(StringBuilder::with_capacity(rows, 0)),
            DataType::FixedSizeBinary(width) => Self::Bytes(FixedSizeBinaryBuilder::with_capacity(rows, *width)),
            DataType::Int64 => Self::Long(Int64Builder::with_capacity(rows)),
            DataType::Int32 => Self::Short(Int32Builder::with_capacity(rows)),
            DataType::Timestamp(TimeUnit::Microsecond, _) => {
                Self::Time(TimestampMicrosecondBuilder::with_capacity(rows).with_data_type(kind.clone()))
            }
            _ => return None,
        })
    }

    /// Adds a value; `None` where it is of another type, or text that is not UTF-8.
    pub(super) fn push(&mut self, cell: Cell<'_>) -> Option<()> {
        match (self, cell) {
            (Self::Text(texts), Cell::Bytes(bytes)) => texts.append_value(std::str::from_utf8(bytes).ok()?),
            (Self::Bytes(all), Cell::Bytes(bytes)) => all.append_value(bytes).ok()?,
            (Self::Long(numbers), Cell::Integer(number)) => numbers.append_value(number),
            (Self::Time(times), Cell::Integer(time)) => times.append_value(time),
            // Differences wrap around at the column's own width.
            (Self::Short(numbers), Cell::Integer(number)) => {
                numbers.append_value(i32::try_from((number << 32) >> 32).ok()?);
            }
            _ => return None,
        }
        Some(())
    }

    pub(super) fn push_nulls(&mut self, count: usize) {
        match self {
            Self::Text(texts) => texts.append_nulls(count),
            Self::Bytes(all) => all.append_nulls(count),
            Self::Long(numbers) => numbers.append_nulls(count),
            Self::Short(numbers) => numbers.append_nulls(count),
            Self::Time(times) => times.append_nulls(count),
        }
    }

    pub(super) fn finish(self) -> ArrayRef {
        match self {
            Self::Text(mut texts) => Arc::new(texts.finish()),
            Self::Bytes(mut all) => Arc::new(all.finish()),
            Self::Long(mut numbers) => Arc::new(numbers.finish()),
            Self::Short(mut numbers) => Arc::new(numbers.finish()),
            Self::Time(mut times) => Arc::new(times.finish()),
        }
    }
}
