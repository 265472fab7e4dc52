//! The index file of a segment: from a value to the rows that may hold it, from a word to the pages that may.
//!
//! Keys are hashes and are cut short, so an answer is a superset: whoever asks verifies candidates against the columns.
//! A collision costs time and never an answer. The file is rebuilt from its data file at any time, so its format is
//! versioned and may change. This room knows columns and files, and nothing of filters.
//!
//! An index file is a header, a table of the pages' bounds of `occurred_at`, and one posting table for each kind of key.

mod bits;
mod builder;
mod file;
mod keys;
mod table;
mod table_writer;

use std::ops::Range;

pub use builder::IndexBuilder;
pub use file::{IndexReader, PageBounds};
pub use keys::ExactKind;

/// The version of the file's layout. A file of another version is rebuilt.
pub const INDEX_VERSION: u32 = 1;

/// Rows that follow each other.
pub(crate) type Rows = Range<u32>;

/// How many bytes each part of an index file takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartSize {
    /// The part's name.
    pub name: &'static str,
    /// Its bytes.
    pub bytes: u64,
}
