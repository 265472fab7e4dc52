//! A data file's parsed footer: enough to find pages, and nothing of the pages themselves. Footers of hundreds of
//! segments have to stay in memory, so of the Parquet reader's metadata only the places of pages are kept.

use std::sync::Arc;

use auditlog_core::{id::EventId, store::QueryError};
use parking_lot::Mutex;
use parquet::{
    arrow::{
        FieldLevels, ProjectionMask,
        arrow_reader::{ArrowReaderMetadata, ArrowReaderOptions},
        parquet_to_arrow_field_levels,
    },
    errors::ParquetError,
    file::{
        metadata::{PageIndexPolicy, ParquetMetaData, RowGroupMetaData},
        statistics::Statistics,
    },
    schema::types::SchemaDescriptor,
};

use super::{Projection, RowRange, chunk_place::ChunkPlace, read::READ_ROWS_MAX};
use crate::{
    cache::{ParquetSource, VerifiedFile},
    columns::{FORMAT_VERSION, VERSION_KEY, name},
};

/// The number of pages of a column that are read at once.
const READ_PAGES_MAX: usize = 32;

/// The metadata needed before reading the first page of a data file. Cached, weighed in bytes.
pub(crate) struct Footer {
    schema: Arc<FileSchema>,
    groups: Vec<Group>,
    /// The greatest id. `None` where the file does not state it.
    latest_id: Option<EventId>,
}

/// The columns of a file, which are the same in nearly all files.
struct FileSchema {
    /// Without row groups: the Parquet reader needs it to look up columns that segments do not have.
    metadata: ParquetMetaData,
    /// The names of the leaf columns, as projections spell them.
    leaves: Vec<String>,
}

/// Whether the statistics about columns without values are trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum NullCounts {
    Believed,
    Doubted,
}

/// A row group.
struct Group {
    /// Its rows in the segment.
    rows: RowRange,
    /// The place of each leaf column, unless it has no value at all.
    chunks: Box<[Option<ChunkPlace>]>,
}

/// A row group.
#[derive(Debug, Clone)]
pub(super) struct RowGroup {
    pub(super) number: usize,
    /// Its rows, counted in the file.
    pub(super) rows: RowRange,
}

impl Footer {
    /// Reads and parses the footer with the offset index. Column indexes are not read: index files have the bounds.
    pub(super) fn read(file: &VerifiedFile) -> Result<Self, QueryError> {
        Self::read_with(file, NullCounts::Believed)
    }

    /// The same for a reader that reads every column, also where the file states that it has no value.
    pub(super) fn read_doubting(file: &VerifiedFile) -> Result<Self, QueryError> {
        Self::read_with(file, NullCounts::Doubted)
    }

    fn read_with(file: &VerifiedFile, null_counts: NullCounts) -> Result<Self, QueryError> {
        let options = ArrowReaderOptions::new()
            .with_skip_arrow_metadata(true)
            .with_column_index_policy(PageIndexPolicy::Skip)
            .with_offset_index_policy(PageIndexPolicy::Required);
        let source = ParquetSource::new(file.clone());
        let arrow = ArrowReaderMetadata::load(&source, options).map_err(|error| source.explain(&error))?;
        let metadata = arrow.metadata();
        check_version(file, metadata)?;
        let schema = FileSchema::of(metadata);
        let latest_id = schema.leaf(name::ID).and_then(|leaf| latest(metadata, leaf));
        let misplaced = || {
            let path = file.path().display();
            QueryError::Corrupted(format!("{path} cannot be decoded: its offset index does not match its row groups"))
        };
        let groups = groups(metadata, null_counts).ok_or_else(misplaced)?;
        Ok(Self { schema, groups, latest_id })
    }

    pub(super) fn schema(&self) -> &SchemaDescriptor {
        self.schema.metadata.file_metadata().schema_descr()
    }

    /// The file's metadata without its row groups.
    pub(super) fn metadata(&self) -> &ParquetMetaData {
        &self.schema.metadata
    }

    /// The row group that a row lies in.
    pub(super) fn group_of(&self, row: u32) -> Option<RowGroup> {
        let number = self.groups.partition_point(|group| group.rows.end <= row);
        Some(RowGroup { number, rows: self.groups.get(number)?.rows.clone() })
    }

    /// The rows of each row group, in order.
    pub(super) fn groups(&self) -> Vec<RowRange> {
        self.groups.iter().map(|group| group.rows.clone()).collect()
    }

    /// The number of rows of a row group.
    pub(super) fn rows_of(&self, group: usize) -> usize {
        self.groups.get(group).map_or(0, |group| group.rows.len())
    }

    /// The leaf column of this name, as projections spell it.
    pub(super) fn leaf(&self, name: &str) -> Option<usize> {
        self.schema.leaf(name)
    }

    /// The place of a leaf column in a row group; `None` where it has no value in it.
    pub(super) fn chunk(&self, group: usize, leaf: usize) -> Option<&ChunkPlace> {
        self.groups.get(group)?.chunks.get(leaf)?.as_ref()
    }

    /// Whether a leaf column has no value in a row group.
    pub(super) fn is_all_null(&self, group: usize, leaf: usize) -> bool {
        self.chunk(group, leaf).is_none()
    }

