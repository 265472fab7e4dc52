//! Owns exports: a walk over the log from its beginning to where it ended when the export began, written as one file
//! that is sent while it is made. Knows nothing of routes and parameters.
//!
//! Nothing is kept but one piece of the walk and what the compression holds back, and a piece is made when the
//! connection has taken the one before. A file that cannot be finished is broken off, so that it never looks complete.

mod columns;
mod compression;
mod csv;
mod encoder;
mod file_kind;
mod format;
mod json;
mod parquet;
mod walk;

pub(crate) use columns::{COLUMNS_MAX, Columns, HiddenColumn};
pub(crate) use file_kind::{FileKind, FileWishes};
pub(crate) use format::{Compression, Format};
pub(crate) use walk::{Assignment, Export};
