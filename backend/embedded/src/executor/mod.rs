//! The query shapes over one tenant's events: get one, list a page, count, aggregate, scan.
//! [`auditlog_core::store::EventStore`] says what they mean.
//!
//! Tail and segments of a snapshot are queried in the same way. In each segment a filter is first reduced by what is
//! known without reading (times, sequences, day). Then the indexes name candidate rows, and only the columns that the
//! filter needs are read for them. Whole rows are read only for the events that are returned. This module knows neither
//! the ledger nor how segments are made.

mod aggregate;
mod candidates;
mod equal;
mod facts;
mod get;
mod list;
mod matcher;
mod matching;
mod needed;
mod parallel;
mod phrase;
mod place;
mod plan;
mod residual;
mod row_error;
mod row_ranges;
mod scan;
mod suspects;
mod text_test;
mod top;
mod value;

use arrow_array::{Int64Array, RecordBatch, TimestampMicrosecondArray};
use auditlog_core::{id::TenantId, store::QueryError};

pub use aggregate::{aggregate, count};
pub use get::get;
pub use list::list;
pub use scan::scan;

use self::row_error::RowError;
use crate::{
    cache::Cache,
    columns::{ColumnsError, UnreadableColumn, integer_column, name, time_column},
    segment::{RowRange, Segment, TenantRange},
};

/// The cost of examining a row, in bytes of text, however short its values are.
const BYTES_PER_ROW: usize = 64;

/// The approximate memory of a row of a batch.
fn bytes_per_row(batch: &RecordBatch) -> usize {
    batch.get_array_memory_size() / batch.num_rows().max(1)
}

/// One tenant's events at one moment, each exactly once.
pub struct Snapshot<'a> {
    /// The tenant.
    pub tenant_id: &'a TenantId,
    /// The events that are not sealed: batches of the whole schema that hold this tenant's rows only, each with
    /// consecutive sequences, by sequence.
    pub tail: Vec<&'a RecordBatch>,
    /// The sealed ones, by sequence.
    pub segments: Vec<SegmentRows<'a>>,
    /// The cache of answers.
    pub cache: &'a Cache,
}

/// The tenant's rows of one segment.
#[derive(Clone, Copy)]
pub struct SegmentRows<'a> {
    /// The segment.
    pub segment: &'a Segment,
    /// The tenant's rows in it.
    pub range: &'a TenantRange,
}

/// Some of the tenant's rows of one segment, as sorted ranges.
#[derive(Clone, Copy)]
struct PartRows<'a> {
    part: SegmentRows<'a>,
    ranges: &'a [RowRange],
}

impl PartRows<'_> {
    fn count(self) -> usize {
        self.ranges.iter().map(ExactSizeIterator::len).sum()
    }
}

/// The error for rows in memory that cannot be decoded: no checksum was wrong, so this is a bug, and an error is better
/// than a wrong answer.
fn unreadable(error: &ColumnsError) -> QueryError {
    QueryError::Corrupted(format!("the tail: {error}"))
}

/// The sequences of a batch of the tail.
fn sequences_of_tail(batch: &RecordBatch) -> Result<&Int64Array, QueryError> {
    integer_column(batch, name::SEQUENCE).ok_or_else(|| RowError::from(UnreadableColumn(name::SEQUENCE)).in_tail())
}

/// A column of times of a batch of the tail.
fn times_of_tail<'b>(
    batch: &'b RecordBatch,
    column: &'static str,
) -> Result<&'b TimestampMicrosecondArray, QueryError> {
    time_column(batch, column).ok_or_else(|| RowError::from(UnreadableColumn(column)).in_tail())
}
