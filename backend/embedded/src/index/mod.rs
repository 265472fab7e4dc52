//! The index file of a segment: maps a value to the rows that may hold it, and a word to the pages that may. Of a run
//! of characters of a script without spaces it has each pair of neighbours, and not the single ones: they are so few
//! that every page has most of them.
//!
//! For a word it also has the kinds of text that hold it, so that a search reads the columns of these kinds only.
//!
//! Keys are truncated hashes, so an answer is a superset: callers verify candidates against the columns. A collision
//! costs time and never correctness. The file can be rebuilt from its data file at any time, so its format is versioned
//! and may change. This module knows columns and files, and nothing of filters.
//!
//! An index file is a header, a table of pages with their rows and times, and one posting table for each kind of key.
//! Row groups that are copied to another segment keep their pages, and their postings are taken over without reading
//! the rows.

mod bits;
mod builder;
mod copied;
mod file;
mod keys;
mod page_tokens;
mod pages;
mod table;
mod table_writer;

use std::ops::Range;

pub use builder::IndexBuilder;
pub use file::IndexReader;
pub(crate) use file::is_outdated;
pub use keys::{ExactKind, TextPart};
pub use pages::{Page, Span};

/// The version of the file's layout. An older file is rebuilt when a store starts.
pub const INDEX_VERSION: u32 = 6;

/// Rows of one page of the index, and of one data page of the data file.
pub const PAGE_ROWS: u32 = 1_024;

/// Consecutive rows.
pub(crate) type Rows = Range<u32>;

/// The size of a part of an index file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartSize {
    /// The part's name.
    pub name: &'static str,
    /// Its bytes.
    pub bytes: u64,
}
