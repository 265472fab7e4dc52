//! Owns the data directory: where each file lies, who may have the directory open, its secrets and its format. Knows
//! nothing of what the ledger and the segments hold.

pub(crate) mod durable;
mod format;
mod free_space;
mod lock;
mod secrets;

use std::{
    fs,
    io::ErrorKind,
    os::unix::fs::{DirBuilderExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
};

use auditlog_core::{
    clock::Entropy,
    timestamp::{MICROS_PER_DAY, Timestamp},
};

pub(crate) use free_space::free_bytes;
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
    /// It did not; the ledger is to be made, and then [`DataDirectory::finish_creation`] called.
    New,
    /// It did; the ledger must be there.
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

    /// The directory of the files of exports, one below it for each tenant.
    pub(crate) fn exports(&self) -> PathBuf {
        self.root.join("exports")
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
    /// Opens the directory for writing, makes it where it is not there, and locks it.
    pub(crate) fn open(root: &Path, entropy: &dyn Entropy) -> Result<Self, OpenError> {
        let paths = Paths::new(root);
        make_private(root)?;
        let lock = lock::Lock::take(root, &paths.lock())?;
        let origin = match format::read(root, &paths.format())? {
            Some(_) => Origin::Existing,
            None => Origin::New,
        };
        if origin == Origin::New {
            refuse_leftovers(&paths)?;
            make_private(&paths.secrets())?;
            make_private(&paths.segments())?;
            sync_name(root)?;
        }
        let secrets = match origin {
            Origin::New => Secrets::create(&paths.secrets(), entropy)?,
            Origin::Existing => Secrets::read(root, &paths.secrets())?,
        };
        Ok(Self { paths, secrets, origin, _lock: lock })
    }

    /// Opens the directory of a stopped store. Nothing is made, changed or repaired.
    pub(crate) fn open_stopped(root: &Path) -> Result<Self, OpenError> {
        let paths = Paths::new(root);
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

    /// Records the format, last of all: a directory without it is one that was never finished.
    pub(crate) fn finish_creation(&self) -> Result<(), StoreError> {
        format::write(&self.paths.format())
    }
}

/// Makes a directory with mode 0700, and takes other people's rights away from one that is there.
pub(crate) fn make_private(path: &Path) -> Result<(), StoreError> {
    if let Ok(metadata) = fs::metadata(path) {
        if metadata.permissions().mode() & 0o077 != 0
            && let Err(error) = fs::set_permissions(path, fs::Permissions::from_mode(0o700))
        {
            // A volume may belong to somebody else; the secrets below are checked one by one.
            tracing::warn!(path = %path.display(), %error, "other users may look into the data directory");
        }
        return Ok(());
    }
    fs::DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(StoreError::io(path))
}

/// Makes the directory's own name durable, also where an earlier first start made it and failed to sync that.
fn sync_name(root: &Path) -> Result<(), StoreError> {
    match durable::sync_parent(root) {
        // A directory that was given to us may lie where we cannot look; whoever made it has synced it.
        Err(StoreError::Io { source, .. }) if source.kind() == ErrorKind::PermissionDenied => Ok(()),
        synced => synced,
    }
}

/// Without a format there may be nothing but what a first start that was cut short leaves behind.
fn refuse_leftovers(paths: &Paths) -> Result<(), OpenError> {
    let segments = paths.segments();
    let Ok(mut entries) = fs::read_dir(&segments) else { return Ok(()) };
    if entries.next().is_none() {
        return Ok(());
    }
    let detail = "there are segments, but the file FORMAT is missing".into();
    Err(OpenError::Incomplete { path: paths.root.clone(), detail })
}
