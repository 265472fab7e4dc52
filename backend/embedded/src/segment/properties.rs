//! The settings of the Parquet writer: those fixed in docs/spec/segment-v1.md, and those found by measuring.

use parquet::{
    basic::{Compression, Encoding, ZstdLevel},
    errors::Result,
    file::{
        metadata::{KeyValue, SortingColumn},
        properties::{EnabledStatistics, WriterProperties, WriterVersion},
    },
    schema::types::ColumnPath,
};

use super::{PAGE_BYTES, PAGE_ROWS};
use crate::columns::{FORMAT_VERSION, VERSION_KEY, name};

/// Rows are encoded once, when they are sealed, which competes with intake; three percent more bytes than with level 3.
const ZSTD_LEVEL: i32 = 1;

/// The writer abandons a dictionary that grows beyond this for the rest of its row group: reading one row decodes all
/// of it.
const DICTIONARY_BYTES_MAX: usize = 48 * 1024;

/// Columns of other types with mostly distinct values: a dictionary would only cost.
const WITHOUT_DICTIONARY: [&str; 7] = [
    name::SEQUENCE,
    name::ID,
    name::OCCURRED_AT,
    name::RECEIVED_AT,
    name::RAW_SHA256,
    name::PRODUCER_SEQUENCE,
    name::SALT_INDEX,
];

/// Columns of mostly distinct texts, such as ids and names of targets, or of so many that a dictionary would be
/// abandoned. They have none: reading one row would decompress all of it. Their lengths are stored separately:
/// uninterrupted letters are smaller and faster to compress.
const LENGTHS_APART: [&str; 14] = [
    name::EXTERNAL_ID,
    name::CONTEXT_ADDRESS,
    name::CONTEXT_REQUEST_ID,
    name::CONTEXT_CORRELATION_ID,
    name::CONTEXT_TRACE_ID,
    name::CONTEXT_SPAN_ID,
    name::CONTEXT_SESSION_ID,
    name::CONTEXT_IP,
    name::ACTOR_ID,
    name::ON_BEHALF_OF,
    name::MESSAGE,
    name::CHANGES,
    name::METADATA,
    name::RAW_BODY,
];

/// Columns of long texts that have little in common, so that half as many of them in a page take no more bytes, and one
/// row is read in half the time. Other columns would grow.
const WIDE: [&str; 2] = [name::CONTEXT_REQUEST_ID, name::MESSAGE];
const WIDE_PAGE_ROWS: usize = PAGE_ROWS as usize / 2;

/// Columns that are stored without compression: numbers of a few words. Compression makes them hardly smaller, and
/// decompressing a page for one of its rows takes longer than the rest of reading it.
const NOT_COMPRESSED: [&str; 16] = [
    name::TENANT_ID,
    name::SEQUENCE,
    name::SUBMITTED_BY_TYPE,
    name::SUBMITTED_BY_ID,
    name::OUTCOME_CODE,
    name::ACTOR_TYPE,
    name::SOURCE_SERVICE,
    name::SOURCE_COMPONENT,
    name::SOURCE_VERSION,
    name::SOURCE_ENVIRONMENT,
    name::SOURCE_REGION,
    name::CONTEXT_AUTH_METHOD,
    name::LOCATION_COUNTRY,
    name::LOCATION_REGION,
    name::LOCATION_CITY,
    name::RAW_FORMAT,
];

/// Columns whose neighbours differ little.
const DELTA_PACKED: [&str; 5] =
    [name::SEQUENCE, name::OCCURRED_AT, name::RECEIVED_AT, name::PRODUCER_SEQUENCE, name::SALT_INDEX];

/// Columns that other tools use to skip pages.
const WITH_PAGE_BOUNDS: [&str; 4] = [name::TENANT_ID, name::SEQUENCE, name::OCCURRED_AT, name::RECEIVED_AT];

pub(super) fn writer_properties() -> Result<WriterProperties> {
    let compression = Compression::ZSTD(ZstdLevel::try_new(ZSTD_LEVEL)?);
    let mut builder = WriterProperties::builder()
        .set_writer_version(WriterVersion::PARQUET_1_0)
        .set_created_by(concat!("auditlog ", env!("CARGO_PKG_VERSION")).to_owned())
        .set_compression(compression)
        .set_data_page_row_count_limit(PAGE_ROWS as usize)
        // The writer adds rows that are together below the limit to a page that is below it.
        .set_data_page_size_limit(PAGE_BYTES / 2)
        // Page limits are checked once per write batch, so it must not be longer than a page.
        .set_write_batch_size(WIDE_PAGE_ROWS)
        .set_dictionary_page_size_limit(DICTIONARY_BYTES_MAX)
        .set_statistics_enabled(EnabledStatistics::Chunk)
        .set_statistics_truncate_length(Some(16))
        .set_sorting_columns(Some(sorted_by()))
        .set_key_value_metadata(Some(vec![KeyValue::new(VERSION_KEY.to_owned(), FORMAT_VERSION.to_string())]));
    for column in WITHOUT_DICTIONARY {
        builder = builder.set_column_dictionary_enabled(path(column), false);
    }
    for column in DELTA_PACKED {
        builder = builder.set_column_encoding(path(column), Encoding::DELTA_BINARY_PACKED);
    }
    for column in WIDE {
        builder = builder.set_column_data_page_row_count_limit(path(column), WIDE_PAGE_ROWS);
    }
    for column in NOT_COMPRESSED.map(path).into_iter().chain([target(name::TARGET_TYPE)]) {
        builder = builder.set_column_compression(column, Compression::UNCOMPRESSED);
    }
    for column in LENGTHS_APART.map(path).into_iter().chain([name::TARGET_ID, name::TARGET_NAME].map(target)) {
        builder = builder.set_column_dictionary_enabled(column.clone(), false);
        builder = builder.set_column_encoding(column, Encoding::DELTA_LENGTH_BYTE_ARRAY);
    }
    for column in WITH_PAGE_BOUNDS {
        builder = builder.set_column_statistics_enabled(path(column), EnabledStatistics::Page);
    }
    Ok(builder.build())
}

/// Whether a column has bounds for each of its pages.
pub(super) fn has_page_bounds(column: &ColumnPath) -> bool {
    WITH_PAGE_BOUNDS.iter().any(|name| path(name) == *column)
}

/// Rows are sorted by `tenant_id` and `sequence`, the first two columns.
pub(super) fn sorted_by() -> Vec<SortingColumn> {
    let rising = |column_idx| SortingColumn { column_idx, descending: false, nulls_first: false };
    vec![rising(0), rising(1)]
}

fn path(column: &str) -> ColumnPath {
    ColumnPath::from(column)
}

fn target(part: &str) -> ColumnPath {
    ColumnPath::new([name::TARGETS, "list", "element", part].map(str::to_owned).to_vec())
}
