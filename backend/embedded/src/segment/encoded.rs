//! The row groups of a segment as they are stored, for copying them without decoding.

use std::sync::Arc;

use auditlog_core::store::QueryError;
use parquet::file::metadata::{ColumnChunkMetaData, PageIndexPolicy, ParquetMetaData, ParquetMetaDataReader};

use super::{Footer, OWN_GROUP_ROWS, ROW_GROUP_BYTES, RowRange, Segment, SegmentMeta, data_writer::GroupBytes};
use crate::cache::ParquetSource;

/// A row group with fewer rows is kept too where its values have this size, in bytes.
const OWN_GROUP_BYTES: usize = ROW_GROUP_BYTES / 2;

/// Consecutive rows, by how they can be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Piece {
    /// A whole row group.
    Group(RowRange),
    /// Rows that must be decoded: parts of row groups, or too few of them to be kept as a group.
    Rows(RowRange),
}

/// A row group as it is stored.
pub(super) struct EncodedGroup {
    pub(super) number: usize,
    pub(super) bytes: GroupBytes,
}

/// A segment whose row groups are copied.
pub(super) struct EncodedGroups {
    segment: Arc<Segment>,
    footer: Arc<Footer>,
    /// Includes the bounds of pages, which queries do not need and which are therefore not kept in memory.
    metadata: ParquetMetaData,
}

impl EncodedGroups {
    /// Reads the metadata of a segment's row groups.
    ///
    /// # Errors
    /// [`QueryError::Corrupted`] where the footer is damaged.
    pub(super) fn open(segment: &Arc<Segment>) -> Result<Self, QueryError> {
        let footer = segment.footer()?;
        let source = ParquetSource::new(segment.data().clone());
        let reader = ParquetMetaDataReader::new()
            .with_column_index_policy(PageIndexPolicy::Required)
            .with_offset_index_policy(PageIndexPolicy::Required);
        let metadata = reader.parse_and_finish(&source).map_err(|error| source.explain(&error))?;
        Ok(Self { segment: Arc::clone(segment), footer, metadata })
    }

    pub(super) fn metadata(&self) -> &ParquetMetaData {
        &self.metadata
    }

    pub(super) fn segment(&self) -> &Segment {
        &self.segment
    }

    pub(super) fn meta(&self) -> &SegmentMeta {
        self.segment.meta()
    }

    /// Splits rows of one tenant into whole row groups and the rows between them.
    pub(super) fn pieces(&self, rows: &RowRange) -> Vec<Piece> {
        let mut pieces = Vec::new();
        for (number, group) in self.footer.groups().into_iter().enumerate() {
            let common = group.start.max(rows.start)..group.end.min(rows.end);
            if common.is_empty() {
                continue;
            }
            if common == group && self.is_large(number, &group) {
                pieces.push(Piece::Group(group));
                continue;
            }
            match pieces.last_mut() {
                Some(Piece::Rows(last)) if last.end == common.start => last.end = common.end,
                _ => pieces.push(Piece::Rows(common)),
            }
        }
        pieces
    }

    fn is_large(&self, number: usize, rows: &RowRange) -> bool {
        let bytes = || usize::try_from(self.metadata.row_group(number).total_byte_size()).unwrap_or(0);
        rows.end - rows.start >= OWN_GROUP_ROWS || bytes() >= OWN_GROUP_BYTES
    }

    /// The row group with these rows.
    pub(super) fn read(&self, rows: &RowRange) -> Result<EncodedGroup, QueryError> {
        let path = self.segment.data().path().display();
        let missing = || QueryError::Corrupted(format!("{path} has no row group of its own for row {}", rows.start));
        let group = self.footer.group_of(rows.start).filter(|group| group.rows == *rows).ok_or_else(missing)?;
        let ranges = self.metadata.row_group(group.number).columns().iter().map(ColumnChunkMetaData::byte_range);
        let bounds = ranges.map(|(start, length)| (start, start.saturating_add(length)));
        let all = bounds.reduce(|all, column| (all.0.min(column.0), all.1.max(column.1)));
        let (start, end) = all.ok_or_else(missing)?;
        let bytes = self.segment.data().read_past_cache(start..end)?;
        Ok(EncodedGroup { number: group.number, bytes: GroupBytes { offset: start, bytes } })
    }
}
