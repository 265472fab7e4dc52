//! Owns the statistics computed from a leaf column of Parquet: the number of nulls, the minimum and the maximum.

use std::ops::Range;

use arrow_array::{
    Array, FixedSizeBinaryArray, Int32Array, Int64Array, ListArray, RecordBatch, StringArray, StructArray,
    TimestampMicrosecondArray,
};

/// The statistics of a leaf column.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct LeafValues {
    /// The number of values, including nulls.
    pub(super) count: u64,
    pub(super) nulls: u64,
    pub(super) bounds: Option<Bounds>,
}

/// The minimum and maximum of the values that are not null, in the order of the column's type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Bounds {
    Integers { min: i64, max: i64 },
    Bytes { min: Vec<u8>, max: Vec<u8> },
}

impl LeafValues {
    fn integer(&mut self, value: i64) {
        match &mut self.bounds {
            Some(Bounds::Integers { min, max }) => (*min, *max) = ((*min).min(value), (*max).max(value)),
            _ => self.bounds = Some(Bounds::Integers { min: value, max: value }),
        }
    }

    fn bytes(&mut self, value: &[u8]) {
        match &mut self.bounds {
            Some(Bounds::Bytes { min, .. }) if value < min.as_slice() => value.clone_into(min),
            Some(Bounds::Bytes { max, .. }) if value > max.as_slice() => value.clone_into(max),
            Some(Bounds::Bytes { .. }) => {}
            _ => self.bounds = Some(Bounds::Bytes { min: value.to_vec(), max: value.to_vec() }),
        }
    }

    /// Adds rows of a column that is not a list.
    pub(super) fn add(&mut self, array: &dyn Array, rows: Range<usize>) {
        let any = array.as_any();
        self.count += rows.len() as u64;
        self.nulls += rows.clone().filter(|row| array.is_null(*row)).count() as u64;
        let present = rows.filter(|row| !array.is_null(*row));
        if let Some(texts) = any.downcast_ref::<StringArray>() {
            present.for_each(|row| self.bytes(texts.value(row).as_bytes()));
        } else if let Some(binaries) = any.downcast_ref::<FixedSizeBinaryArray>() {
            present.for_each(|row| self.bytes(binaries.value(row)));
        } else if let Some(times) = any.downcast_ref::<TimestampMicrosecondArray>() {
            present.for_each(|row| self.integer(times.value(row)));
        } else if let Some(integers) = any.downcast_ref::<Int64Array>() {
            present.for_each(|row| self.integer(integers.value(row)));
        } else if let Some(integers) = any.downcast_ref::<Int32Array>() {
            present.for_each(|row| self.integer(integers.value(row).into()));
        }
    }

    /// Counts rows of a list without elements: each is a null in every leaf.
    fn add_missing(&mut self, count: u64) {
        self.count += count;
        self.nulls += count;
    }
}

/// Adds rows to their leaf columns, which are in the order of the schema.
pub(super) fn add_rows(leaves: &mut [LeafValues], batch: &RecordBatch) {
    let mut leaves = leaves.iter_mut();
    for column in batch.columns() {
        let Some(list) = column.as_any().downcast_ref::<ListArray>() else {
            if let Some(leaf) = leaves.next() {
                leaf.add(column, 0..column.len());
            }
            continue;
        };
        let Some(elements) = list.values().as_any().downcast_ref::<StructArray>() else { continue };
        let rows = 0..list.len();
        let missing = rows.clone().filter(|row| list.is_null(*row) || list.value_length(*row) == 0).count() as u64;
        for part in elements.columns() {
            let Some(leaf) = leaves.next() else { return };
            leaf.add_missing(missing);
            for row in rows.clone().filter(|row| !list.is_null(*row)) {
                let offsets = list.value_offsets();
                let bound = |at: usize| usize::try_from(offsets[at]).unwrap_or(0);
                leaf.add(part, bound(row)..bound(row + 1));
            }
        }
    }
}
