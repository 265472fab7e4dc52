//! The store of one machine: everything is in a data directory, and no other service is needed.
//!
//! SQLite holds the authoritative data (order, tree, manifest, tenants, keys and the events not yet sealed), plain
//! Parquet holds the bulk of the events. docs/spec/data-directory.md describes every file. The modules, from the bottom
//! up:
//!
//! - `data_directory`: the directory itself: lock, secrets, format version, free space, reserved space, quarantine.
//! - `ledger`: the SQLite database.
//! - `columns`: events as Arrow columns and back.
//! - `segment`, `index`, `cache`: sealed files, their indexes, and the bounded caches in front of them.
//! - `tail`: the committed batches that are not sealed yet, as readers see them.
//! - `receipt_clock`: the time at which events are received.
//! - `commit`: the one writer.
//! - `seal`, `compaction`: how the tail becomes segments and small segments become large ones.
//! - `executor`: the query shapes over a snapshot of tail and segments; `query_threads`: the threads that run them.
//! - `recovery`: restores the store at start.
//! - `check`, `reindex`: read every stored byte back, or rebuild index files; the store may be stopped or in use.
//! - `maintenance`: the threads that seal and compact automatically; `engine`: the state that all threads share.
//! - `exports`: the files of exports, which are derived from the log and are not part of it.
//! - `control`, `condition`, `observe`, `error`: control data, health, measurements, failures.
//! - `options`: the settings; `storage_section`: the keys of the store in the configuration.
//! - `store`: the traits of core, implemented with these modules.

// One line for each module, sorted, so that modules can be added without merge conflicts.
pub mod cache;
pub mod check;
pub mod columns;
mod commit;
mod compaction;
mod condition;
mod control;
mod counters;
mod data_directory;
mod engine;
mod error;
pub mod executor;
mod exports;
pub mod index;
mod ledger;
mod lookup;
mod maintenance;
mod observe;
mod options;
mod query_threads;
mod receipt_clock;
mod recovery;
pub mod reindex;
mod seal;
pub mod segment;
mod signal;
mod storage_section;
mod store;
mod tail;

pub use data_directory::Secrets;
pub use error::{OpenError, StoreError};
pub use options::{ClockCheck, Maintenance, Options, RELEASED_AT};
pub use storage_section::StorageSection;
pub use store::{EmbeddedStore, LogAhead, LogsAhead, StoppedDirectory};
