//! Owns the classification of a directory as ours, empty or foreign, before anything in it is changed.

use std::{ffi::OsString, fs, io::ErrorKind, path::Path};

use crate::{
    data_directory::{Paths, private},
    error::{OpenError, StoreError},
};

/// The files that an interrupted first start may leave behind.
const UNFINISHED: [&str; 9] = [
    "LOCK",
    "FORMAT.new",
    "RESERVE",
    "secrets",
    "segments",
    "ledger.db",
    "ledger.db-journal",
    "ledger.db-wal",
    "ledger.db-shm",
];

/// The directory that the system creates in the root of each ext4 file system.
const LOST_AND_FOUND: &str = "lost+found";

/// Refuses a directory that is neither empty nor ours.
pub(super) fn refuse_foreign(paths: &Paths) -> Result<(), OpenError> {
    if fs::symlink_metadata(paths.format()).is_ok() {
        return Ok(());
    }
    let names = names_in(paths.root())?;
    // Each first start creates the file LOCK before anything else, so other files without it are foreign.
    let is_begun = names.iter().any(|name| name == "LOCK");
    let foreign = names.iter().find(|name| *name != LOST_AND_FOUND && !(is_begun && is_unfinished(name)));
    let holds_segments = private::is_directory(&paths.segments()) && !names_in(&paths.segments())?.is_empty();
    let holds_ledger = fs::symlink_metadata(paths.ledger()).is_ok();
    match foreign {
        _ if holds_segments && (holds_ledger || foreign.is_none()) => {
            let detail = "there are segments, but the file FORMAT is missing".into();
            Err(OpenError::Incomplete { path: paths.root().to_owned(), detail })
        }
        Some(name) => {
            Err(OpenError::Foreign { path: paths.root().to_owned(), found: name.to_string_lossy().into_owned() })
        }
        None => Ok(()),
    }
}

/// Refuses a directory in which something of ours is a symbolic link.
pub(super) fn refuse_links(paths: &Paths) -> Result<(), OpenError> {
    for path in paths.own() {
        if fs::symlink_metadata(&path).is_ok_and(|metadata| metadata.is_symlink()) {
            return Err(OpenError::Link { path });
        }
    }
    Ok(())
}

fn is_unfinished(name: &OsString) -> bool {
    UNFINISHED.iter().any(|unfinished| name == unfinished)
}

/// The names in a directory; none where it does not exist.
fn names_in(directory: &Path) -> Result<Vec<OsString>, StoreError> {
    let names = fs::read_dir(directory).and_then(|entries| entries.map(|entry| Ok(entry?.file_name())).collect());
    match names {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(Vec::new()),
        names => names.map_err(StoreError::io(directory)),
    }
}
