//! Owns the comparison of a data file's statistics with its values. Other tools skip row groups and pages by them:
//! forged statistics would hide rows that are intact.

use std::ops::Range;

use arrow_array::RecordBatch;
use parquet::file::{metadata::ParquetMetaData, page_index::column_index::ColumnIndexMetaData, statistics::Statistics};

use super::{
    leaf_values::{Bounds, LeafValues, add_rows},
    properties::has_page_bounds,
};

/// The actual statistics of one row group, collected while its rows are read.
pub(super) struct GroupStatistics<'a> {
    metadata: &'a ParquetMetaData,
    group: usize,
    leaves: Vec<LeafValues>,
    /// For each column with bounds per page: the column, and the actual statistics of each page.
    pages: Vec<ColumnPages>,
    rows: usize,
}

struct ColumnPages {
    leaf: usize,
    /// The rows of each page in the group.
    rows: Vec<Range<usize>>,
    values: Vec<LeafValues>,
}

impl<'a> GroupStatistics<'a> {
    pub(super) fn new(metadata: &'a ParquetMetaData, group: usize) -> Self {
        let columns = metadata.file_metadata().schema_descr().columns();
        let narrowed = columns.iter().enumerate().filter(|(_, column)| has_page_bounds(column.path()));
        let pages = narrowed.map(|(leaf, _)| ColumnPages::of(metadata, group, leaf)).collect();
        Self { metadata, group, leaves: vec![LeafValues::default(); columns.len()], pages, rows: 0 }
    }

    /// Adds the next rows of the group, all columns of the schema.
    pub(super) fn add(&mut self, batch: &RecordBatch) {
        add_rows(&mut self.leaves, batch);
        let here = self.rows..self.rows + batch.num_rows();
        for pages in &mut self.pages {
            // The columns with bounds for each page precede the list, so their position is that of the leaf.
            let Some(column) = batch.columns().get(pages.leaf) else { continue };
            for (rows, values) in pages.rows.iter().zip(&mut pages.values) {
                let (start, end) = (rows.start.max(here.start), rows.end.min(here.end));
                if start < end {
                    values.add(column, start - here.start..end - here.start);
                }
            }
        }
        self.rows = here.end;
    }

    /// The differences between the file's statistics and its values.
    pub(super) fn findings(&self) -> Vec<String> {
        let group = self.metadata.row_group(self.group);
        let mut findings = Vec::new();
        for ((leaf, values), column) in self.leaves.iter().enumerate().zip(group.columns()) {
            let name = column.column_path().string();
            let mut found = |what: &str| findings.push(format!("column {name} of row group {} {what}", self.group));
            if i64::try_from(values.count) != Ok(column.num_values()) {
                found("has another number of values than the footer says");
            }
            match column.statistics() {
                None => found("has no statistics"),
                Some(statistics) => {
                    if let Some(what) = contradiction(statistics, values) {
                        found(what);
                    }
                }
            }
            let index = self.metadata.page_index().and_then(|index| index.column_index(self.group, leaf));
            match (self.pages.iter().find(|pages| pages.leaf == leaf), index) {
                (None, None) => {}
                (None, Some(_)) => found("has bounds of pages, which it must not have"),
                (Some(_), None) => found("has no bounds of pages"),
                (Some(pages), Some(index)) => {
                    if let Some(page) = pages.contradiction(index) {
                        found(&format!("has other values in page {page} than its bounds say"));
                    }
                }
            }
        }
        findings
    }
}

impl ColumnPages {
    fn of(metadata: &ParquetMetaData, group: usize, leaf: usize) -> Self {
        let locations = metadata.page_index().and_then(|index| index.page_locations(group, leaf));
        let locations = locations.map_or(&[][..], Vec::as_slice);
        let starts = locations.iter().map(|location| usize::try_from(location.first_row_index).unwrap_or(usize::MAX));
        let starts: Vec<usize> = starts.collect();
        let behind = |page: usize| starts.get(page + 1).copied().unwrap_or(usize::MAX);
        let rows: Vec<_> = starts.iter().enumerate().map(|(page, start)| *start..behind(page)).collect();
        Self { leaf, values: vec![LeafValues::default(); rows.len()], rows }
    }

    /// The first page whose contents differ from the index.
    fn contradiction(&self, index: &ColumnIndexMetaData) -> Option<usize> {
        if index.num_pages() != self.values.len() as u64 {
            return Some(0);
        }
        let agrees = |(page, values): &(usize, &LeafValues)| {
            let nulls = index.null_count(*page).is_none_or(|nulls| u64::try_from(nulls) == Ok(values.nulls));
            let bounds = match (index, &values.bounds) {
                (ColumnIndexMetaData::INT64(index), Some(Bounds::Integers { min, max })) => {
                    index.min_value(*page) == Some(min) && index.max_value(*page) == Some(max)
                }
                (ColumnIndexMetaData::BYTE_ARRAY(index), Some(Bounds::Bytes { min, max })) => {
                    index.min_value(*page).is_some_and(|stored| is_least(stored, min))
                        && index.max_value(*page).is_some_and(|stored| is_greatest(stored, max))
                }
                _ => false,
            };
            nulls && bounds && !index.is_null_page(*page)
        };
        self.values.iter().enumerate().find(|page| !agrees(page)).map(|(page, _)| page)
    }
}

/// The error in the statistics of a column chunk.
fn contradiction(statistics: &Statistics, values: &LeafValues) -> Option<&'static str> {
    if statistics.null_count_opt() != Some(values.nulls) {
        return Some("has another number of nulls than its statistics say");
    }
    if statistics.distinct_count_opt().is_some() {
        return Some("has a distinct count in its statistics, which segments never have");
    }
    let (min, max) = (statistics.min_bytes_opt(), statistics.max_bytes_opt());
    let agree = match (&values.bounds, min, max) {
        (None, None, None) => true,
        (Some(Bounds::Integers { min, max }), Some(stored_min), Some(stored_max)) => {
            integer(stored_min) == Some(*min) && integer(stored_max) == Some(*max)
        }
        (Some(Bounds::Bytes { min, max }), Some(stored_min), Some(stored_max)) => {
            let least = if statistics.min_is_exact() { stored_min == min } else { is_cut_least(stored_min, min) };
            let greatest = if statistics.max_is_exact() { stored_max == max } else { stored_max > max.as_slice() };
            least && greatest
        }
        _ => false,
    };
    (!agree).then_some("has other values than its statistics say")
}

fn integer(bytes: &[u8]) -> Option<i64> {
    match bytes.len() {
        4 => bytes.try_into().ok().map(|bytes| i32::from_le_bytes(bytes).into()),
        8 => bytes.try_into().ok().map(i64::from_le_bytes),
        _ => None,
    }
}

/// Whether a bound is the minimum itself, or a prefix of it.
fn is_least(stored: &[u8], min: &[u8]) -> bool {
    stored == min || is_cut_least(stored, min)
}

fn is_cut_least(stored: &[u8], min: &[u8]) -> bool {
    !stored.is_empty() && stored.len() < min.len() && min.starts_with(stored)
}

/// Whether a bound is the maximum itself, or a shorter one above it: that is how writers truncate.
fn is_greatest(stored: &[u8], max: &[u8]) -> bool {
    stored == max || stored.len() < max.len() && stored > max
}
