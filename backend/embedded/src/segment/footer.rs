//! A data file's parsed footer: what is needed to find pages, and nothing of the pages themselves.

use auditlog_core::store::QueryError;
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
};

use super::{Projection, RowRange};
use crate::{
    cache::{ParquetSource, VerifiedFile},
    columns::{FORMAT_VERSION, VERSION_KEY},
};

/// What reading a data file needs to know before its first page. Kept by the cache, weighed in bytes.
pub(crate) struct Footer {
    arrow: ArrowReaderMetadata,
    /// The names of the leaf columns, as projections spell them.
    leaves: Vec<String>,
    /// The first row of each row group, and behind the last one the number of rows.
    group_starts: Vec<u32>,
}

impl Footer {
    /// Reads and parses the footer with the offset index. Column indexes stay unread: index files know the bounds.
    pub(super) fn read(file: &VerifiedFile) -> Result<Self, QueryError> {
        let options = ArrowReaderOptions::new()
            .with_skip_arrow_metadata(true)
            .with_column_index_policy(PageIndexPolicy::Skip)
            .with_offset_index_policy(PageIndexPolicy::Required);
        let source = ParquetSource::new(file.clone());
        let arrow = ArrowReaderMetadata::load(&source, options).map_err(|error| source.explain(&error))?;
        check_version(file, arrow.metadata())?;
        let columns = arrow.parquet_schema().columns();
        let leaves = columns.iter().map(|column| column.path().string().replace(".list.element.", ".")).collect();
        let group_starts = group_starts(arrow.metadata());
        Ok(Self { arrow, leaves, group_starts })
    }

    pub(super) fn arrow(&self) -> &ArrowReaderMetadata {
        &self.arrow
    }

    /// The row group that a row lies in, and the group's rows.
    pub(super) fn group_of(&self, row: u32) -> Option<(usize, RowRange)> {
        let group = self.group_starts.partition_point(|start| *start <= row).checked_sub(1)?;
        Some((group, *self.group_starts.get(group)?..*self.group_starts.get(group + 1)?))
    }

    /// The rows of each row group, in order.
    pub(super) fn groups(&self) -> Vec<RowRange> {
        self.group_starts.windows(2).map(|pair| pair[0]..pair[1]).collect()
    }

    /// The leaf column of this name, as projections spell it.
    pub(super) fn leaf(&self, name: &str) -> Option<usize> {
        self.leaves.iter().position(|leaf| leaf == name)
    }

    /// Whether a leaf column has no value in a row group.
    pub(super) fn is_all_null(&self, group: usize, leaf: usize) -> bool {
        is_all_null(self.arrow.metadata().row_group(group), leaf)
    }

    /// The columns to read of a row group. Those without any value in it are left out: they read as null anyway.
    pub(super) fn levels(&self, projection: &Projection, group: usize) -> Result<FieldLevels, ParquetError> {
        let metadata = self.arrow.metadata().row_group(group);
        let leaves = self.leaves.iter().enumerate();
        let wanted = leaves.filter(|(leaf, name)| projection.includes(name) && !is_all_null(metadata, *leaf));
        let schema = self.arrow.parquet_schema();
        let mask = ProjectionMask::leaves(schema, wanted.map(|(leaf, _)| leaf));
        parquet_to_arrow_field_levels(schema, mask, None)
    }

    /// The greatest value of a column of 16 bytes. `None` where the file does not say.
    pub(super) fn latest(&self, column: &str) -> Option<[u8; 16]> {
        let leaf = self.leaf(column)?;
        let groups = self.arrow.metadata().row_groups().iter();
        let latest = groups.map(|group| group.column(leaf).statistics()?.max_bytes_opt()?.try_into().ok());
        latest.collect::<Option<Vec<[u8; 16]>>>()?.into_iter().max()
    }

    /// How much memory it takes, about.
    pub(crate) fn memory_bytes(&self) -> usize {
        self.arrow.metadata().memory_size() + self.leaves.len() * 64 + self.group_starts.len() * 4
    }
}

/// Refuses a file of a newer format by name: what its columns mean is not known here.
fn check_version(file: &VerifiedFile, metadata: &ParquetMetaData) -> Result<(), QueryError> {
    let pairs = metadata.file_metadata().key_value_metadata();
    let version = pairs.and_then(|pairs| pairs.iter().find(|pair| pair.key == VERSION_KEY)?.value.as_deref());
    if version.and_then(|version| version.parse::<u32>().ok()).is_some_and(|version| version <= FORMAT_VERSION) {
        return Ok(());
    }
    let (path, found) = (file.path().display(), version.unwrap_or("none"));
    Err(QueryError::Unavailable(format!(
        "{path} has segment format {found}; this version reads up to {FORMAT_VERSION}"
    )))
}

fn group_starts(metadata: &ParquetMetaData) -> Vec<u32> {
    let mut starts = vec![0];
    let mut next: u32 = 0;
    for group in metadata.row_groups() {
        next = next.saturating_add(u32::try_from(group.num_rows()).unwrap_or(u32::MAX));
        starts.push(next);
    }
    starts
}

fn is_all_null(group: &RowGroupMetaData, leaf: usize) -> bool {
    let Some(column) = group.columns().get(leaf) else { return false };
    let nulls = column.statistics().and_then(Statistics::null_count_opt);
    nulls.is_some_and(|nulls| i64::try_from(nulls).is_ok_and(|nulls| nulls == column.num_values()))
}
