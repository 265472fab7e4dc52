//! Owns the errors of opening a store, and those behind the traits.

use std::{
    io::ErrorKind,
    path::{Path, PathBuf},
};

use auditlog_core::{
    store::{AppendError, QueryError},
    timestamp::Timestamp,
};

/// Why a store was not opened. Each text says what to do where the operator can do something.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another process, or another store in this one, has the directory open.
    #[error("{} is in use by {holder}; stop that first", path.display())]
    Locked {
        /// The data directory.
        path: PathBuf,
        /// The process that has it open, as far as the lock file says.
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
    /// The directory holds something else, and is not changed.
    #[error("{} is neither empty nor a data directory: there is {found} in it; name an empty or a new one", path.display())]
    Foreign {
        /// The directory.
        path: PathBuf,
        /// One of the names in it.
        found: String,
    },
    /// One of our names is a symbolic link. Links are never followed: they may lead to files of other users.
    #[error("{} is a symbolic link, and links are never followed; put the file or directory itself there", path.display())]
    Link {
        /// The link.
        path: PathBuf,
    },
    /// The ledger lacks events that sealed files hold: it is older than they are.
    #[error(
        "ledger.db is older than the files beside it: {detail}. Nothing was changed, except that tables of an \
         earlier release may have been migrated. Restore the ledger.db that belongs to them; or, to continue with the older one and without their events, move these files away yourself: {}",
        listed(files)
    )]
    OlderLedger {
        /// The evidence.
        detail: String,
        /// The files with events that the ledger does not have.
        files: Vec<PathBuf>,
    },
    /// A required file is missing, or there is a file that must not exist.
    #[error("{} is not a complete data directory: {detail}; restore it from a backup", path.display())]
    Incomplete {
        /// The data directory.
        path: PathBuf,
        /// What is missing.
        detail: String,
    },
    /// Stored bytes differ from what was written.
    #[error(
        "{detail}. Nothing was changed, except that tables of an earlier release may have been migrated. Run `auditlog \
         check --data-dir` to see all damage, then restore a backup"
    )]
    Corrupted {
        /// The bytes and what is wrong with them.
        detail: String,
    },
    /// The clock is plainly wrong; events stored now would carry wrong times permanently.
    #[error(
        "the clock shows {now}, and {reason}; set the clock, then start again; or, where it is right now and was wrong \
         before, start once with `auditlog serve --reset-clock`"
    )]
    Clock {
        /// The time it shows.
        now: Timestamp,
        /// Why that cannot be right.
        reason: String,
    },
    /// The disk could not be read or written, or the ledger is of another release.
    #[error(transparent)]
    Unavailable(StoreError),
}

fn listed(files: &[PathBuf]) -> String {
    files.iter().map(|file| file.display().to_string()).collect::<Vec<_>>().join(", ")
}

/// An error between the store and its disk.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// A file or directory could not be read, written or synced.
    #[error("{}: {source}", path.display())]
    Io {
        /// The path.
        path: PathBuf,
        /// The system's error.
        source: std::io::Error,
    },
    /// SQLite refused.
    #[error("ledger.db: {0}")]
    Ledger(#[from] rusqlite::Error),
    /// A later release migrated the ledger.
    #[error(
        "ledger.db has tables of version {found}, and this release reads versions up to {newest}; use a newer release"
    )]
    NewerTables {
        /// The version of the tables.
        found: i64,
        /// The newest version that this release knows.
        newest: i64,
    },
    /// An earlier release wrote the ledger, and it can only be read once it is migrated.
    #[error(
        "ledger.db has tables of version {found}, and this release reads version {newest}; start the server once, which \
         migrates them"
    )]
    OlderTables {
        /// The version of the tables.
        found: i64,
        /// The version that this release reads.
        newest: i64,
    },
    /// Stored bytes differ from what was written.
    #[error("stored data is damaged: {0}")]
    Corrupted(String),
    /// Stored bytes could not be read.
    #[error("stored data cannot be read: {0}")]
    Unread(String),
    /// The store is closing, or has stopped after a failed write.
    #[error("the store has stopped: {0}")]
    Stopped(String),
}

impl StoreError {
    /// Adds the path of the file to an I/O error.
    pub(crate) fn io(path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        move |source| Self::Io { path: path.to_owned(), source }
    }

    /// The refusal of a request that could not be decided. Only a store that has stopped refuses all others too.
    pub(crate) fn refusal(self) -> AppendError {
        match self {
            Self::Stopped(reason) => AppendError::Stopped(reason),
            Self::Io { .. }
            | Self::Ledger(_)
            | Self::NewerTables { .. }
            | Self::OlderTables { .. }
            | Self::Corrupted(_)
            | Self::Unread(_) => AppendError::Unavailable(self.to_string()),
        }
    }

    /// Whether the disk was full, so that the write can be retried once there is space.
    pub(crate) fn is_disk_full(&self) -> bool {
        match self {
            Self::Io { source, .. } => matches!(source.kind(), ErrorKind::StorageFull | ErrorKind::QuotaExceeded),
            Self::Ledger(error) => error.sqlite_error_code() == Some(rusqlite::ErrorCode::DiskFull),
            Self::NewerTables { .. }
            | Self::OlderTables { .. }
            | Self::Corrupted(_)
            | Self::Unread(_)
            | Self::Stopped(_) => false,
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
            other => Self::Unread(other.to_string()),
        }
    }
}
