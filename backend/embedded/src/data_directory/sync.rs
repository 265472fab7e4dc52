//! Makes written data survive power loss. The feature `without-sync` turns syncs off. It exists only to show that the
//! power-cut test fails without them.

use std::{fs::File, path::Path};

/// Waits until the file's bytes and length are on disk.
///
/// # Errors
/// The file system's error. After an error the file's state is unknown: never retry, write another file.
pub(crate) fn sync_file(file: &File) -> std::io::Result<()> {
    if cfg!(feature = "without-sync") {
        return Ok(());
    }
    file.sync_all()
}

/// Waits until the directory's entries are on disk: files that were created, renamed or removed in it.
///
/// # Errors
/// The file system's error.
pub(crate) fn sync_directory(path: &Path) -> std::io::Result<()> {
    if cfg!(feature = "without-sync") {
        return Ok(());
    }
    File::open(path)?.sync_all()
}
