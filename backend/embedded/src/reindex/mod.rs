//! Rebuilding index files from their data files: of a stopped store, and of one that is in use.
//!
//! Either way the index that a data file gives is compared with the manifest and with the file that is there, and only
//! what differs is replaced. Data files are only read.

mod online;
mod stopped;

pub(crate) use online::{reindex, renew_outdated};
pub use stopped::{Progress, run};

/// What a cache for one reading pass may hold: blocks are read once.
const CACHE_BYTES: usize = 8 << 20;
