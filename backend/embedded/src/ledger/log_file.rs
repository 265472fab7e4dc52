//! Owns the check that the file system of the write-ahead log was still in service after a sync.
//!
//! A file system that shuts itself down, for example after an error in its own journal, drops the pages that it has not
//! written. If the writer and the checkpointer both sync the log at that moment, Linux returns the error to only one of
//! them: ext4 drops the pages during one sync, and the other one finds nothing left to write and succeeds. A commit
//! that is not on disk would then be acknowledged. ext4 and XFS refuse every read after a shutdown, even of cached
//! pages, and they shut down before they drop pages. So if a sync succeeds and a read after it succeeds too, no page
//! was dropped before the end of that sync.

use std::{
    fs::File,
    os::unix::fs::FileExt as _,
    path::{Path, PathBuf},
};

use crate::error::StoreError;

/// The write-ahead log, open for reading. SQLite takes no locks on this file, so closing it releases none.
pub(super) struct LogFile {
    path: PathBuf,
    file: File,
}

impl LogFile {
    /// Opens the log of a ledger that is open for writing, and therefore has one.
    pub(super) fn open(ledger: &Path) -> Result<Self, StoreError> {
        let path = ledger.with_extension("db-wal");
        let file = File::open(&path).map_err(StoreError::io(&path))?;
        Ok(Self { path, file })
    }

    /// Fails where the file system was shut down. Reads one byte, from the page cache unless it was evicted.
    pub(super) fn in_service(&self) -> Result<(), StoreError> {
        // An empty log is fine: only an error matters.
        self.file.read_at(&mut [0], 0).map(|_| ()).map_err(StoreError::io(&self.path))
    }
}
