//! Owns what a data file may contain besides its rows: which columns it has, and the contents of its footer. Anything
//! else is not written by us, and another tool might trust it.

use std::collections::BTreeMap;

use auditlog_core::store::QueryError;
use parquet::file::metadata::{
    ColumnChunkMetaData, PageIndexPolicy, ParquetMetaData, ParquetMetaDataReader, RowGroupMetaData,
};

use super::{SegmentMeta, page_header, parquet_schema::parquet_schema, properties::sorted_by};
use crate::{
    cache::{ParquetSource, VerifiedFile},
    columns::{FORMAT_VERSION, VERSION_KEY},
};

/// The maximum size of a page's header; one with statistics may be longer.
const PAGE_HEADER_BYTES_MAX: u64 = 512;

/// Reads the complete footer.
pub(super) fn read_metadata(file: &VerifiedFile) -> Result<ParquetMetaData, QueryError> {
    let source = ParquetSource::new(file.clone());
    let reader = ParquetMetaDataReader::new()
        .with_column_index_policy(PageIndexPolicy::Optional)
        .with_offset_index_policy(PageIndexPolicy::Required);
    reader.parse_and_finish(&source).map_err(|error| source.explain(&error))
}

/// The parts of the footer that the footer of a segment does not have.
pub(super) fn footer_findings(metadata: &ParquetMetaData, meta: &SegmentMeta) -> Vec<String> {
    let mut findings = column_findings(metadata);
    let file = metadata.file_metadata();
    let pairs = file.key_value_metadata().map_or(&[][..], Vec::as_slice);
    let foreign = pairs.iter().filter(|pair| pair.key != VERSION_KEY);
    findings.extend(foreign.map(|pair| format!("its key-value metadata has the foreign key {:?}", pair.key)));
    let version = FORMAT_VERSION.to_string();
    let versions: Vec<_> = pairs.iter().filter(|pair| pair.key == VERSION_KEY).collect();
    if !matches!(versions.as_slice(), [pair] if pair.value.as_deref() == Some(&version)) {
        findings.push(format!("its key-value metadata does not have {VERSION_KEY} = {version} just once"));
    }
    let rows: i64 = metadata.row_groups().iter().map(RowGroupMetaData::num_rows).sum();
    if file.num_rows() != rows || rows != i64::from(meta.rows) {
        let (said, listed) = (file.num_rows(), meta.rows);
        findings.push(format!("its footer says {said} rows, its row groups {rows}, and the manifest {listed}"));
    }
    for (number, group) in metadata.row_groups().iter().enumerate() {
        if group.sorting_columns() != Some(&sorted_by()) {
            findings.push(format!("row group {number} states another order of its rows"));
        }
        for column in group.columns() {
            let foreign = foreign_parts(column);
            findings.extend(
                foreign
                    .map(|part| format!("column {} of row group {number} has {part}", column.column_path().string())),
            );
        }
    }
    findings
}

/// The parts that a column chunk of a segment does not have.
fn foreign_parts(column: &ColumnChunkMetaData) -> impl Iterator<Item = &'static str> {
    let bloom_filter = column.bloom_filter_offset().map(|_| "a Bloom filter");
    let index_page = column.index_page_offset().map(|_| "an index page");
    let elsewhere = column.file_path().map(|_| "its values in another file");
    [bloom_filter, index_page, elsewhere].into_iter().flatten()
}

/// The differences between the columns and the schema.
fn column_findings(metadata: &ParquetMetaData) -> Vec<String> {
    let Ok(expected) = parquet_schema() else {
        return vec!["its columns could not be compared".to_owned()];
    };
    let found = metadata.file_metadata().schema_descr();
    let mut times: BTreeMap<String, usize> = BTreeMap::new();
    for column in found.columns() {
        *times.entry(column.path().string()).or_default() += 1;
    }
    let mut findings = Vec::new();
    for column in expected.columns() {
        let name = column.path().string();
        match times.remove(&name) {
            None => findings.push(format!("column {name} is missing")),
            Some(1) => {
                if !found.columns().contains(column) {
                    findings.push(format!("column {name} has another type"));
                }
            }
            Some(_) => findings.push(format!("column {name} comes more than once")),
        }
    }
    findings.extend(times.into_keys().map(|name| format!("column {name} is foreign here")));
    if findings.is_empty() && found.columns() != expected.columns() {
        findings.push("its columns are in another order".to_owned());
    }
    findings
}

/// The pages of a row group that do not hold the rows stated in the offset index, which readers rely on. Pages of
/// columns in lists hold more values than rows and are left out.
pub(super) fn page_findings(file: &VerifiedFile, metadata: &ParquetMetaData, group: usize) -> Vec<String> {
    let Some(index) = metadata.page_index() else { return Vec::new() };
    let row_group = metadata.row_group(group);
    let mut findings = Vec::new();
    for (leaf, column) in row_group.columns().iter().enumerate() {
        let locations = index.page_locations(group, leaf).map_or(&[][..], Vec::as_slice);
        let is_flat = column.column_descr().max_rep_level() == 0;
        for (page, location) in locations.iter().enumerate() {
            let next = locations.get(page + 1).map_or(row_group.num_rows(), |next| next.first_row_index);
            let rows = next.saturating_sub(location.first_row_index);
            let offset = u64::try_from(location.offset).unwrap_or(u64::MAX);
            let length = u64::try_from(location.compressed_page_size).unwrap_or(0).min(PAGE_HEADER_BYTES_MAX);
            // Pages that cannot be read are reported with the rows in them.
            let Ok(bytes) = file.read(offset, usize::try_from(length).unwrap_or(0)) else { continue };
            let what = match page_header::summarize(&bytes) {
                None => "a malformed header",
                Some(summary) if summary.has_statistics => "statistics in its header",
                Some(summary) if is_flat && i64::from(summary.count) != rows => "other rows than the offset index says",
                Some(_) => continue,
            };
            let name = column.column_path().string();
            findings.push(format!("page {page} of column {name} of row group {group} has {what}"));
        }
    }
    findings
}
