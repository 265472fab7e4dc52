//! Owns the kind of a file: its format and the properties that only some formats have.

use auditlog_core::{event::Visibility, id::TenantId, store::ExportRequest, timestamp::Timestamp};

use crate::export::{
    Compression, Format,
    columns::{Columns, HiddenColumn},
    parquet,
};

/// Memory in flight for text: a page of events, whose columns are read up to a byte limit, and the encoded piece of the
/// page, each at most 4 MiB.
const TEXT_BYTES_IN_FLIGHT_MAX: usize = 8 << 20;

/// The kind of a file of events.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum FileKind {
    /// Text, compressed as a whole.
    Text(TextKind, Compression),
    /// Typed columns for programs, compressed page by page.
    Parquet(Columns),
}

/// A text format.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum TextKind {
    Json,
    Ndjson,
    Csv(Columns),
}

/// The requested properties, before they are checked for consistency.
#[derive(Debug, Clone, Default)]
pub(crate) struct FileWishes {
    pub(crate) format: Format,
    pub(crate) compression: Compression,
    /// Column names, comma-separated.
    pub(crate) columns: Option<String>,
}

/// Why the requested file kind is invalid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FileKindError {
    /// The invalid property.
    pub(crate) member: &'static str,
    /// A stable code.
    pub(crate) code: &'static str,
    /// A human-readable description with a remedy.
    pub(crate) detail: String,
}

impl TryFrom<FileWishes> for FileKind {
    type Error = FileKindError;

    fn try_from(wishes: FileWishes) -> Result<Self, FileKindError> {
        let FileWishes { format, compression, columns } = wishes;
        let text = match format {
            Format::Parquet if compression != Compression::None => {
                let detail = "the pages of a Parquet file are always compressed; leave compression out".to_owned();
                return Err(FileKindError { member: "compression", code: "invalid_value", detail });
            }
            Format::Parquet => return Ok(Self::Parquet(chosen(columns)?)),
            Format::Csv => TextKind::Csv(chosen(columns)?),
            Format::Json | Format::Ndjson if columns.is_some() => {
                let detail = "JSON formats contain whole events; use csv or parquet, or leave columns out".to_owned();
                return Err(FileKindError { member: "columns", code: "invalid_value", detail });
            }
            Format::Json => TextKind::Json,
            Format::Ndjson => TextKind::Ndjson,
        };
        Ok(Self::Text(text, compression))
    }
}

fn chosen(columns: Option<String>) -> Result<Columns, FileKindError> {
    let Some(columns) = columns else { return Ok(Columns::Visible) };
    Columns::parse(&columns).map_err(|error| FileKindError {
        member: "columns",
        code: error.code(),
        detail: error.to_string(),
    })
}

impl FileKind {
    /// The kind in the words of a request, as the record of an export job keeps it.
    pub(crate) fn to_request(&self, query: Option<String>) -> ExportRequest {
        let (format, compression, columns) = match self {
            Self::Text(TextKind::Json, compression) => (Format::Json, *compression, None),
            Self::Text(TextKind::Ndjson, compression) => (Format::Ndjson, *compression, None),
            Self::Text(TextKind::Csv(columns), compression) => (Format::Csv, *compression, columns.record()),
            Self::Parquet(columns) => (Format::Parquet, Compression::None, columns.record()),
        };
        let (format, compression) = (format.as_str().to_owned(), compression.as_str().to_owned());
        ExportRequest { query, format, compression, columns }
    }

    /// The kind that an export job requested. `None` if the record contains values that this release does not know.
    pub(crate) fn of_request(request: &ExportRequest) -> Option<Self> {
        let wishes = FileWishes {
            format: Format::parse(&request.format)?,
            compression: Compression::parse(&request.compression)?,
            columns: request.columns.clone(),
        };
        Self::try_from(wishes).ok()
    }

    /// Rejects a file with columns that its reader may not see.
    pub(crate) fn check_for(&self, visibility: Visibility) -> Result<(), HiddenColumn> {
        match self {
            Self::Text(TextKind::Csv(columns), _) | Self::Parquet(columns) => columns.seen_with(visibility).map(drop),
            Self::Text(TextKind::Json | TextKind::Ndjson, _) => Ok(()),
        }
    }

    /// The columns of a table, as its reader sees them. `None` for formats with whole events, and if the reader may not
    /// see a requested column.
    pub(crate) fn column_names(&self, visibility: Visibility) -> Option<Vec<String>> {
        let (Self::Text(TextKind::Csv(columns), _) | Self::Parquet(columns)) = self else { return None };
        let seen = columns.seen_with(visibility).ok()?;
        Some(seen.iter().map(|column| column.name().to_owned()).collect())
    }

    /// The memory that a stream of such a file uses while a piece of it waits to be sent, in bytes (approximate).
    pub(crate) const fn bytes_in_flight_max(&self) -> usize {
        match self {
            Self::Text(..) => TEXT_BYTES_IN_FLIGHT_MAX,
            Self::Parquet(_) => parquet::GROUP_BYTES_MAX,
        }
    }

    /// The file name for a tenant's events at that time: `auditlog-acme-20260131T123456Z.csv.gz`.
    pub(crate) fn file_name(&self, tenant_id: &TenantId, time: Timestamp) -> String {
        format!("auditlog-{tenant_id}-{}.{}", compact(&time.to_string()), self.extension())
    }

    /// The file name extension, without the leading dot.
    fn extension(&self) -> String {
        let (text, compression) = match self {
            Self::Text(text, compression) => (text, compression),
            Self::Parquet(_) => return "parquet".to_owned(),
        };
        let suffix = match compression {
            Compression::None => "",
            Compression::Gzip => ".gz",
            Compression::Zstd => ".zst",
        };
        format!("{}{suffix}", text.extension())
    }

    /// A compressed file has the media type of its compression, because the file itself is compressed and not its
    /// transfer: otherwise clients would store it decompressed under the name of a compressed file.
    pub(crate) const fn media_type(&self) -> &'static str {
        match self {
            Self::Text(text, Compression::None) => text.media_type(),
            Self::Text(_, Compression::Gzip) => "application/gzip",
            Self::Text(_, Compression::Zstd) => "application/zstd",
            Self::Parquet(_) => "application/vnd.apache.parquet",
        }
    }
}

/// `2026-01-31T12:34:56.789Z` as `20260131T123456Z`, which every file system accepts.
fn compact(time: &str) -> String {
    let seconds = time.split(['.', 'Z']).next().unwrap_or(time);
    seconds.chars().filter(char::is_ascii_alphanumeric).chain(['Z']).collect()
}

impl TextKind {
    const fn extension(&self) -> &'static str {
        match self {
            Self::Csv(_) => "csv",
            Self::Json => "json",
            Self::Ndjson => "ndjson",
        }
    }

    const fn media_type(&self) -> &'static str {
        match self {
            Self::Csv(_) => "text/csv; charset=utf-8; header=present",
            Self::Json => "application/json",
            Self::Ndjson => "application/x-ndjson",
        }
    }
}
