//! Owns the data directory: where each file lies, which process may have the directory open, the secrets and the
//! format. Knows nothing of the contents of the ledger and the segments.

mod contents;
pub(crate) mod durable;
mod format;
mod free_space;
mod lock;
pub(crate) mod private;
pub(crate) mod quarantine;
mod reserve;
mod secrets;
pub(crate) mod sync;

use std::{
    fs,
    io::ErrorKind,
    os::unix::fs::DirBuilderExt as _,
    path::{Path, PathBuf},
};

use auditlog_core::{
    clock::Entropy,
    timestamp::{MICROS_PER_DAY, Timestamp},
};

pub(crate) use free_space::free_bytes;
pub(crate) use reserve::Reserve;
pub use secrets::Secrets;

use crate::error::{OpenError, StoreError};

/// A data directory that this process alone has open, for as long as the value lives.
#[derive(Debug)]
pub(crate) struct DataDirectory {
    paths: Paths,
    secrets: Secrets,
    origin: Origin,
    _lock: lock::Lock,
}

/// Whether a directory held a store before it was opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Origin {
    /// It did not; the ledger must be created, and then [`DataDirectory::finish_creation`] called.
    New,
    /// It did; the ledger must exist.
    Existing,
}

/// Where each file lies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Paths {
    root: PathBuf,
}

impl Paths {
    pub(crate) fn new(root: &Path) -> Self {
        Self { root: root.to_owned() }
    }

    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    pub(crate) fn ledger(&self) -> PathBuf {
        self.root.join("ledger.db")
    }

    pub(crate) fn wal(&self) -> PathBuf {
        self.root.join("ledger.db-wal")
    }

    pub(crate) fn ledger_sums(&self) -> PathBuf {
        self.root.join("ledger.sum")
    }

    pub(crate) fn segments(&self) -> PathBuf {
        self.root.join("segments")
    }

    /// The directory of the segments whose events were received on this UTC day: `segments/2026-11-23`.
    pub(crate) fn day(&self, day: i64) -> PathBuf {
        let date = Timestamp::from_micros(day.saturating_mul(MICROS_PER_DAY)).to_string();
        self.segments().join(date.split('T').next().unwrap_or(&date))
    }

    /// The directory of the export files, with a subdirectory for each tenant.
    pub(crate) fn exports(&self) -> PathBuf {
        self.root.join("exports")
    }

    /// The directory for unknown files found below `segments/`.
    pub(crate) fn quarantine(&self) -> PathBuf {
        self.root.join("quarantine")
    }

    /// Disk space reserved for changes that protect or free space.
    pub(crate) fn reserve(&self) -> PathBuf {
        self.root.join("RESERVE")
    }

    /// All our files and directories with a fixed name.
    fn own(&self) -> [PathBuf; 13] {
        [
            self.format(),
            self.lock(),
            self.ledger(),
            self.wal(),
            self.root.join("ledger.db-shm"),
            self.root.join("ledger.db-journal"),
            self.ledger_sums(),
            self.secrets(),
            self.segments(),
            self.exports(),
            self.quarantine(),
            self.reserve(),
            self.root.join("FORMAT.new"),
        ]
    }

    fn format(&self) -> PathBuf {
        self.root.join("FORMAT")
    }

    fn lock(&self) -> PathBuf {
        self.root.join("LOCK")
    }

    fn secrets(&self) -> PathBuf {
        self.root.join("secrets")
    }
}

impl DataDirectory {
    /// Opens the directory for writing, creates it where it does not exist, and locks it. A directory that holds
    /// something else is refused and not changed.
    pub(crate) fn open(root: &Path, entropy: &dyn Entropy) -> Result<Self, OpenError> {
        let paths = Paths::new(root);
        contents::refuse_foreign(&paths)?;
        contents::refuse_links(&paths)?;
        make_root(root)?;
        let lock = lock::Lock::take(root, &paths.lock())?;
        let origin = match format::read(root, &paths.format())? {
            Some(_) => Origin::Existing,
            None => Origin::New,
        };
        let secrets = match origin {
            Origin::New => {
                private::make_directory(&paths.secrets())?;
                private::make_directory(&paths.segments())?;
                sync_name(root)?;
                // SQLite gives its other files the mode of this one.
                let ledger = paths.ledger();
                private::open(&ledger, private::owner_only().write(true).create(true))
                    .map_err(StoreError::io(&ledger))?;
                Secrets::create(&paths.secrets(), entropy)?
            }
            Origin::Existing => {
                paths.protect();
                Secrets::read(root, &paths.secrets())?
            }
        };
        Ok(Self { paths, secrets, origin, _lock: lock })
    }

    /// Opens the directory of a stopped store. Nothing is created, changed or repaired.
    pub(crate) fn open_stopped(root: &Path) -> Result<Self, OpenError> {
        let paths = Paths::new(root);
        contents::refuse_links(&paths)?;
        let lock = lock::Lock::take_read_only(root, &paths.lock())?;
        if format::read(root, &paths.format())?.is_none() {
            return Err(OpenError::Incomplete { path: root.to_owned(), detail: "the file FORMAT is missing".into() });
        }
        let secrets = Secrets::read(root, &paths.secrets())?;
        Ok(Self { paths, secrets, origin: Origin::Existing, _lock: lock })
    }

    pub(crate) fn paths(&self) -> &Paths {
        &self.paths
    }

    pub(crate) fn secrets(&self) -> &Secrets {
        &self.secrets
    }

    pub(crate) fn origin(&self) -> Origin {
        self.origin
    }

    /// Records the format, as the last step: a directory without it was never finished. From then on the directory is
    /// recognised as ours.
    pub(crate) fn finish_creation(&self) -> Result<(), StoreError> {
        format::write(&self.paths.format())?;
        self.paths.protect();
        Ok(())
    }
}

impl Paths {
    /// Removes the permissions of other users from the directory and everything in it that has a fixed name.
    fn protect(&self) {
        private::protect_directory(&self.root);
        for path in self.own() {
            match fs::symlink_metadata(&path) {
                Ok(metadata) if metadata.is_dir() => private::protect_directory(&path),
                Ok(metadata) if metadata.is_file() => match private::open_for_reading(&path) {
                    Ok(file) => private::protect_file(&file, &path),
                    Err(error) => {
                        tracing::warn!(path = %path.display(), %error, "other users may have permissions on it");
                    }
                },
                _ => {}
            }
        }
    }
}

/// Creates the directory where it does not exist. An existing one is not changed: it may not be ours.
fn make_root(root: &Path) -> Result<(), StoreError> {
    if root.is_dir() {
        return Ok(());
    }
    fs::DirBuilder::new().recursive(true).mode(0o700).create(root).map_err(StoreError::io(root))
}

/// Makes the directory's own name durable, also where an earlier first start created it and failed to sync it.
fn sync_name(root: &Path) -> Result<(), StoreError> {
    match durable::sync_parent(root) {
        // The parent of a directory that was provided to us may not be readable; its creator has synced it.
        Err(StoreError::Io { source, .. }) if source.kind() == ErrorKind::PermissionDenied => Ok(()),
        synced => synced,
    }
}
