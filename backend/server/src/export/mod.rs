//! Owns the encoding of events to one file, piece by piece, and the streamed export: a walk from the first event to the
//! last over the log as it was when the export started. Knows nothing of routes and parameters. Files made in the
//! background are owned by `jobs`.
//!
//! Memory holds only one piece of the walk and the buffer of the compression; the next piece is made when the
//! connection has taken the previous one. If a file cannot be completed, the transfer is aborted, so that it never
//! looks complete.

mod columns;
mod compression;
mod csv;
mod encoder;
mod file_kind;
mod format;
mod formula;
mod json;
mod log_reader;
mod parquet;
mod walk;

pub(crate) use columns::{COLUMNS_MAX, Columns, HiddenColumn, column_record};
pub(crate) use encoder::Encoder;
pub(crate) use file_kind::{FileKind, FileWishes};
pub(crate) use format::{Compression, Format};
pub(crate) use log_reader::LogReader;
pub(crate) use walk::{Assignment, BeginError, StreamedExport};
