//! Owns how the ledger of an existing data directory is opened: what its last stop recorded must hold.

use std::fs;

use crate::{
    data_directory::Paths,
    error::OpenError,
    ledger::{Ledger, LedgerKey, StopFile, StopRecord},
};

/// A ledger that was closed cleanly has checksums beside it, and must match them byte by byte.
pub(crate) fn open_ledger(paths: &Paths, key: &LedgerKey) -> Result<Ledger, OpenError> {
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
    let ledger = Ledger::open(&path, key)?;
    match ledger.stop_finding(&file)? {
        None => Ok(ledger),
        Some(finding) => Err(OpenError::Corrupted { detail: finding.to_owned() }),
    }
}
