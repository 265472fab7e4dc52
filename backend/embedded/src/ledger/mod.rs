//! Owns ledger.db: the authority on order, trees, sealed files, tenants, keys, saved searches and exports. Reads and
//! writes rows, each with its checksum; the modules above interpret the rows together.
//!
//! Only the writer thread's connection writes. Another connection checkpoints the write-ahead log into the database.

mod checkpoint;
mod commits;
mod control;
mod control_rows;
mod control_sums;
mod existing;
mod exports;
mod key;
mod log_file;
mod manifest;
mod meta;
mod migrations;
pub(crate) mod payload;
mod row;
mod run;
mod saved_searches;
mod schema;
mod sums;
mod table;
mod trees;

use std::{cell::Cell, path::Path};

use rusqlite::{Connection, OpenFlags, Transaction, config::DbConfig};

pub(crate) use checkpoint::{Checkpoint, FRAME_BYTES, LogPages};
pub(crate) use commits::{CommitHints, CommitRow};
pub(crate) use control::{NumberedTenant, TenantNumber};
pub(crate) use control_rows::{ControlRows, tenant_names};
use control_sums::ControlSums;
pub(crate) use existing::{open_current_ledger, open_ledger};
pub(crate) use key::LedgerKey;
use log_file::LogFile;
pub(crate) use meta::Mark;
use migrations::{Migrations, Standing};
pub(crate) use row::Rows;
pub(crate) use run::Run;
pub(crate) use sums::{StopFile, StopRecord, Sums};
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
    key: LedgerKey,
    migrations: Migrations,
    /// The summaries of control data as of the last commit.
    control: ControlSums,
    run: Run,
    /// Absent where the ledger was opened for reading.
    log_file: Option<LogFile>,
}

/// Rows that become durable together or not at all. Dropping it without a commit has no effect.
pub(crate) struct Change<'a> {
    transaction: Transaction<'a>,
    key: &'a LedgerKey,
    /// The summaries of control data as this change leaves them.
    control: Cell<ControlSums>,
    known_control: &'a mut ControlSums,
    run: Run,
    log_file: Option<&'a LogFile>,
}

impl Ledger {
    /// Creates the ledger of a new directory. One that an interrupted first start left incomplete is completed.
    pub(crate) fn create(path: &Path, key: &LedgerKey) -> Result<Self, StoreError> {
        let mut connection = open_for_writing(path, OpenFlags::SQLITE_OPEN_CREATE)?;
        if !schema::exists(&connection)? {
            connection.pragma_update(None, "page_size", schema::PAGE_BYTES)?;
        }
        Migrations::RELEASED.apply(&mut connection, key, |_| Ok(()))?;
        schema::keep_log(&connection)?;
        connection.close().map_err(|(_, error)| error)?;
        // A connection that failed to write the mode still reports that it is in it, so another one checks.
        Self::open(path, key, Migrations::RELEASED)
    }

    /// Opens the ledger of an existing directory for writing. One of an earlier release is not migrated yet.
    ///
    /// # Errors
    /// [`StoreError::NewerTables`] where a later release migrated it, and [`StoreError::Corrupted`] where the database
    /// contains anything that was not written by a store with this key: foreign tables or triggers, and rows of control
    /// data that were edited, removed or restored.
    fn open(path: &Path, key: &LedgerKey, migrations: Migrations) -> Result<Self, StoreError> {
        let connection = open_for_writing(path, OpenFlags::empty())?;
        if !schema::exists(&connection)? {
            return Err(not_a_ledger());
        }
        configure(&connection)?;
        // Erased and sealed events must not linger in freed pages.
        connection.pragma_update(None, "secure_delete", true)?;
        checkpoint::watch_log(&connection);
        let mut ledger = Self::of(connection, key, migrations)?;
        ledger.refuse_newer()?;
        ledger.verify()?;
        // The reads above have created the log where it was missing.
        ledger.log_file = Some(LogFile::open(path)?);
        Ok(ledger)
    }

    fn standing(&self) -> Result<Standing, StoreError> {
        Ok(self.migrations.standing(migrations::version(&self.connection)?))
    }

