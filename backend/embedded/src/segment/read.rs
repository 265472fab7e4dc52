//! Reads columns of chosen rows from a data file.

use std::{collections::VecDeque, iter::Flatten, ops::Range, sync::Arc, vec};

use arrow_array::{RecordBatch, RecordBatchReader as _};
use auditlog_core::store::QueryError;
use parquet::{
    arrow::arrow_reader::{ParquetRecordBatchReader, RowSelection},
    errors::ParquetError,
};

use super::{
    Footer, PAGE_ROWS,
    footer::RowGroup,
    pages::GroupPages,
    point::{self, GroupRows},
};
use crate::{
    cache::{ParquetSource, VerifiedFile},
    columns::check_types,
};

/// Consecutive rows of a segment.
pub type RowRange = Range<u32>;

/// The maximum number of rows of a batch, so that callers check their budget often enough.
pub(super) const READ_ROWS_MAX: usize = 1_000;

/// Where at most this many rows of a page are wanted, they are read one by one. More are read faster all together.
const POINTS_PER_PAGE_MAX: usize = 100;

/// The columns to read.
#[derive(Debug, Clone)]
pub enum Projection {
    /// Every one.
    All,
    /// The columns of these names; parts of targets as `targets.id`.
    Columns(Vec<&'static str>),
}

impl Projection {
    /// Whether a leaf column is wanted.
    pub(super) fn includes(&self, leaf: &str) -> bool {
        match self {
            Self::All => true,
            Self::Columns(names) => names
                .iter()
                .any(|name| leaf.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))),
        }
    }
}

/// Columns of some rows.
pub struct ReadRows {
    /// The columns. Those that have no value at all may be missing.
    pub batch: RecordBatch,
    /// The row number in the segment of each row of the batch.
    pub rows: Vec<u32>,
}

/// Reads chosen rows, at most a thousand at a time and fewer where they are large, one row group after the other.
pub struct SelectedRows {
    file: VerifiedFile,
    source: ParquetSource,
    footer: Arc<Footer>,
    projection: Projection,
    ahead: VecDeque<RowRange>,
    current: Option<CurrentGroup>,
    way: Way,
}

/// The method by which rows are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    OneByOne,
    Together,
}

struct CurrentGroup {
    reader: ParquetRecordBatchReader,
    numbers: Flatten<vec::IntoIter<RowRange>>,
}

impl SelectedRows {
    pub(super) fn new(
        file: VerifiedFile,
        footer: Arc<Footer>,
        projection: Projection,
        rows: &[RowRange],
    ) -> Result<Self, QueryError> {
        let sorted = rows.windows(2).all(|pair| pair[0].end <= pair[1].start);
        if !sorted || rows.iter().any(Range::is_empty) {
            return Err(QueryError::Unavailable("rows are requested out of order".to_owned()));
        }
        let source = ParquetSource::new(file.clone());
        Ok(Self {
            file,
            source,
            footer,
            projection,
            ahead: rows.iter().cloned().collect(),
            current: None,
            way: way(rows),
        })
    }

    /// Advances to the row group of the next wanted row. `None` where no row is wanted any more.
    fn open_next_group(&mut self) -> Result<Option<CurrentGroup>, QueryError> {
        let Some(first) = self.ahead.front() else { return Ok(None) };
        let Some(RowGroup { number: group, rows: group_rows }) = self.footer.group_of(first.start) else {
            let (row, path) = (first.start, self.file.path().display());
            return Err(QueryError::Corrupted(format!("{path} has no row {row}")));
        };
        let ranges = self.take_until(group_rows.end);
        let within = |row: u32| (row - group_rows.start) as usize;
        let selection = RowSelection::from_consecutive_ranges(
            ranges.iter().map(|range| within(range.start)..within(range.end)),
            group_rows.len(),
        );
        let levels = self.footer.levels(&self.projection, group).map_err(|error| self.source.explain(&error))?;
        let pages = GroupPages { source: self.source.clone(), footer: Arc::clone(&self.footer), group };
        let rows_max = self.footer.rows_at_once(&self.projection, group);
        let reader = ParquetRecordBatchReader::try_new_with_row_groups(&levels, &pages, rows_max, Some(selection))
            .map_err(|error| self.source.explain(&error))?;
        check_types(&reader.schema()).map_err(|error| {
            let path = self.file.path().display();
            QueryError::Corrupted(format!("{path}: {error}"))
        })?;
        Ok(Some(CurrentGroup { reader, numbers: ranges.into_iter().flatten() }))
    }

