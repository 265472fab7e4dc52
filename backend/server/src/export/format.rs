//! Owns which kinds of files there are: what they are called in requests, in file names and in media types.

/// How events are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Format {
    /// One JSON array, one event a line.
    Json,
    /// One JSON object a line.
    #[default]
    Ndjson,
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
    pub(crate) const NAMES: [&str; 2] = ["ndjson", "json"];

    pub(crate) fn parse(name: &str) -> Option<Self> {
        match name {
            "json" => Some(Self::Json),
            "ndjson" => Some(Self::Ndjson),
            _ => None,
        }
    }

    const fn extension(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::Ndjson => "ndjson",
        }
    }

    const fn media_type(self) -> &'static str {
        match self {
            Self::Json => "application/json",
            Self::Ndjson => "application/x-ndjson",
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

/// What a file's name ends with, without the leading dot.
pub(super) fn extension(format: Format, compression: Compression) -> String {
    let suffix = match compression {
        Compression::None => "",
        Compression::Gzip => ".gz",
        Compression::Zstd => ".zst",
    };
    format!("{}{suffix}", format.extension())
}

/// A compressed file is of its compression's type: it is the file that is compressed and not its transport, or clients
/// would store it unpacked under a name that says otherwise.
pub(super) const fn media_type(format: Format, compression: Compression) -> &'static str {
    match compression {
        Compression::None => format.media_type(),
        Compression::Gzip => "application/gzip",
        Compression::Zstd => "application/zstd",
    }
}