    /// The columns to read of a row group. Those without any value in it are left out: they read as null anyway.
    pub(super) fn levels(&self, projection: &Projection, group: usize) -> Result<FieldLevels, ParquetError> {
        let leaves = self.schema.leaves.iter().enumerate();
        let wanted = leaves.filter(|(leaf, name)| projection.includes(name) && !self.is_all_null(group, *leaf));
        let mask = ProjectionMask::leaves(self.schema(), wanted.map(|(leaf, _)| leaf));
        parquet_to_arrow_field_levels(self.schema(), mask, None)
    }

    /// The number of rows of a row group to read at once, so that those of large values take no more than some pages of
    /// a column. At least one.
    pub(super) fn rows_at_once(&self, projection: &Projection, group: usize) -> usize {
        let Some(group) = self.groups.get(group) else { return 1 };
        let wanted = self.schema.leaves.iter().zip(&group.chunks).filter(|(leaf, _)| projection.includes(leaf));
        let pages = wanted.filter_map(|(_, chunk)| chunk.as_ref().map(ChunkPlace::data_pages)).max().unwrap_or(0);
        (group.rows.len() * READ_PAGES_MAX).checked_div(pages).unwrap_or(READ_ROWS_MAX).clamp(1, READ_ROWS_MAX)
    }

    /// The greatest id of all rows. `None` where the file does not state it.
    pub(super) fn latest_id(&self) -> Option<EventId> {
        self.latest_id
    }

    /// The approximate memory. The schema is shared with others.
    pub(crate) fn memory_bytes(&self) -> usize {
        let chunk = |chunk: &Option<ChunkPlace>| {
            size_of::<Option<ChunkPlace>>() + chunk.as_ref().map_or(0, ChunkPlace::memory_bytes)
        };
        let groups = self.groups.iter();
        size_of::<Self>()
            + groups.map(|group| size_of::<Group>() + group.chunks.iter().map(chunk).sum::<usize>()).sum::<usize>()
    }
}

impl FileSchema {
    /// The schema of a file: the most recently created one, if it is the same.
    fn of(metadata: &ParquetMetaData) -> Arc<Self> {
        static LAST: Mutex<Option<Arc<FileSchema>>> = Mutex::new(None);
        let columns = metadata.file_metadata().schema_descr().columns();
        let mut last = LAST.lock();
        let known = last.as_ref().filter(|last| last.metadata.file_metadata().schema_descr().columns() == columns);
        if let Some(known) = known {
            return Arc::clone(known);
        }
        let leaves = columns.iter().map(|column| column.path().string().replace(".list.element.", ".")).collect();
        let metadata = ParquetMetaData::new(metadata.file_metadata().clone(), Vec::new());
        let schema = Arc::new(Self { metadata, leaves });
        *last = Some(Arc::clone(&schema));
        schema
    }

    fn leaf(&self, name: &str) -> Option<usize> {
        self.leaves.iter().position(|leaf| leaf == name)
    }
}

/// Refuses a file of a newer format with an error that names it: the meaning of its columns is unknown here.
fn check_version(file: &VerifiedFile, metadata: &ParquetMetaData) -> Result<(), QueryError> {
    let pairs = metadata.file_metadata().key_value_metadata();
    let version = pairs.and_then(|pairs| pairs.iter().find(|pair| pair.key == VERSION_KEY)?.value.as_deref());
    let path = file.path().display();
    match version.and_then(|version| version.parse::<u32>().ok()) {
        Some(version) if version <= FORMAT_VERSION => Ok(()),
        Some(newer) => Err(QueryError::Unavailable(format!(
            "{path} has segment format {newer}; this version reads up to {FORMAT_VERSION}"
        ))),
        None => Err(QueryError::Corrupted(format!("{path} does not state its segment format"))),
    }
}

/// The row groups in order. `None` where the offset index does not match them.
fn groups(metadata: &ParquetMetaData, null_counts: NullCounts) -> Option<Vec<Group>> {
    let index = metadata.page_index()?;
    let mut start: u32 = 0;
    let groups = metadata.row_groups().iter().enumerate().map(|(number, group)| {
        let rows = start..start.checked_add(u32::try_from(group.num_rows()).ok()?)?;
        start = rows.end;
        let chunks = group.columns().iter().enumerate().map(|(leaf, column)| {
            if null_counts == NullCounts::Believed && is_all_null(group, leaf) {
                return Some(None);
            }
            ChunkPlace::of(column, index.page_locations(number, leaf)?).map(Some)
        });
        Some(Group { rows, chunks: chunks.collect::<Option<_>>()? })
    });
    groups.collect()
}

fn is_all_null(group: &RowGroupMetaData, leaf: usize) -> bool {
    let Some(column) = group.columns().get(leaf) else { return false };
    let nulls = column.statistics().and_then(Statistics::null_count_opt);
    nulls.is_some_and(|nulls| i64::try_from(nulls).is_ok_and(|nulls| nulls == column.num_values()))
}

/// The greatest id of a column of ids, according to its statistics.
fn latest(metadata: &ParquetMetaData, leaf: usize) -> Option<EventId> {
    let groups = metadata.row_groups().iter();
    let latest = groups.map(|group| {
        let bytes = group.column(leaf).statistics()?.max_bytes_opt()?;
        EventId::from_bytes(bytes.try_into().ok()?)
    });
    latest.collect::<Option<Vec<_>>>()?.into_iter().max()
}
