//! Owns how small batches are joined into larger ones: a batch costs some ten kilobytes however few events it holds,
//! and every query visits each batch.

use std::sync::Arc;

use arrow_select::concat::concat_batches;

use crate::{error::StoreError, tail::TailBatch};

/// The number of neighbours joined at a time, so that an event is copied once for each step below.
const NEIGHBOURS: usize = 16;
/// Batches with fewer rows are joined with batches of the same step. The last one is the size up to which joining is
/// worth its cost.
const STEPS: [usize; 2] = [64, 256];
/// Batches of this size are not joined, however few rows they have: it would not be worth its cost, and no joined
/// column comes near the 2 GiB that an array holds.
const JOINED_BYTES_MAX: u64 = 1 << 20;

/// Appends a batch and joins the small ones at the end where there are too many.
pub(crate) fn push_joined(batches: &mut Vec<Arc<TailBatch>>, batch: TailBatch) -> Result<(), StoreError> {
    batches.push(Arc::new(batch));
    for rows in STEPS {
        let run = small_at_end(batches, rows);
        if run >= NEIGHBOURS {
            let joined = join(&batches[batches.len() - run..])?;
            batches.truncate(batches.len() - run);
            batches.push(Arc::new(joined));
        }
    }
    Ok(())
}

/// The number of small batches at the end with fewer than `rows` rows, of one day and one generation.
fn small_at_end(batches: &[Arc<TailBatch>], rows: usize) -> usize {
    let Some(last) = batches.last() else { return 0 };
    let alike = |batch: &&Arc<TailBatch>| {
        batch.rows() < rows
            && batch.bytes() < JOINED_BYTES_MAX
            && batch.day == last.day
            && batch.generation == last.generation
    };
    batches.iter().rev().take_while(alike).count()
}

fn join(batches: &[Arc<TailBatch>]) -> Result<TailBatch, StoreError> {
    let (Some(first), Some(last)) = (batches.first(), batches.last()) else {
        return Err(StoreError::Stopped("no batches to join".into()));
    };
    let columns = concat_batches(&first.columns.schema(), batches.iter().map(|batch| &batch.columns))
        .map_err(|error| StoreError::Stopped(format!("joining batches failed: {error}")))?;
    let leaf_hashes = batches.iter().flat_map(|batch| batch.leaf_hashes.iter().copied()).collect();
    Ok(TailBatch::new(columns, first.first_sequence, leaf_hashes, last.day).of_generation(last.generation))
}

#[cfg(test)]
mod tests {
    use arrow_array::{RecordBatch, StringArray};
    use arrow_schema::{DataType, Field, Schema};

    use super::*;

    /// The rows of the batches after this number of batches with one text each.
    fn rows_after(count: u64, text_bytes: usize) -> Vec<usize> {
        let schema = Arc::new(Schema::new(vec![Field::new("text", DataType::Utf8, false)]));
        let mut batches = Vec::new();
        for sequence in 0..count {
            let text: StringArray = [Some("x".repeat(text_bytes))].into_iter().collect();
            let columns = RecordBatch::try_new(Arc::clone(&schema), vec![Arc::new(text)]).unwrap();
            push_joined(&mut batches, TailBatch::new(columns, sequence, vec![[0; 32]], 1)).unwrap();
        }
        let ends: Vec<u64> = batches.iter().map(|batch| batch.end_sequence()).collect();
        assert!(ends.is_sorted() && ends.last() == Some(&count));
        batches.iter().map(|batch| batch.rows()).collect()
    }

    #[test]
    fn small_batches_are_joined_and_large_ones_are_not() {
        assert_eq!(rows_after(35, 100), [31, 1, 1, 1, 1]);
        assert_eq!(rows_after(35, 1 << 20), [1; 35]);
        // Joined ones that have become large are not joined again.
        assert_eq!(rows_after(20, 128 << 10), [16, 1, 1, 1, 1]);
        assert_eq!(rows_after(16 * 16, 128 << 10), [16; 16]);
    }
}