    /// Refuses a ledger that a later release migrated.
    pub(crate) fn refuse_newer(&self) -> Result<(), StoreError> {
        match self.standing()? {
            Standing::Newer { found, newest } => Err(StoreError::NewerTables { found, newest }),
            Standing::Unknown | Standing::Older { .. } | Standing::Current => Ok(()),
        }
    }

    /// Refuses a ledger that lacks migrations.
    fn refuse_older(&self) -> Result<(), StoreError> {
        match self.standing()? {
            Standing::Older { found, newest } => Err(StoreError::OlderTables { found, newest }),
            Standing::Unknown | Standing::Current | Standing::Newer { .. } => Ok(()),
        }
    }

    /// Refuses what was not written by a store with this key, and reads the summaries of control data.
    fn verify(&mut self) -> Result<(), StoreError> {
        refuse(&self.foreign_objects()?)?;
        self.run = Run::of(self.mark(Mark::Run)?);
        self.control = ControlSums::read(&self.connection, &self.key)?;
        refuse(&self.control_findings()?)
    }

    /// Applies the migrations that a ledger of an earlier release lacks.
    fn migrate(&mut self, paths: &Paths) -> Result<(), StoreError> {
        match self.standing()? {
            Standing::Older { .. } => {}
            Standing::Unknown | Standing::Current | Standing::Newer { .. } => return Ok(()),
        }
        self.prepare_change(paths)?;
        let (key, run) = (&self.key, self.run);
        // A step may have replaced rows.
        let summarise =
            |transaction: &Transaction<'_>| ControlSums::read(transaction, key)?.write(transaction, key, run);
        self.migrations.apply(&mut self.connection, key, summarise)?;
        self.verify()
    }

    /// Opens the ledger for reading: beside the writer, or of a stopped store. Its readers search for damage, so only a
    /// file that is not a ledger and an intact schema of an earlier release are refused.
    pub(crate) fn open_read_only(path: &Path, key: &LedgerKey) -> Result<Self, StoreError> {
        Self::open_for_reading(path, key, Migrations::RELEASED)
    }

    fn open_for_reading(path: &Path, key: &LedgerKey, migrations: Migrations) -> Result<Self, StoreError> {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(path, flags)?;
        if !schema::exists(&connection)? {
            return Err(not_a_ledger());
        }
        // Checks that a cell fits its page before it is read: this connection searches for damage.
        connection.pragma_update(None, "cell_size_check", true)?;
        let ledger = Self::of(connection, key, migrations)?;
        if let Standing::Older { found, newest } = ledger.standing()?
            && ledger.foreign_objects()?.is_empty()
        {
            return Err(StoreError::OlderTables { found, newest });
        }
        Ok(ledger)
    }

    fn of(connection: Connection, key: &LedgerKey, migrations: Migrations) -> Result<Self, StoreError> {
        // SQL that an attacker put into the schema calls no functions of ours.
        connection.pragma_update(None, "trusted_schema", false)?;
        let (control, run) = (ControlSums::default(), Run::default());
        Ok(Self { connection, key: key.clone(), migrations, control, run, log_file: None })
    }

    /// Keeps reading the state of this moment, regardless of later commits.
    pub(crate) fn freeze(self) -> Result<Self, StoreError> {
        self.connection.execute_batch("BEGIN")?;
        Ok(self)
    }

