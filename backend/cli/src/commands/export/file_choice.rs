//! The format and compression of the file: set by flags or by the file name's ending; where both are given, they must
//! agree.

use std::{fmt, path::Path};

use clap::ValueEnum;

use crate::failure::Failure;

/// How events are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// One event a line
    Ndjson,
    /// One array
    Json,
    /// A table for spreadsheets
    Csv,
    /// A table for programs
    Parquet,
}

/// How the file is compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Compression {
    None,
    Gzip,
    Zstd,
}

/// A format and a compression that go together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct FileChoice {
    pub(super) format: Format,
    pub(super) compression: Compression,
}

impl Format {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Ndjson => "ndjson",
            Self::Json => "json",
            Self::Csv => "csv",
            Self::Parquet => "parquet",
        }
    }

    fn of_ending(ending: &str) -> Option<Self> {
        match ending {
            "ndjson" | "jsonl" => Some(Self::Ndjson),
            "json" => Some(Self::Json),
            "csv" => Some(Self::Csv),
            "parquet" => Some(Self::Parquet),
            _ => None,
        }
    }
}

impl Compression {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Gzip => "gzip",
            Self::Zstd => "zstd",
        }
    }

    fn of_ending(ending: &str) -> Option<Self> {
        match ending {
            "gz" => Some(Self::Gzip),
            "zst" => Some(Self::Zstd),
            _ => None,
        }
    }

    const fn ending(self) -> &'static str {
        match self {
            Self::None => "",
            Self::Gzip => ".gz",
            Self::Zstd => ".zst",
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl fmt::Display for Compression {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl FileChoice {
    /// Combines flags and name. A name with an unknown ending sets nothing.
    pub(super) fn of(
        format: Option<Format>,
        compression: Option<Compression>,
        path: Option<&Path>,
    ) -> Result<Self, Failure> {
        let named = path.map(Named::read).unwrap_or_default();
        let choice = Self {
            format: format.or(named.format).unwrap_or(Format::Ndjson),
            compression: compression.or(named.compression).unwrap_or(Compression::None),
        };
        if choice.format == Format::Parquet && choice.compression != Compression::None {
            return Err(Failure::usage("a Parquet file is compressed in itself, page by page")
                .hint(format!("leave {} out", choice.compression)));
        }
        let path = path.unwrap_or(Path::new(""));
        if let Some(name) = named.format.filter(|name| *name != choice.format) {
            return Err(contradiction(path, choice, &format!("--format {}", choice.format), name.as_str()));
        }
        if let Some(name) = named.compression.filter(|name| *name != choice.compression) {
            let says = if name == Compression::None { "that it is not compressed" } else { name.as_str() };
            return Err(contradiction(path, choice, &format!("--compression {}", choice.compression), says));
        }
        Ok(choice)
    }

    /// Whether the file's bytes would be noise on a terminal.
    pub(super) fn is_binary(self) -> bool {
        self.format == Format::Parquet || self.compression != Compression::None
    }
}

fn contradiction(path: &Path, choice: FileChoice, flag: &str, says: &str) -> Failure {
    Failure::usage(format!("{flag} contradicts the name {}, which says {says}", path.display())).hint(format!(
        "leave the flag out, or let the name end with .{}{}",
        choice.format,
        choice.compression.ending()
    ))
}

/// The format and compression that a file name's ending implies.
#[derive(Debug, Default)]
struct Named {
    format: Option<Format>,
    compression: Option<Compression>,
}

impl Named {
    fn read(path: &Path) -> Self {
        let name = path.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
        let (rest, last) = name.rsplit_once('.').unwrap_or((&name, ""));
        if let Some(compression) = Compression::of_ending(last) {
            let before = rest.rsplit_once('.').map_or("", |(_, ending)| ending);
            return Self { format: Format::of_ending(before), compression: Some(compression) };
        }
        let format = Format::of_ending(last);
        Self { format, compression: format.map(|_| Compression::None) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::failure::Exit;

    fn of(
        format: Option<Format>,
        compression: Option<Compression>,
        name: &str,
    ) -> Result<(Format, Compression), Failure> {
        FileChoice::of(format, compression, Some(Path::new(name))).map(|choice| (choice.format, choice.compression))
    }

    #[test]
    fn a_name_says_what_the_file_is_like() {
        for (name, format, compression) in [
            ("events.csv", Format::Csv, Compression::None),
            ("a.b/EVENTS.JSON", Format::Json, Compression::None),
            ("e.ndjson.gz", Format::Ndjson, Compression::Gzip),
            ("e.jsonl.zst", Format::Ndjson, Compression::Zstd),
            ("e.parquet", Format::Parquet, Compression::None),
            ("csv", Format::Ndjson, Compression::None),
            ("e.2026-01-31", Format::Ndjson, Compression::None),
            ("e.gz", Format::Ndjson, Compression::Gzip),
        ] {
            assert_eq!(of(None, None, name).unwrap(), (format, compression), "{name}");
        }
    }

    #[test]
    fn a_flag_says_what_the_name_does_not() {
        let (csv, gzip) = (Some(Format::Csv), Some(Compression::Gzip));
        for (format, compression, name) in
            [(csv, gzip, "backup"), (csv, None, "e.gz"), (csv, gzip, "e.csv.gz"), (None, gzip, "e.csv.gz")]
        {
            assert_eq!(of(format, compression, name).unwrap(), (Format::Csv, Compression::Gzip), "{name}");
        }
    }

    #[test]
    fn a_flag_and_a_name_that_disagree_are_refused() {
        for (format, compression, name, told) in [
            (Some(Format::Csv), None, "e.json", "--format csv contradicts the name e.json, which says json"),
            (None, Some(Compression::Gzip), "e.csv", "which says that it is not compressed"),
            (None, Some(Compression::None), "e.csv.gz", "which says gzip"),
            (None, Some(Compression::Zstd), "e.gz", "which says gzip"),
            (None, None, "e.parquet.gz", "compressed in itself"),
            (None, Some(Compression::Zstd), "e.parquet", "compressed in itself"),
            (Some(Format::Parquet), None, "e.zst", "compressed in itself"),
        ] {
            let failure = of(format, compression, name).unwrap_err();
            assert_eq!(failure.exit, Exit::Usage, "{name}");
            assert!(failure.message.contains(told) && failure.hints.len() == 1, "{failure:?}");
        }
    }
}
