//! Owns the errors of opening a store, and those behind the traits.

use std::{
    io::ErrorKind,
    path::{Path, PathBuf},
};

use auditlog_core::{store::QueryError, timestamp::Timestamp};

/// Why a store was not opened. Each text says what to do where something can be done.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another process, or another store in this one, has the directory.
    #[error("{} is in use by {holder}; stop that first", path.display())]
    Locked {
        /// The data directory.
        path: PathBuf,
        /// Who has it, as far as the lock file tells.
        holder: String,
    },
    /// A later release wrote the directory.
    #[error("{} has format {found}, and this release reads formats up to {newest}; use a newer release", path.display())]
    NewerFormat {
        /// The data directory.
        path: PathBuf,
        /// The format it has.
        found: u32,
        /// The newest format this release knows.
        newest: u32,
    },
    /// The directory holds something else, and is left as it is.
    #[error("{} is neither empty nor a data directory: there is {found} in it; name an empty or a new one", path.display())]
    Foreign {
        /// The directory.
        path: PathBuf,
        /// One of the names in it.
        found: String,
    },
    /// Something of ours is a symbolic link. Links are never followed: they may lead to other people's files.
    #[error("{} is a symbolic link, and links are never followed; put the file or directory itself there", path.display())]
    Link {
        /// The link.
        path: PathBuf,
    },
    /// The ledger lacks events that sealed files hold: it is older than they are.
    #[error(
        "ledger.db is older than the files beside it: {detail}. Nothing was changed. Restore the ledger.db that belongs \
         to them; or, to go on with the older one and without their events, move these files away yourself: {}",
        listed(files)
    )]
    OlderLedger {
        /// What shows it.
        detail: String,
        /// The files with events that the ledger does not have.
        files: Vec<PathBuf>,
    },
    /// Something that must be there is missing, or something is there that cannot be.
    #[error("{} is no complete data directory: {detail}; restore it from a backup", path.display())]
    Incomplete {
        /// The data directory.
        path: PathBuf,
        /// What is missing.
        detail: String,
    },
    /// Stored bytes are not what was written.
    #[error("{detail}. Nothing was changed. Run `auditlog check --data-dir` to see all damage, then restore a backup")]
    Corrupted {
        /// Which bytes, and what is wrong with them.
        detail: String,
    },
    /// The clock is plainly wrong; events stored now would carry wrong times for ever.
    #[error(
        "the clock shows {now}, and {reason}; set the clock, then start again; or, where it is right now and was wrong \
         before, start once with `auditlog serve --reset-clock`"
    )]
    Clock {
        /// What it shows.
        now: Timestamp,
        /// Why that cannot be.
        reason: String,
    },
    /// The disk could not be read or written.
    #[error(transparent)]
    Unavailable(StoreError),
}

fn listed(files: &[PathBuf]) -> String {
    files.iter().map(|file| file.display().to_string()).collect::<Vec<_>>().join(", ")
}

/// What goes wrong between the store and its disk.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// A file or directory could not be read, written or synced.
    #[error("{}: {source}", path.display())]
    Io {
        /// Which.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// SQLite refused.
    #[error("ledger.db: {0}")]
    Ledger(#[from] rusqlite::Error),
    /// Stored bytes are not what was written.
    #[error("stored data is damaged: {0}")]
    Corrupted(String),
    /// The store is closing, or has stopped after a failed write.
    #[error("the store has stopped: {0}")]
    Stopped(String),
}

impl StoreError {
    /// Names the file that an I/O error concerns.
    pub(crate) fn io(path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        move |source| Self::Io { path: path.to_owned(), source }
    }

    /// Whether there was no disk for what was written, so that it can be written again once there is some.
    pub(crate) fn is_disk_full(&self) -> bool {
        match self {
            Self::Io { source, .. } => matches!(source.kind(), ErrorKind::StorageFull | ErrorKind::QuotaExceeded),
            Self::Ledger(error) => error.sqlite_error_code() == Some(rusqlite::ErrorCode::DiskFull),
            Self::Corrupted(_) | Self::Stopped(_) => false,
        }
    }
}

impl From<StoreError> for OpenError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Corrupted(detail) => Self::Corrupted { detail },
            other => Self::Unavailable(other),
        }
    }
}

impl From<StoreError> for QueryError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Corrupted(detail) => Self::Corrupted(detail),
            other => Self::Unavailable(other.to_string()),
        }
    }
}

impl From<QueryError> for StoreError {
    fn from(error: QueryError) -> Self {
        match error {
            QueryError::Corrupted(detail) => Self::Corrupted(detail),
            other => Self::Stopped(other.to_string()),
        }
    }
}
