//! Reads every byte of a segment back.

use std::path::Path;

use auditlog_core::store::QueryError;

use super::{RangeBuilder, Segment};
use crate::index::{self, IndexBuilder};

/// Reads every block of both files from disk, past the cache, and then every row, and gives each finding to `damaged`.
///
/// Looked at are the checksums of all blocks, the rows' order and ranges against the manifest, and that the index file
/// is the one its data file gives. What the rows mean together (leaf hashes, trees) is the ledger's to compare: `rows`
/// gets every batch of the whole schema, in order, once the checksums hold.
///
/// # Errors
/// The first failure that is no damage.
pub fn verify(
    segment: &Segment,
    mut rows: impl FnMut(&arrow_array::RecordBatch),
    mut damaged: impl FnMut(QueryError),
) -> Result<(), QueryError> {
    let mut findings = 0_usize;
    let mut report = |error| {
        findings += 1;
        damaged(error);
    };
    segment.data().verify(&mut report)?;
    segment.index_file().verify(&mut report)?;
    if findings > 0 {
        // Rows of damaged blocks are not decoded: there is nothing in them to be believed.
        return Ok(());
    }
    match read_rows(segment, &mut rows) {
        Ok(()) => Ok(()),
        Err(error @ QueryError::Corrupted(_)) => {
            damaged(error);
            Ok(())
        }
        Err(error) => Err(error),
    }
}

fn read_rows(segment: &Segment, rows: &mut impl FnMut(&arrow_array::RecordBatch)) -> Result<(), QueryError> {
    let mut ranges = RangeBuilder::default();
    let mut index = IndexBuilder::default();
    for group in segment.footer()?.groups() {
        for batch in segment.scan(group)? {
            let batch = batch?;
            ranges.push(&batch).map_err(|error| finding(segment.data().path(), &error.to_string()))?;
            index.push(&batch);
            rows(&batch);
        }
        index.end_group();
    }
    if ranges.rows() != segment.meta().rows || ranges.finish() != segment.meta().tenants {
        return Err(finding(segment.data().path(), "does not hold the rows that the manifest lists"));
    }
    let file = segment.index_file();
    if index::is_outdated(file)? {
        // Its checksums hold, and the next start builds a new one.
        return Ok(());
    }
    let stored = file.read(0, usize::try_from(file.bytes()).unwrap_or(usize::MAX))?;
    if *stored != index.finish()? {
        return Err(finding(file.path(), "is not the index of its data file"));
    }
    Ok(())
}

fn finding(path: &Path, what: &str) -> QueryError {
    QueryError::Corrupted(format!("{} {what}", path.display()))
}
