//! Sealed events: an immutable data file of plain Parquet and its index file. docs/spec/segment-v1.md fixes the bytes.
//!
//! Rows are sorted by (tenant, sequence); each tenant has one contiguous range of sequences; all rows were received on
//! the same UTC day. A segment is written once, from start to end, and then only read, through [`crate::cache`]; row
//! groups that belong to one tenant may be copied to another segment unchanged. This module knows neither the manifest
//! nor which segments exist, and nothing of filters.

#[cfg(test)]
mod agreement;
mod checksum;
mod chunk_place;
mod coded;
mod data_writer;
mod decode;
mod encoded;
mod footer;
mod join;
mod known_ids;
mod leaf_values;
mod open;
mod page_header;
mod pages;
mod parquet_schema;
mod point;
mod properties;
mod ranges;
mod read;
mod rebuild;
mod row_sizes;
mod statistics;
mod structure;
mod unlisted;
mod unpack;
mod varint;
mod verify;
mod write;

use std::{fmt, path::PathBuf};

use auditlog_core::{id::TenantId, store::QueryError, timestamp::Timestamp};

pub(crate) use coded::{Codes, NO_CODE};
pub(crate) use footer::Footer;
pub use join::join;
pub use open::Segment;
pub(crate) use ranges::RangeBuilder;
pub use read::{Projection, ReadRows, RowRange, SelectedRows};
pub use rebuild::{build_index, replace_index};
pub(crate) use rebuild::{has_outdated_index, has_whole_index, reads_whole_index, write_successor};
pub(crate) use unlisted::{LogIds, UnlistedContents, read_unlisted};
pub use verify::{SegmentFile, SegmentFinding, verify};
pub(crate) use verify::{SegmentFiles, SegmentVisitor};
pub use write::SegmentWriter;

pub use crate::index::PAGE_ROWS;
use crate::{cache::FileMeta, columns::ColumnsError};

/// The approximate number of rows encoded together; a reader fetches columns of one row group at a time.
pub const ROW_GROUP_ROWS: u32 = 16 * PAGE_ROWS;
/// A row group ends at the row with which its values reach this size, in bytes: columns are decoded into arrays with
/// offsets of 32 bits, and the largest event has some megabytes.
pub const ROW_GROUP_BYTES: usize = 64 << 20;
/// The maximum size of the values of a data page, in bytes, besides one value more: one row is read by decompressing
/// its page.
pub const PAGE_BYTES: usize = 1 << 20;
/// A tenant with at least this many rows has them in row groups of its own, which are copied unchanged when segments
/// are joined.
pub const OWN_GROUP_ROWS: u32 = ROW_GROUP_ROWS / 2;
/// The maximum number of rows of a segment: row numbers take 24 bits in the index file.
pub const ROWS_MAX: u32 = (1 << 24) - 1;

/// The name of a segment, never reused in a data directory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SegmentId(pub u64);

impl fmt::Display for SegmentId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:016x}", self.0)
    }
}

impl SegmentId {
    /// Parses what [`Display`](fmt::Display) prints.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let number = Self(u64::from_str_radix(text, 16).ok()?);
        (number.to_string() == text).then_some(number)
    }

    /// The name of the data file in its directory.
    #[must_use]
    pub fn data_file_name(self) -> String {
        format!("{self}.parquet")
    }

    /// The name of the index file in the same directory.
    #[must_use]
    pub fn index_file_name(self) -> String {
        format!("{self}.index")
    }
}

/// The manifest's record of a segment: the data for opening it, and for deciding not to read it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SegmentMeta {
    /// Its name.
    pub id: SegmentId,
    /// The UTC day of `received_at` of every row, in days since 1970.
    pub day: i64,
    /// The number of rows.
    pub rows: u32,
    /// The data file.
    pub data: FileMeta,
    /// The index file.
    pub index: FileMeta,
    /// The tenants in it, sorted by id.
    pub tenants: Vec<TenantRange>,
    /// The UTC hours inside the ids of its events, sorted: an id of another hour is not in it.
    pub hours: Vec<u32>,
}

impl SegmentMeta {
    /// The tenant's rows, if there are any.
    #[must_use]
    pub fn tenant(&self, tenant_id: &TenantId) -> Option<&TenantRange> {
        find_tenant(&self.tenants, tenant_id)
    }

    /// How many bytes its two files have.
    pub(crate) const fn file_bytes(&self) -> u64 {
        self.data.bytes + self.index.bytes
    }
}

/// The rows of one tenant in a segment or batch: consecutive, with consecutive sequences.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TenantRange {
    /// The tenant.
    pub tenant_id: TenantId,
    /// The first row.
    pub row_start: u32,
    /// The number of rows, at least one.
    pub rows: u32,
    /// The sequence of the first row; each further row has the next one.
    pub first_sequence: u64,
    /// The earliest `occurred_at`.
    pub occurred_at_min: Timestamp,
    /// The latest `occurred_at`.
    pub occurred_at_max: Timestamp,
}

/// The tenant's range among ranges sorted by tenant.
pub(crate) fn find_tenant<'a>(ranges: &'a [TenantRange], tenant_id: &TenantId) -> Option<&'a TenantRange> {
    ranges.binary_search_by(|range| range.tenant_id.cmp(tenant_id)).ok().and_then(|at| ranges.get(at))
}

/// Why a segment could not be written.
#[derive(Debug, thiserror::Error)]
pub enum SegmentError {
    /// The file system returned an error.
    #[error("{} cannot be written: {source}", path.display())]
    Io {
        /// The path of the file or directory.
        path: PathBuf,
        /// The error.
        source: std::io::Error,
    },
    /// The Parquet writer returned an error.
    #[error("the data file cannot be written: {0}")]
    Parquet(#[from] parquet::errors::ParquetError),
    /// The rows are not valid for a segment: none or too many, wrong order, a gap in a tenant's sequences, two days.
    #[error("these rows are not valid for a segment: {0}")]
    Rows(String),
    /// The rows could not be read from their source.
    #[error(transparent)]
    Source(#[from] QueryError),
    /// The rows could not be turned into columns.
    #[error(transparent)]
    Columns(#[from] ColumnsError),
}

impl From<arrow_schema::ArrowError> for SegmentError {
    fn from(error: arrow_schema::ArrowError) -> Self {
        Self::Columns(error.into())
    }
}
