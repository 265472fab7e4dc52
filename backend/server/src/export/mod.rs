//! Owns how events are written as one file, piece by piece, and the export that is sent while it is made: a walk over the
//! log from its beginning to where it ended when the export began. Knows nothing of routes and parameters. Files that are
//! made while nobody waits are the business of `jobs`.
//!
//! Nothing is kept but one piece of the walk and what the compression holds back, and a piece is made when the
//! connection has taken the one before. A file that cannot be finished is broken off, so that it never looks complete.

mod columns;
mod compression;
mod csv;
mod encoder;
mod file_kind;
mod format;
mod formula;
mod json;
mod parquet;
mod piece;
mod walk;

pub(crate) use columns::{COLUMNS_MAX, Columns, HiddenColumn, column_record};
pub(crate) use encoder::Encoder;
pub(crate) use file_kind::{FileKind, FileWishes};
pub(crate) use format::{Compression, Format};
pub(crate) use piece::read_piece;
pub(crate) use walk::{Assignment, StreamedExport};
