//! Typed views of a batch's columns by name. An absent column of text reads as null. Every batch has columns of the
//! schema's types: the tail builds them so, and the reader of data files checks them.

use arrow_array::{Array, FixedSizeBinaryArray, Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray};

/// A column of text.
#[derive(Debug, Clone, Copy)]
pub(crate) struct TextColumn<'a>(Option<&'a StringArray>);

impl<'a> TextColumn<'a> {
    /// The column of a batch that lacks it.
    pub(crate) const ABSENT: Self = Self(None);

    /// Views an array. Anything that is not text is absent.
    pub(crate) fn of(array: &'a dyn Array) -> Self {
        Self(array.as_any().downcast_ref())
    }

    /// The whole column, unless it is absent.
    pub(crate) fn array(self) -> Option<&'a StringArray> {
        self.0
    }

    /// Whether no row has a text.
    pub(crate) fn is_empty(self) -> bool {
        self.0.is_none_or(|array| array.null_count() == array.len())
    }

    /// The row's text.
    pub(crate) fn get(self, row: usize) -> Option<&'a str> {
        self.0.filter(|array| !array.is_null(row)).map(|array| array.value(row))
    }
}

/// The text column of this name.
pub(crate) fn text_column<'a>(batch: &'a RecordBatch, name: &str) -> TextColumn<'a> {
    batch.column_by_name(name).map_or(TextColumn::ABSENT, |array| TextColumn::of(array.as_ref()))
}

/// The column of times of this name.
pub(crate) fn time_column<'a>(batch: &'a RecordBatch, name: &str) -> Option<&'a TimestampMicrosecondArray> {
    batch.column_by_name(name)?.as_any().downcast_ref()
}

/// The column of 64-bit integers of this name.
pub(crate) fn integer_column<'a>(batch: &'a RecordBatch, name: &str) -> Option<&'a Int64Array> {
    batch.column_by_name(name)?.as_any().downcast_ref()
}

/// The column of byte strings of fixed length of this name.
pub(crate) fn binary_column<'a>(batch: &'a RecordBatch, name: &str) -> Option<&'a FixedSizeBinaryArray> {
    batch.column_by_name(name)?.as_any().downcast_ref()
}
