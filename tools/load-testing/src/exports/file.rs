//! Owns reading exported files piece by piece, each with a library that is not the server's own code.

use std::{
    borrow::Cow,
    fmt,
    fs::File,
    io::{BufRead as _, BufReader, Read},
    path::Path,
};

use arrow_array::{cast::AsArray as _, types::Int64Type};
use parquet::arrow::{ProjectionMask, arrow_reader::ParquetRecordBatchReaderBuilder};
use serde::{
    Deserialize,
    de::{DeserializeSeed, Error as _, SeqAccess, Visitor},
};

use crate::{
    campaign::Fault,
    exports::contents::{Comparison, Contents},
};

/// The format and compression of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FileKind {
    Ndjson,
    NdjsonGzip,
    NdjsonZstd,
    Json,
    Csv,
    Parquet,
}

impl FileKind {
    pub(super) const EACH: [Self; 6] =
        [Self::Ndjson, Self::NdjsonGzip, Self::NdjsonZstd, Self::Json, Self::Csv, Self::Parquet];

    pub(super) const fn format(self) -> &'static str {
        match self {
            Self::Ndjson | Self::NdjsonGzip | Self::NdjsonZstd => "ndjson",
            Self::Json => "json",
            Self::Csv => "csv",
            Self::Parquet => "parquet",
        }
    }

    pub(super) const fn compression(self) -> &'static str {
        match self {
            Self::NdjsonGzip => "gzip",
            Self::NdjsonZstd => "zstd",
            Self::Ndjson | Self::Json | Self::Csv | Self::Parquet => "none",
        }
    }

    pub(super) fn parameters(self) -> String {
        format!("format={}&compression={}", self.format(), self.compression())
    }
}

impl fmt::Display for FileKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.compression() {
            "none" => formatter.write_str(self.format()),
            compression => write!(formatter, "{}, {compression}", self.format()),
        }
    }
}

/// The contents of a file.
///
/// # Errors
/// The file is not valid, or its events are not in the order of the log.
pub(super) fn contents(kind: FileKind, path: &Path) -> Result<Contents, Fault> {
    let file = File::open(path)?;
    let mut comparison = Comparison::default();
    match kind {
        FileKind::Ndjson => read_lines(file, &mut comparison)?,
        FileKind::NdjsonGzip => read_lines(flate2::read::MultiGzDecoder::new(file), &mut comparison)?,
        FileKind::NdjsonZstd => read_lines(zstd::Decoder::new(file)?, &mut comparison)?,
        FileKind::Json => read_array(file, &mut comparison)?,
        FileKind::Csv => read_csv(file, &mut comparison)?,
        FileKind::Parquet => read_parquet(file, &mut comparison)?,
    }
    Ok(comparison.finish())
}

/// The members of an event that are compared.
#[derive(Deserialize)]
struct Event<'a> {
    #[serde(borrow)]
    sequence: Cow<'a, str>,
    #[serde(borrow)]
    id: Cow<'a, str>,
}

fn read_lines(file: impl Read, comparison: &mut Comparison) -> Result<(), Fault> {
    let mut reader = BufReader::with_capacity(1 << 20, file);
    let mut line = Vec::new();
    while reader.read_until(b'\n', &mut line)? > 0 {
        let event: Event<'_> = serde_json::from_slice(&line)?;
        comparison.add(event.sequence.parse()?, &event.id)?;
        line.clear();
    }
    Ok(())
}

fn read_array(file: impl Read, comparison: &mut Comparison) -> Result<(), Fault> {
    let mut reader = serde_json::Deserializer::from_reader(BufReader::with_capacity(1 << 20, file));
    ArrayOf(comparison).deserialize(&mut reader)?;
    Ok(reader.end()?)
}

/// An array whose elements are dropped as soon as they were compared.
struct ArrayOf<'c>(&'c mut Comparison);

impl<'de> DeserializeSeed<'de> for ArrayOf<'_> {
    type Value = ();

    fn deserialize<D: serde::Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for ArrayOf<'_> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an array of events")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<(), A::Error> {
        while let Some(event) = elements.next_element::<OwnedEvent>()? {
            let sequence = event.sequence.parse().map_err(A::Error::custom)?;
            self.0.add(sequence, &event.id).map_err(A::Error::custom)?;
        }
        Ok(())
    }
}

/// The same, owned, where borrowing is impossible.
#[derive(Deserialize)]
struct OwnedEvent {
    sequence: String,
    id: String,
}

fn read_csv(file: impl Read, comparison: &mut Comparison) -> Result<(), Fault> {
    let mut reader = csv::ReaderBuilder::new().buffer_capacity(1 << 20).from_reader(file);
    let header = reader.headers()?;
    let place = |name: &str| header.iter().position(|column| column == name).ok_or(format!("no column {name}"));
    let (sequence, id) = (place("sequence")?, place("id")?);
    let mut record = csv::StringRecord::new();
    while reader.read_record(&mut record)? {
        comparison.add(record[sequence].parse()?, &record[id])?;
    }
    Ok(())
}

fn read_parquet(file: File, comparison: &mut Comparison) -> Result<(), Fault> {
    let builder = ParquetRecordBatchReaderBuilder::try_new(file)?;
    let columns = ProjectionMask::columns(builder.parquet_schema(), ["sequence", "id"]);
    for rows in builder.with_projection(columns).build()? {
        let rows = rows?;
        let column = |name: &str| rows.column_by_name(name).ok_or(format!("no column {name}"));
        let sequences = column("sequence")?.as_primitive::<Int64Type>();
        let ids = column("id")?.as_string::<i32>();
        for (sequence, id) in sequences.values().iter().zip(ids.iter()) {
            comparison.add(u64::try_from(*sequence)?, id.unwrap_or_default())?;
        }
    }
    Ok(())
}
