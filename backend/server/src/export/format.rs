//! Owns which formats and which compressions there are, and what they are called in requests.

/// How events are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Format {
    /// A table for spreadsheets.
    Csv,
    /// One JSON array, one event a line.
    Json,
    /// One JSON object a line.
    #[default]
    Ndjson,
    /// Typed columns for programs.
    Parquet,
}

/// How the file as a whole is compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Compression {
    #[default]
    None,
    Gzip,
    Zstd,
}

impl Format {
    pub(crate) const NAMES: [&str; 4] = ["ndjson", "json", "csv", "parquet"];

    pub(crate) fn parse(name: &str) -> Option<Self> {
        match name {
            "csv" => Some(Self::Csv),
            "json" => Some(Self::Json),
            "ndjson" => Some(Self::Ndjson),
            "parquet" => Some(Self::Parquet),
            _ => None,
        }
    }
}

impl Compression {
    pub(crate) const NAMES: [&str; 3] = ["none", "gzip", "zstd"];

    pub(crate) fn parse(name: &str) -> Option<Self> {
        match name {
            "none" => Some(Self::None),
            "gzip" => Some(Self::Gzip),
            "zstd" => Some(Self::Zstd),
            _ => None,
        }
    }
}