    /// Removes the wanted rows before `end` from the queue.
    fn take_until(&mut self, end: u32) -> Vec<RowRange> {
        let mut taken = Vec::new();
        while let Some(range) = self.ahead.front_mut().filter(|range| range.start < end) {
            if range.end > end {
                taken.push(range.start..end);
                range.start = end;
                break;
            }
            taken.extend(self.ahead.pop_front());
        }
        taken
    }

    fn read_next(&mut self) -> Result<Option<ReadRows>, QueryError> {
        if self.way == Way::OneByOne {
            match self.read_points() {
                Err(ParquetError::NYI(_)) => self.way = Way::Together,
                read => return read.map_err(|error| self.source.explain(&error)),
            }
        }
        loop {
            if let Some(current) = &mut self.current
                && let Some(batch) = current.reader.next()
            {
                let batch = batch.map_err(|error| self.source.explain(&error))?;
                let rows = current.numbers.by_ref().take(batch.num_rows()).collect();
                return Ok(Some(ReadRows { batch, rows }));
            }
            self.current = self.open_next_group()?;
            if self.current.is_none() {
                return Ok(None);
            }
        }
    }
}

impl SelectedRows {
    /// The next rows to read one by one: at most a thousand, and fewer where they lie in row groups of large values.
    fn next_points(&self) -> Vec<u32> {
        let mut points = Vec::new();
        let (mut rows_max, mut group_end) = (READ_ROWS_MAX, 0);
        for row in self.ahead.iter().cloned().flatten() {
            if row >= group_end
                && let Some(group) = self.footer.group_of(row)
            {
                rows_max = rows_max.min(self.footer.rows_at_once(&self.projection, group.number));
                group_end = group.rows.end;
            }
            if points.len() >= rows_max {
                break;
            }
            points.push(row);
        }
        points
    }

    /// Reads the next rows one by one. They stay wanted where that fails.
    fn read_points(&mut self) -> Result<Option<ReadRows>, ParquetError> {
        let rows = self.next_points();
        let Some(last) = rows.last() else { return Ok(None) };
        let mut groups = Vec::new();
        let mut left = rows.as_slice();
        while let Some(first) = left.first() {
            let missing = || ParquetError::General(format!("there is no row {first}"));
            let RowGroup { number: group, rows: group_rows } = self.footer.group_of(*first).ok_or_else(missing)?;
            let (here, behind) = left.split_at(left.partition_point(|row| *row < group_rows.end));
            let pages = GroupPages { source: self.source.clone(), footer: Arc::clone(&self.footer), group };
            let rows = here.iter().map(|row| (row - group_rows.start) as usize).collect();
            groups.push(GroupRows { pages, rows });
            left = behind;
        }
        let batch = point::read(&self.footer, &self.projection, &groups)?;
        self.take_until(last.saturating_add(1));
        Ok(Some(ReadRows { batch, rows }))
    }
}

/// The best method for these rows.
fn way(rows: &[RowRange]) -> Way {
    let (mut wanted, mut pages, mut behind) = (0, 0, 0);
    for range in rows {
        wanted += range.len();
        let (first, end) = (range.start / PAGE_ROWS, range.end.div_ceil(PAGE_ROWS));
        pages += end.saturating_sub(first.max(behind)) as usize;
        behind = behind.max(end);
    }
    if wanted <= pages * POINTS_PER_PAGE_MAX { Way::OneByOne } else { Way::Together }
}

impl Iterator for SelectedRows {
    type Item = Result<ReadRows, QueryError>;

    fn next(&mut self) -> Option<Self::Item> {
        let read = self.read_next();
        if read.is_err() {
            self.ahead.clear();
            self.current = None;
        }
        read.transpose()
    }
}
