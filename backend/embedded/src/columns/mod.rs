//! The columnar form of events: one Arrow schema for the tail, for the data files of segments and for other tools that
//! read these files. docs/spec/segment-v1.md fixes it.
//!
//! An event is a pure function of its row: reading a row back returns an equal event, to the byte of its canonical
//! form. A column that a batch lacks reads as null, so readers may leave out columns and later formats may add nullable
//! ones. This module knows nothing of files, indexes or queries.

mod access;
mod build;
mod canonical;
mod json_text;
mod read;
mod schema;
mod targets;
mod texts;

pub(crate) use access::{TextColumn, binary_column, integer_column, text_column, time_column};
pub use build::from_events;
pub(crate) use json_text::{ActorMember, ScalarText, read_groups, visit_actor_member, visit_changes, visit_path};
pub use read::{EventColumns, event_at};
pub use schema::{FORMAT_VERSION, VERSION_KEY, name, schema};
pub(crate) use schema::{check_types, complete};
pub(crate) use targets::TargetColumns;
pub(crate) use texts::{SEARCHED_COLUMNS, SearchedTexts, TextKind, TextKinds, searched_columns};

/// Why a batch and events could not be converted into each other.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ColumnsError {
    /// Rows hold values that this version never writes: a required value is missing or cannot be parsed.
    #[error("row {row} holds no readable value of {column}")]
    Unreadable {
        /// The row in its batch.
        row: usize,
        /// The column's name.
        column: &'static str,
    },
    /// Arrow refused the columns, for example because a column exceeds 2 GiB.
    #[error("columns could not be built: {0}")]
    Arrow(String),
}

/// A column with a value that passed its checksum and is not what this version writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("column {0} holds a value that cannot be read")]
pub(crate) struct UnreadableColumn(pub(crate) &'static str);

impl UnreadableColumn {
    /// The same, with the row in its batch.
    pub(crate) const fn at(self, row: usize) -> ColumnsError {
        ColumnsError::Unreadable { row, column: self.0 }
    }
}

impl From<arrow_schema::ArrowError> for ColumnsError {
    fn from(error: arrow_schema::ArrowError) -> Self {
        Self::Arrow(error.to_string())
    }
}
