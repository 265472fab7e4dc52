//! Owns the columns of a table of events: their names, which a reader may see, and their values.

mod cell;
mod standard;

use auditlog_core::{
    event::{Group, StoredEvent, Visibility},
    query::{Field, nearest},
};
use thiserror::Error;

pub(super) use cell::Cell;
pub(super) use standard::ColumnType;
use standard::{STANDARD, StandardColumn};

/// The maximum number of columns of a table. Each uses memory while the file is made.
pub(crate) const COLUMNS_MAX: usize = 256;

const METADATA_PREFIX: &str = "metadata.";
const ACTOR_ATTRIBUTES_PREFIX: &str = "actor.attributes.";

/// The requested columns of a table.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) enum Columns {
    /// All standard columns that the reader may see.
    #[default]
    Visible,
    /// These columns, in this order; at least one.
    Named(Vec<Column>),
}

/// A column of a table, identified by its name.
#[derive(Debug, Clone)]
pub(crate) struct Column {
    name: String,
    values: Values,
}

impl PartialEq for Column {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for Column {}

#[derive(Debug, Clone)]
enum Values {
    Standard(&'static StandardColumn),
    Metadata(String),
    ActorAttribute(String),
}

/// Why the requested columns are invalid.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub(crate) enum ColumnsError {
    #[error("no column is named; leave the parameter out for the default columns")]
    NoName,
    #[error("{0}")]
    Unknown(String),
    #[error("the column `{0}` is named twice")]
    Repeated(String),
    #[error("a table has at most {COLUMNS_MAX} columns")]
    TooMany,
    #[error(
        "the names are not a single record of comma-separated values; a name with a comma must be in double quotes"
    )]
    Malformed,
}

impl ColumnsError {
    /// A stable code.
    pub(super) const fn code(&self) -> &'static str {
        match self {
            Self::Unknown(_) => "unknown_field",
            Self::TooMany => "too_many",
            Self::NoName | Self::Repeated(_) | Self::Malformed => "invalid_value",
        }
    }
}

/// A column that the reader may not see.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("reading the column `{0}` requires the permission events.read_personal")]
pub struct HiddenColumn(String);

/// Formats names as a record that [`Columns::parse`] can parse.
pub(crate) fn column_record<T: AsRef<[u8]>>(names: &[T]) -> String {
    let mut writer = csv::WriterBuilder::new().from_writer(Vec::new());
    // Writing to memory cannot fail, and the names are UTF-8.
    let _ = writer.write_record(names);
    let record = writer.into_inner().unwrap_or_default();
    String::from_utf8_lossy(&record).trim_end_matches('\n').to_owned()
}

impl Columns {
    /// Parses names as a record of comma-separated values (RFC 4180), so that a key may contain a comma.
    pub(crate) fn parse(text: &str) -> Result<Self, ColumnsError> {
        let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(text.as_bytes());
        let mut names = csv::StringRecord::new();
        let is_read = |read: csv::Result<bool>| read.map_err(|_| ColumnsError::Malformed);
        if !is_read(reader.read_record(&mut names))? {
            return Err(ColumnsError::NoName);
        }
        if is_read(reader.read_record(&mut csv::StringRecord::new()))? {
            return Err(ColumnsError::Malformed);
        }
        if names.len() > COLUMNS_MAX {
            return Err(ColumnsError::TooMany);
        }
        let mut columns: Vec<Column> = Vec::with_capacity(names.len());
        for name in &names {
            let column = Column::parse(name).ok_or_else(|| ColumnsError::Unknown(unknown(name)))?;
            if columns.contains(&column) {
                return Err(ColumnsError::Repeated(column.name));
            }
            columns.push(column);
        }
        Ok(Self::Named(columns))
    }

    /// The names as a record that [`Columns::parse`] can parse; `None` for the default columns.
    pub(crate) fn record(&self) -> Option<String> {
        match self {
            Self::Visible => None,
            Self::Named(columns) => Some(column_record(&columns.iter().map(Column::name).collect::<Vec<_>>())),
        }
    }

    /// The columns of a reader's table, at least one.
    ///
    /// # Errors
    /// The reader may not see a column that was requested by name.
    pub(super) fn seen_with(&self, visibility: Visibility) -> Result<Vec<Column>, HiddenColumn> {
        let Self::Named(columns) = self else {
            let all = STANDARD.iter().map(Column::standard);
            return Ok(all.filter(|column| !visibility.withholds(column.group())).collect());
        };
        match columns.iter().find(|column| visibility.withholds(column.group())) {
            Some(hidden) => Err(HiddenColumn(hidden.name.clone())),
            None => Ok(columns.clone()),
        }
    }

    /// The names of all standard columns.
    pub(crate) fn standard_names() -> impl Iterator<Item = &'static str> {
        STANDARD.iter().map(|column| column.name)
    }
}

impl Column {
    fn standard(column: &'static StandardColumn) -> Self {
        Self { name: column.name.to_owned(), values: Values::Standard(column) }
    }

    fn parse(name: &str) -> Option<Self> {
        if let Some(standard) = STANDARD.iter().find(|standard| standard.name == name) {
            return Some(Self::standard(standard));
        }
        let key_of = |prefix| name.strip_prefix(prefix).filter(|key| !key.is_empty()).map(str::to_owned);
        let values = key_of(METADATA_PREFIX)
            .map(Values::Metadata)
            .or_else(|| key_of(ACTOR_ATTRIBUTES_PREFIX).map(Values::ActorAttribute))?;
        Some(Self { name: name.to_owned(), values })
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    const fn group(&self) -> Group {
        match self.values {
            Values::Standard(standard) => standard.group,
            Values::Metadata(_) => Group::Content,
            Values::ActorAttribute(_) => Group::Actor,
        }
    }

    pub(super) const fn column_type(&self) -> ColumnType {
        match self.values {
            Values::Standard(standard) => standard.column_type,
            // Producers choose the type of each value independently.
            Values::Metadata(_) | Values::ActorAttribute(_) => ColumnType::Text,
        }
    }

    pub(super) fn read<'e>(&self, stored: &'e StoredEvent) -> Cell<'e> {
        match &self.values {
            Values::Standard(standard) => (standard.read)(stored),
            Values::Metadata(key) => Cell::attribute(&stored.event.metadata, key),
            Values::ActorAttribute(key) => Cell::attribute(&stored.event.actor.attributes, key),
        }
    }
}

/// Reports an unknown column, with a suggestion: `ip` most likely means `context.ip`.
fn unknown(name: &str) -> String {
    let is_column = |meant: &&str| Columns::standard_names().any(|column| column == *meant);
    let searched = Field::parse(name).map(|field| field.name());
    let by_last_part = Columns::standard_names().find(|column| column.rsplit('.').next() == Some(name));
    let near = searched.as_deref().filter(is_column).or(by_last_part);
    match near.or_else(|| nearest(name, Columns::standard_names())) {
        Some(near) => format!("There is no column `{name}`. Did you mean `{near}`?"),
        None => format!(
            "There is no column `{name}`. There are {}, and with custom keys `metadata.KEY` and `actor.attributes.KEY`",
            Columns::standard_names().collect::<Vec<_>>().join(", ")
        ),
    }
}
