//! Owns what a file is like: its format together with what only some formats have.

use auditlog_core::{event::Visibility, id::TenantId, store::ExportRequest, timestamp::Timestamp};

use crate::export::{
    Compression, Format,
    columns::{Columns, HiddenColumn},
    parquet,
};

/// What is in flight of a text: a page of events, of which so many bytes of columns are read at a time, and a piece of
/// the page as it is printed, each 4 MiB at most.
const TEXT_BYTES_IN_FLIGHT_MAX: usize = 8 << 20;

/// What a file of events is like.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum FileKind {
    /// Text, compressed as a whole.
    Text(TextKind, Compression),
    /// Typed columns for programs, compressed page by page.
    Parquet(Columns),
}

/// How events are written as text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum TextKind {
    Json,
    Ndjson,
    Csv(Columns),
}

/// What was asked for, before it is known to fit together.
#[derive(Debug, Clone, Default)]
pub(crate) struct FileWishes {
    pub(crate) format: Format,
    pub(crate) compression: Compression,
    /// Names, comma-separated.
    pub(crate) columns: Option<String>,
}

/// Why there is no such file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FileKindError {
    /// The wish that is refused.
    pub(crate) member: &'static str,
    /// Stable, for programs.
    pub(crate) code: &'static str,
    /// For people: what is wrong and what to ask for instead.
    pub(crate) detail: String,
}

impl TryFrom<FileWishes> for FileKind {
    type Error = FileKindError;

    fn try_from(wishes: FileWishes) -> Result<Self, FileKindError> {
        let FileWishes { format, compression, columns } = wishes;
        let text = match format {
            Format::Parquet if compression != Compression::None => {
                let detail = "the pages of a Parquet file are compressed; leave compression out".to_owned();
                return Err(FileKindError { member: "compression", code: "invalid_value", detail });
            }
            Format::Parquet => return Ok(Self::Parquet(chosen(columns)?)),
            Format::Csv => TextKind::Csv(chosen(columns)?),
            Format::Json | Format::Ndjson if columns.is_some() => {
                let detail = "JSON holds whole events; ask for csv or parquet, or leave columns out".to_owned();
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
    /// What an export job was asked for. `None` where the record says what this release does not know.
    pub(crate) fn of_request(request: &ExportRequest) -> Option<Self> {
        let wishes = FileWishes {
            format: Format::parse(&request.format)?,
            compression: Compression::parse(&request.compression)?,
            columns: request.columns.clone(),
        };
        Self::try_from(wishes).ok()
    }

    /// Refuses a file with columns that its reader may not see.
    pub(crate) fn check_for(&self, visibility: Visibility) -> Result<(), HiddenColumn> {
        match self {
            Self::Text(TextKind::Csv(columns), _) | Self::Parquet(columns) => columns.seen_with(visibility).map(drop),
            Self::Text(TextKind::Json | TextKind::Ndjson, _) => Ok(()),
        }
    }

    /// The columns of a table, as its reader sees them. `None` where whole events are written, and where the reader may not
    /// see one that was asked for.
    pub(crate) fn column_names(&self, visibility: Visibility) -> Option<Vec<String>> {
        let (Self::Text(TextKind::Csv(columns), _) | Self::Parquet(columns)) = self else { return None };
        let seen = columns.seen_with(visibility).ok()?;
        Some(seen.iter().map(|column| column.name().to_owned()).collect())
    }

    /// How much memory a stream of such a file takes while a piece of it waits to be sent, about.
    pub(crate) const fn bytes_in_flight_max(&self) -> usize {
        match self {
            Self::Text(..) => TEXT_BYTES_IN_FLIGHT_MAX,
            Self::Parquet(_) => parquet::GROUP_BYTES_MAX,
        }
    }

    /// The name of a file of a tenant's events, as they were then: `auditlog-acme-20260131T123456Z.csv.gz`.
    pub(crate) fn file_name(&self, tenant_id: &TenantId, time: Timestamp) -> String {
        format!("auditlog-{tenant_id}-{}.{}", compact(&time.to_string()), self.extension())
    }

    /// What a file's name ends with, without the leading dot.
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

    /// A compressed file is of its compression's type: it is the file that is compressed and not its transport, or
    /// clients would store it unpacked under a name that says otherwise.
    pub(crate) const fn media_type(&self) -> &'static str {
        match self {
            Self::Text(text, Compression::None) => text.media_type(),
            Self::Text(_, Compression::Gzip) => "application/gzip",
            Self::Text(_, Compression::Zstd) => "application/zstd",
            Self::Parquet(_) => "application/vnd.apache.parquet",
        }
    }
}

/// `2026-01-31T12:34:56.789Z` as `20260131T123456Z`, which every file system takes.
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
