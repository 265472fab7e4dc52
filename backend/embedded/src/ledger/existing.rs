//! Owns how the ledger of an existing data directory is opened. A ledger that was closed cleanly must match the
//! checksums that were recorded then. `open_ledger` then applies the migrations that the ledger lacks;
//! `open_current_ledger` refuses a ledger that lacks one.

use std::fs;

use crate::{
    data_directory::Paths,
    error::OpenError,
    ledger::{Ledger, LedgerKey, StopFile, StopRecord, migrations::Migrations},
};

/// A ledger that was closed cleanly has checksums beside it, and must match them byte by byte.
pub(crate) fn open_ledger(paths: &Paths, key: &LedgerKey) -> Result<Ledger, OpenError> {
    open_and_migrate(paths, key, Migrations::RELEASED)
}

/// The same without migrating it.
///
/// # Errors
/// [`StoreError::OlderTables`](crate::error::StoreError::OlderTables) where migrations are missing.
pub(crate) fn open_current_ledger(paths: &Paths, key: &LedgerKey) -> Result<Ledger, OpenError> {
    open_migrated(paths, key, Migrations::RELEASED)
}

/// Opens a ledger to which all of these migrations have been applied.
pub(super) fn open_migrated(paths: &Paths, key: &LedgerKey, migrations: Migrations) -> Result<Ledger, OpenError> {
    let ledger = open_verified(paths, key, migrations)?;
    ledger.refuse_older()?;
    Ok(ledger)
}

/// Opens a ledger, and applies those of these migrations that it lacks.
pub(super) fn open_and_migrate(paths: &Paths, key: &LedgerKey, migrations: Migrations) -> Result<Ledger, OpenError> {
    let mut ledger = open_verified(paths, key, migrations)?;
    ledger.migrate(paths)?;
    Ok(ledger)
}

fn open_verified(paths: &Paths, key: &LedgerKey, migrations: Migrations) -> Result<Ledger, OpenError> {
    let path = paths.ledger();
    if !fs::symlink_metadata(&path).is_ok_and(|metadata| metadata.is_file()) {
        let detail = "the file ledger.db is missing".into();
        return Err(OpenError::Incomplete { path: paths.root().to_owned(), detail });
    }
    let file = StopRecord::read(&paths.ledger_sums(), key)?;
    if let StopFile::Read(StopRecord::Closed(sums)) = &file {
        if fs::metadata(paths.wal()).is_ok_and(|wal| wal.len() > 0) {
            let detail = "ledger.db was closed, and yet there is a ledger.db-wal that is not empty".into();
            return Err(OpenError::Corrupted { detail });
        }
        if let Some(finding) = sums.findings(&path)?.first() {
            let detail = format!("ledger.db, offset {}: {}", finding.offset, finding.detail);
            return Err(OpenError::Corrupted { detail });
        }
    }
    let ledger = Ledger::open(&path, key, migrations)?;
    if let Some(finding) = ledger.stop_finding(&file)? {
        return Err(OpenError::Corrupted { detail: finding.to_owned() });
    }
    Ok(ledger)
}
