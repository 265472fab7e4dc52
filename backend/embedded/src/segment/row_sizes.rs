//! Owns the size of rows: how many bytes the values of each take, which decides where row groups end.

use std::{cell::OnceCell, ops::Range};

use arrow_array::{Array, ArrayRef, ListArray, RecordBatch, StringArray, StructArray};

/// The sizes of the rows of a batch.
pub(super) struct RowSizes<'a> {
    batch: &'a RecordBatch,
    /// The size of all rows, in bytes.
    total: usize,
    /// The size of each row and those before it, computed where a limit lies within the batch: mostly none does.
    ends: OnceCell<Vec<usize>>,
}

impl<'a> RowSizes<'a> {
    /// Measures the rows of a batch: the lengths of their texts, and the same for each of its other values.
    pub(super) fn of(batch: &'a RecordBatch) -> Self {
        let texts: usize = batch.columns().iter().map(|column| texts_of(column.as_ref())).sum();
        Self { batch, total: texts + batch.num_rows() * others_of(batch), ends: OnceCell::new() }
    }

    /// The size of some rows.
    pub(super) fn bytes(&self, rows: Range<usize>) -> usize {
        self.before(rows.end) - self.before(rows.start)
    }

    /// The end of the rows from `start` on that are taken together: at least one, and no more after the one with which
    /// they reach `bytes_max`.
    pub(super) fn end_of_bytes(&self, start: usize, bytes_max: usize) -> usize {
        let limit = self.before(start).saturating_add(bytes_max);
        if self.total < limit {
            return self.batch.num_rows();
        }
        let behind = start + self.ends().get(start..).unwrap_or_default().partition_point(|end| *end < limit);
        (behind + 1).min(self.batch.num_rows())
    }

    fn before(&self, row: usize) -> usize {
        match row.checked_sub(1) {
            None => 0,
            Some(last) if last + 1 == self.batch.num_rows() => self.total,
            Some(last) => self.ends().get(last).copied().unwrap_or(0),
        }
    }

    fn ends(&self) -> &[usize] {
        self.ends.get_or_init(|| {
            let mut sizes = vec![0; self.batch.num_rows()];
            for column in self.batch.columns() {
                if let Some(texts) = column.as_any().downcast_ref::<StringArray>() {
                    add_texts(&mut sizes, texts);
                } else if let Some(list) = column.as_any().downcast_ref::<ListArray>() {
                    add_lists(&mut sizes, list);
                }
            }
            let others = others_of(self.batch);
            let mut end = 0;
            for size in &mut sizes {
                end += *size + others;
                *size = end;
            }
            sizes
        })
    }
}

/// The size of the texts of a column.
fn texts_of(column: &dyn Array) -> usize {
    if let Some(texts) = column.as_any().downcast_ref::<StringArray>() {
        return length(texts.value_offsets());
    }
    let Some(list) = column.as_any().downcast_ref::<ListArray>() else { return 0 };
    let Some(structs) = list.values().as_any().downcast_ref::<StructArray>() else { return 0 };
    let elements = list.value_offsets();
    let place = |offset: Option<&i32>| offset.and_then(|offset| usize::try_from(*offset).ok()).unwrap_or(0);
    let elements = place(elements.first())..place(elements.last());
    let parts = structs.columns().iter().filter_map(|part| part.as_any().downcast_ref::<StringArray>());
    parts.map(|part| length(part.value_offsets().get(elements.start..=elements.end).unwrap_or_default())).sum()
}

/// The size of the other values of each row.
fn others_of(batch: &RecordBatch) -> usize {
    let is_other = |column: &&ArrayRef| !column.as_any().is::<StringArray>() && !column.as_any().is::<ListArray>();
    let others = batch.columns().iter().filter(is_other);
    others.map(|column| column.data_type().primitive_width().unwrap_or(FIXED_BYTES)).sum()
}

fn length(offsets: &[i32]) -> usize {
    offsets.first().zip(offsets.last()).map_or(0, |(start, end)| distance(*start, *end))
}

/// The size counted for a byte string of fixed length, in bytes.
const FIXED_BYTES: usize = 32;

fn add_texts(sizes: &mut [usize], texts: &StringArray) {
    let offsets = texts.value_offsets();
    // Most events leave most fields out.
    if offsets.first() == offsets.last() {
        return;
    }
    for (size, pair) in sizes.iter_mut().zip(offsets.windows(2)) {
        *size += distance(pair[0], pair[1]);
    }
}

fn add_lists(sizes: &mut [usize], list: &ListArray) {
    let Some(structs) = list.values().as_any().downcast_ref::<StructArray>() else { return };
    for part in structs.columns() {
        let Some(texts) = part.as_any().downcast_ref::<StringArray>() else { continue };
        let offsets = texts.value_offsets();
        let offset = |at: i32| usize::try_from(at).ok().and_then(|at| offsets.get(at)).copied().unwrap_or(0);
        for (size, pair) in sizes.iter_mut().zip(list.value_offsets().windows(2)) {
            *size += distance(offset(pair[0]), offset(pair[1]));
        }
    }
}

fn distance(start: i32, end: i32) -> usize {
    usize::try_from(end.saturating_sub(start)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use auditlog_conformance::fixtures::{START, SeededEntropy, event, prepare, tenant_id};
    use auditlog_core::event::{SaltSource, StoredEvent};
    use serde_json::{Value, json};

    use super::*;
    use crate::columns::from_events;

    /// A batch with the texts of `lengths` in two columns, one of them in a list.
    fn batch(lengths: &[usize]) -> RecordBatch {
        let text = |length: &usize| "x".repeat(*length);
        let sent: Vec<Value> = lengths
            .iter()
            .map(|length| {
                event(&json!({ "message": text(length), "targets": [{ "id": text(&1) }, { "name": text(length) }] }))
            })
            .collect();
        let prepared = prepare(&tenant_id("acme"), START, &sent, &SeededEntropy::new(1)).events.into_iter();
        let salt = SaltSource { seed: [0; 16], index: 0 };
        let stored: Vec<_> = prepared
            .zip(0..)
            .map(|(prepared, sequence)| StoredEvent { event: prepared.event, sequence, salt })
            .collect();
        from_events(&stored).unwrap()
    }

    #[test]
    fn rows_are_measured_by_their_texts_also_in_parts_of_a_batch() {
        let lengths = [10, 1_000, 2, 500, 1, 7];
        let whole = batch(&lengths);
        let sizes = RowSizes::of(&whole);
        let fixed = sizes.bytes(4..5) - 2;
        for (row, length) in lengths.into_iter().enumerate() {
            assert_eq!(sizes.bytes(row..row + 1), fixed + 2 * length, "row {row}");
        }
        assert_eq!(sizes.bytes(1..4), 3 * fixed + 2 * 1_502);
        let part = whole.slice(1, 3);
        let part = RowSizes::of(&part);
        assert_eq!([part.bytes(0..1), part.bytes(0..3)], [sizes.bytes(1..2), sizes.bytes(1..4)]);
    }

    #[test]
    fn rows_are_taken_up_to_the_one_that_reaches_the_limit() {
        let batch = batch(&[500; 5]);
        let sizes = RowSizes::of(&batch);
        let one = sizes.bytes(0..1);
        for (start, bytes_max, end) in
            [(0, 0, 1), (0, one - 1, 1), (0, one, 1), (0, one + 1, 2), (2, 2 * one, 4), (2, usize::MAX, 5), (4, 1, 5)]
        {
            assert_eq!(sizes.end_of_bytes(start, bytes_max), end, "from {start}, {bytes_max} bytes");
        }
    }
}