    /// Starts a change. There is no other writer, so it fails only where the disk does.
    pub(crate) fn change(&mut self) -> Result<Change<'_>, StoreError> {
        Ok(Change {
            transaction: self.connection.transaction()?,
            key: &self.key,
            control: Cell::new(self.control),
            known_control: &mut self.control,
            run: self.run,
            log_file: self.log_file.as_ref(),
        })
    }

    /// The objects in the database that no release of its version created, and those that are missing.
    pub(crate) fn foreign_objects(&self) -> Result<Vec<String>, StoreError> {
        schema::findings(&self.connection, self.migrations)
    }

    /// The findings of SQLite's own check: each line is one problem.
    pub(crate) fn integrity_findings(&self) -> Result<Vec<String>, StoreError> {
        let mut statement = self.connection.prepare("PRAGMA integrity_check(100)")?;
        let lines = statement.query_map([], |row| row.get::<_, String>(0))?.collect::<Result<Vec<_>, _>>()?;
        Ok(lines.into_iter().filter(|line| line != "ok").collect())
    }

    /// Checkpoints everything in the write-ahead log, and resets the log.
    ///
    /// Called before anything is written at a start: where an earlier process failed to sync the log, its last frames
    /// may be in memory alone, and no sync writes them any more, because the system has marked their pages clean. A
    /// commit after them would be lost with them.
    pub(crate) fn settle(&self) -> Result<(), StoreError> {
        match checkpoint::run(&self.connection, "RESTART")? {
            checkpoint::Ended::Complete => Ok(()),
            checkpoint::Ended::HeldUp => {
                Err(StoreError::Stopped("another process reads ledger.db; stop that first".into()))
            }
        }
    }

    fn close(self) -> Result<(), StoreError> {
        if checkpoint::run(&self.connection, "TRUNCATE")? == checkpoint::Ended::HeldUp {
            return Err(StoreError::Stopped("the ledger is still being read".into()));
        }
        self.connection.close().map_err(|(_, error)| error.into())
    }
}

impl Change<'_> {
    /// Returns when every row of the change is on disk, with the current length of the log. Where the file system was
    /// shut down during the commit, the change may or may not be on disk, as after any failed commit.
    pub(crate) fn commit(self) -> Result<LogPages, StoreError> {
        self.write_changed_sums(self.run)?;
        self.transaction.commit()?;
        self.log_file.map_or(Ok(()), LogFile::in_service)?;
        *self.known_control = self.control.get();
        Ok(checkpoint::log_pages())
    }
}

/// The settings of every writing connection, on any thread.
fn configure(connection: &Connection) -> Result<(), StoreError> {
    let mode: String = connection.query_row("PRAGMA journal_mode", [], |row| row.get(0))?;
    if mode != "wal" {
        return Err(StoreError::Stopped(format!("ledger.db could not be put into WAL mode, it is in mode {mode}")));
    }
    // A stop that was not clean leaves the log unchanged; the next start recovers from it.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
    // The first read after a crash recovers the log, which takes a lock that is released at once.
    connection.busy_timeout(std::time::Duration::ZERO)?;
    connection.pragma_update(None, "synchronous", if durable::SYNCS { "FULL" } else { "OFF" })?;
    connection.pragma_update(None, "wal_autocheckpoint", 0)?;
    connection.pragma_update(None, "cell_size_check", true)?;
    connection.pragma_update(None, "cache_size", -CACHE_KIB)?;
    connection.set_prepared_statement_cache_capacity(64);
    Ok(())
}

/// Opens the database. Where the system refuses to open it for writing, SQLite silently continues read-only.
fn open_for_writing(path: &Path, extra: OpenFlags) -> Result<Connection, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX | extra;
    let connection = Connection::open_with_flags(path, flags)?;
    if connection.is_readonly("main")? {
        return Err(StoreError::Stopped("ledger.db could be opened for reading only".into()));
    }
    Ok(connection)
}

fn refuse(findings: &[String]) -> Result<(), StoreError> {
    match findings.first() {
        None => Ok(()),
        Some(finding) => Err(StoreError::Corrupted(format!("ledger.db: {finding}"))),
    }
}

fn not_a_ledger() -> StoreError {
    StoreError::Corrupted("ledger.db: this is not a ledger".into())
}

/// The columns of each table that the code reads and writes.
#[cfg(test)]
fn columns() -> std::collections::BTreeMap<&'static str, &'static [&'static str]> {
    use table::TableRow;

    fn of<R: TableRow>() -> (&'static str, &'static [&'static str]) {
        (R::TABLE, R::COLUMNS)
    }
    [
        of::<commits::StoredCommit<'_>>(),
        of::<control::StoredKey>(),
        of::<control::StoredTenant>(),
        of::<control_sums::StoredSum>(),
        of::<exports::StoredExport>(),
        of::<manifest::StoredRange>(),
        of::<manifest::StoredSegment>(),
        of::<meta::StoredMark>(),
        of::<saved_searches::StoredSearch>(),
        of::<trees::StoredHash<'_>>(),
        of::<trees::StoredLog>(),
    ]
    .into()
}
