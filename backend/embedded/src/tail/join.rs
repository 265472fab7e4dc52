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

/// The number of batches at the end with fewer than `rows` rows, of one day and one generation.
fn small_at_end(batches: &[Arc<TailBatch>], rows: usize) -> usize {
    let Some(last) = batches.last() else { return 0 };
    let alike =
        |batch: &&Arc<TailBatch>| batch.rows() < rows && batch.day == last.day && batch.generation == last.generation;
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
