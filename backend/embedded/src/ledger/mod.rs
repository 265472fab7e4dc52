//! Owns ledger.db: what is true about order, trees, sealed files, tenants, keys, saved searches and exports. Reads and
//! writes rows, each with its checksum; what the rows mean together is the business of the rooms above.
//!
//! One connection writes, the writer thread's. Another one moves the write-ahead log into the database.

mod checkpoint;
mod commits;
mod control;
mod exports;
mod manifest;
mod meta;
pub(crate) mod payload;
mod row;
mod saved_searches;
mod schema;
mod sums;
mod trees;

use std::path::Path;

use rusqlite::{Connection, OpenFlags, Transaction, config::DbConfig};

pub(crate) use checkpoint::{Checkpoint, FRAME_BYTES, LogPages};
pub(crate) use commits::CommitRow;
pub(crate) use control::{NumberedTenant, TenantNumber};
pub(crate) use meta::Mark;
pub(crate) use sums::Sums;
pub(crate) use trees::NodePosition;

use crate::{
    data_directory::{Paths, durable},
    error::StoreError,
};

/// Pages kept in memory by each connection. The ledger is read at start and by `check`, hardly in between.
const CACHE_KIB: i64 = 4_096;

/// An open ledger.
pub(crate) struct Ledger {
    connection: Connection,
}

/// Rows that become durable together or not at all. Dropped without a commit, nothing happened.
pub(crate) struct Change<'a> {
    transaction: Transaction<'a>,
}

impl Ledger {
    /// Makes the ledger of a new directory. One that a first start left half made is finished.
    pub(crate) fn create(path: &Path) -> Result<Self, StoreError> {
        let mut connection = Connection::open_with_flags(path, flags(OpenFlags::SQLITE_OPEN_CREATE))?;
        if !schema::exists(&connection)? {
            schema::create(&mut connection)?;
        }
        schema::keep_log(&connection)?;
        connection.close().map_err(|(_, error)| error)?;
        // A connection that failed to write the mode believes all the same that it is in it: another one looks.
        Self::open(path)
    }

    /// Opens the ledger of an existing directory for writing.
    pub(crate) fn open(path: &Path) -> Result<Self, StoreError> {
        Self::of_existing(Connection::open_with_flags(path, flags(OpenFlags::empty()))?)
    }

    /// Opens the ledger for reading: beside the writer, or of a stopped store.
    pub(crate) fn open_read_only(path: &Path) -> Result<Self, StoreError> {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(path, flags)?;
        if !schema::exists(&connection)? {
            return Err(not_a_ledger());
        }
        // Whether a cell fits its page is looked at before it is read: damage is what this connection looks for.
        connection.pragma_update(None, "cell_size_check", true)?;
        Ok(Self { connection })
    }

    /// Keeps reading the state of this moment, whatever is committed meanwhile.
    pub(crate) fn freeze(self) -> Result<Self, StoreError> {
        self.connection.execute_batch("BEGIN")?;
        Ok(self)
    }

    fn of_existing(connection: Connection) -> Result<Self, StoreError> {
        if !schema::exists(&connection)? {
            return Err(not_a_ledger());
        }
        Self::configure(connection)
    }

    fn configure(connection: Connection) -> Result<Self, StoreError> {
        configure(&connection)?;
        // Erased and sealed events must not linger in freed pages.
        connection.pragma_update(None, "secure_delete", true)?;
        checkpoint::watch_log(&connection);
        Ok(Self { connection })
    }

    /// Begins a change. Nobody else writes, so it fails only where the disk does.
    pub(crate) fn change(&mut self) -> Result<Change<'_>, StoreError> {
        Ok(Change { transaction: self.connection.transaction()? })
    }

    /// What SQLite's own check finds: each line is one thing that is wrong.
    pub(crate) fn integrity_findings(&self) -> Result<Vec<String>, StoreError> {
        let mut statement = self.connection.prepare("PRAGMA integrity_check(100)")?;
        let lines = statement.query_map([], |row| row.get::<_, String>(0))?.collect::<Result<Vec<_>, _>>()?;
        Ok(lines.into_iter().filter(|line| line != "ok").collect())
    }

    /// Brings all that the write-ahead log holds into the database, and starts the log over.
    ///
    /// Before anything is added at a start: where an earlier process failed to sync the log, its last frames may be in
    /// memory alone, and no sync writes them any more, because the system has marked their pages clean. A commit behind
    /// them would be lost with them.
    pub(crate) fn settle(&self) -> Result<(), StoreError> {
        match checkpoint::run(&self.connection, "RESTART")? {
            (false, _, _) => Ok(()),
            (true, _, _) => Err(StoreError::Stopped("another process reads ledger.db; stop that first".into())),
        }
    }

    /// Adds the tables that a ledger of an earlier release lacks. Only once the ledger may change: behind
    /// [`Self::settle`].
    pub(crate) fn complete(&mut self) -> Result<(), StoreError> {
        schema::complete(&mut self.connection)
    }

    /// The last act of a clean stop: the whole write-ahead log goes into the database, and the checksums of that are
    /// written beside it.
    pub(crate) fn close_with_sums(self, paths: &Paths) -> Result<(), StoreError> {
        self.close()?;
        Sums::of(&paths.ledger())?.write(&paths.ledger_sums())
    }

    fn close(self) -> Result<(), StoreError> {
        let (busy, _, _) = checkpoint::run(&self.connection, "TRUNCATE")?;
        if busy {
            return Err(StoreError::Stopped("the ledger is still being read".into()));
        }
        self.connection.close().map_err(|(_, error)| error.into())
    }
}

impl Change<'_> {
    /// Returns when every row of the change is on disk, and tells how long the log is now.
    pub(crate) fn commit(self) -> Result<LogPages, StoreError> {
        self.transaction.commit()?;
        Ok(checkpoint::log_pages())
    }
}

/// What every writing connection needs, whichever thread it lives on.
fn configure(connection: &Connection) -> Result<(), StoreError> {
    let mode: String = connection.query_row("PRAGMA journal_mode", [], |row| row.get(0))?;
    if mode != "wal" {
        return Err(StoreError::Stopped(format!("ledger.db could not be put into WAL mode, it is in mode {mode}")));
    }
    // A stop that was not clean leaves the log as it is; the next start recovers from it.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
    // The first read after a crash recovers the log, which takes a lock that is free again at once.
    connection.busy_timeout(std::time::Duration::ZERO)?;
    connection.pragma_update(None, "synchronous", if durable::SYNCS { "FULL" } else { "OFF" })?;
    connection.pragma_update(None, "wal_autocheckpoint", 0)?;
    connection.pragma_update(None, "cell_size_check", true)?;
    connection.pragma_update(None, "cache_size", -CACHE_KIB)?;
    connection.set_prepared_statement_cache_capacity(64);
    Ok(())
}

fn flags(extra: OpenFlags) -> OpenFlags {
    OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX | extra
}

fn not_a_ledger() -> StoreError {
    StoreError::Corrupted("ledger.db: this is no ledger".into())
}
