//! Owns how small files are created and removed durably. The sync calls themselves are in `sync`.

use std::{fs, io::Write as _, path::Path};

use crate::{
    data_directory::{private, sync},
    error::StoreError,
};

/// Whether this build syncs. False only under the feature `without-sync`.
pub(crate) const SYNCS: bool = !cfg!(feature = "without-sync");

/// Returns when the names in the directory are on disk.
pub(crate) fn sync_directory(path: &Path) -> Result<(), StoreError> {
    sync::sync_directory(path).map_err(StoreError::io(path))
}

/// Writes a small file atomically: written beside, synced, renamed, directory synced. Mode 0600.
pub(crate) fn write_file(path: &Path, bytes: &[u8]) -> Result<(), StoreError> {
    let beside = path.with_extension("new");
    let options = private::owner_only().write(true).create(true).truncate(true).clone();
    let mut file = private::open(&beside, &options).map_err(StoreError::io(&beside))?;
    file.write_all(bytes).map_err(StoreError::io(&beside))?;
    sync::sync_file(&file).map_err(StoreError::io(&beside))?;
    fs::rename(&beside, path).map_err(StoreError::io(path))?;
    sync_parent(path)
}

/// Removes a file permanently. A missing file is no error; it may have been removed before without a sync.
pub(crate) fn remove_file(path: &Path) -> Result<(), StoreError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(StoreError::io(path)(error)),
        _ => sync_parent(path),
    }
}

/// Returns when the path's own name is on disk.
pub(crate) fn sync_parent(path: &Path) -> Result<(), StoreError> {
    match path.parent() {
        // A relative path of one name lies in the current directory.
        Some(parent) if parent.as_os_str().is_empty() => sync_directory(Path::new(".")),
        Some(parent) => sync_directory(parent),
        None => Ok(()),
    }
}
