//! The query shapes over one tenant's events: get one, list a page, count, aggregate, scan.
//! [`auditlog_core::store::EventStore`] says what they mean.
//!
//! Tail and segments of a snapshot are queried in the same way. Per segment, a filter is first reduced by what is known
//! without reading (times, sequences, day), then the indexes name candidate rows, then the columns that the filter
//! needs are read for those, and whole rows only for the events that are returned. This module knows neither the ledger
//! nor how segments are made.

mod aggregate;
mod candidates;
mod column_test;
mod facts;
mod get;
mod list;
mod matcher;
mod matching;
mod needed;
mod parallel;
mod phrase;
mod plan;
mod residual;
mod row_ranges;
mod scan;
mod suspects;
mod top;
mod value;

use arrow_array::RecordBatch;
use auditlog_core::{id::TenantId, store::QueryError};

pub use aggregate::{aggregate, count};
pub use get::get;
pub use list::list;
pub use scan::scan;

use crate::{
    cache::Cache,
    columns::ColumnsError,
    segment::{Segment, TenantRange},
};

/// Looking at a row costs about as much as examining so many bytes of text, however short its values are.
const BYTES_PER_ROW: usize = 64;

/// What a row of a batch takes in memory, about.
fn bytes_per_row(batch: &RecordBatch) -> usize {
    batch.get_array_memory_size() / batch.num_rows().max(1)
}

/// One tenant's events at one moment, each exactly once.
pub struct Snapshot<'a> {
    /// Whose.
    pub tenant_id: &'a TenantId,
    /// The events that are not sealed: batches of the whole schema that hold this tenant's rows only, each with
    /// neighbouring sequences, by sequence.
    pub tail: Vec<&'a RecordBatch>,
    /// The sealed ones, by sequence.
    pub segments: Vec<SegmentRows<'a>>,
    /// Where answers are kept.
    pub cache: &'a Cache,
}

/// The tenant's rows of one segment.
#[derive(Clone, Copy)]
pub struct SegmentRows<'a> {
    /// The segment.
    pub segment: &'a Segment,
    /// Which of its rows.
    pub range: &'a TenantRange,
}

/// Rows in memory that do not read back: no checksum was wrong, so this is a bug, and no answer is better than a wrong
/// one.
fn unreadable(error: &ColumnsError) -> QueryError {
    QueryError::Corrupted(format!("the tail: {error}"))
}
