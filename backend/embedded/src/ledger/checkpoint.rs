//! Owns the second connection, which checkpoints the write-ahead log into the database while commits continue.

use std::{cell::Cell, path::Path};

use rusqlite::{Connection, hooks::Wal};

use crate::{
    error::StoreError,
    ledger::{configure, open_for_writing, schema::PAGE_BYTES},
};

/// The size of a page in the log: its header and itself.
pub(crate) const FRAME_BYTES: u64 = 24 + PAGE_BYTES as u64;

/// The number of pages in the log since its last reset.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct LogPages(pub u64);

thread_local! {
    /// SQLite calls back on the thread that commits, and the callback takes no context of ours.
    static LOG_PAGES: Cell<u64> = const { Cell::new(0) };
}

/// Makes each commit of a connection record the length of the log.
pub(super) fn watch_log(connection: &Connection) {
    connection.wal_hook(Some(|_: &Wal, pages| {
        LOG_PAGES.set(u64::try_from(pages).unwrap_or(0));
        Ok(())
    }));
}

/// The length of the log after the last commit of this thread.
pub(super) fn log_pages() -> LogPages {
    LogPages(LOG_PAGES.get())
}

/// Checkpoints the log. Runs on a thread of its own: inside the commit path it cost a p99 of 76 ms.
pub(crate) struct Checkpoint {
    connection: Connection,
}

impl Checkpoint {
    pub(crate) fn open(ledger: &Path) -> Result<Self, StoreError> {
        let connection = open_for_writing(ledger, rusqlite::OpenFlags::empty())?;
        configure(&connection)?;
        let checkpoint = Self { connection };
        // Fails now where the log could only be opened for reading, and not when it has become long.
        checkpoint.write_back()?;
        Ok(checkpoint)
    }

    /// Checkpoints the current contents of the log; commits continue meanwhile. Most of the work is done here.
    pub(crate) fn write_back(&self) -> Result<(), StoreError> {
        run(&self.connection, "PASSIVE").map(|_| ())
    }

    /// Checkpoints the remaining part and makes the next commit reset the log, so that the file is reused and never
    /// truncated. No commit may run meanwhile. Returns `false` where a reader still uses the log: retry later.
    pub(crate) fn start_over(&self) -> Result<bool, StoreError> {
        Ok(run(&self.connection, "RESTART")? == Ended::Complete)
    }
}

/// How a checkpoint ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ended {
    /// It did everything that its mode asks for.
    Complete,
    /// Another connection held it up.
    HeldUp,
}

/// Runs a checkpoint.
pub(super) fn run(connection: &Connection, mode: &str) -> Result<Ended, StoreError> {
    let sql = format!("PRAGMA wal_checkpoint({mode})");
    match connection.query_row(&sql, [], |row| row.get::<_, i64>(0)) {
        Ok(0) => Ok(Ended::Complete),
        Ok(_) => Ok(Ended::HeldUp),
        // The other connection holds the lock for the duration of a commit.
        Err(rusqlite::Error::SqliteFailure(error, _)) if error.code == rusqlite::ErrorCode::DatabaseBusy => {
            Ok(Ended::HeldUp)
        }
        // SQLite opens the log read-only where it cannot open it otherwise, and reports that only at a checkpoint.
        Err(rusqlite::Error::SqliteFailure(error, _)) if error.code == rusqlite::ErrorCode::ReadOnly => {
            Err(StoreError::Stopped("ledger.db-wal could be opened for reading only".into()))
        }
        Err(error) => Err(error.into()),
    }
}
