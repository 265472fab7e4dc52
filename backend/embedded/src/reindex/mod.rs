//! Rebuilding index files from their data files: of a stopped store, and of one that is in use.
//!
//! In both cases the index built from a data file is compared with the manifest and with the existing file, and only a
//! file that differs is replaced. Data files are only read.

mod online;
mod stopped;

pub(crate) use online::{reindex, renew_outdated};
pub use stopped::run;

/// The size of the cache for one pass: blocks are read once.
const CACHE_BYTES: usize = 8 << 20;
