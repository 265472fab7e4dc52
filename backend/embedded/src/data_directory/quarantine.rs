//! Owns the directory `quarantine/`: unknown files found among ours are moved there, for people to inspect.

use std::{
    ffi::OsString,
    fs,
    io::ErrorKind,
    path::{Path, PathBuf},
};

use crate::{
    data_directory::{Paths, durable, private},
    error::StoreError,
};

/// Moves a file, link or directory from below `segments/` into quarantine, durably, and returns its new path. Nothing
/// existing is overwritten, and a link is moved itself.
///
/// # Errors
/// [`StoreError::Io`] where it could not be moved; it is then at its old path or at the new one.
pub(crate) fn take_in(paths: &Paths, stray: &Path) -> Result<PathBuf, StoreError> {
    let quarantine = paths.quarantine();
    private::make_directory(&quarantine)?;
    durable::sync_parent(&quarantine)?;
    let place = free_place(&quarantine, &name_of(paths, stray))?;
    // The directory is locked and used by no other process, so a name that was free still is.
    fs::rename(stray, &place).map_err(StoreError::io(stray))?;
    durable::sync_directory(&quarantine)?;
    durable::sync_parent(stray)?;
    Ok(place)
}

/// The path below `segments/` as one name: `2026-11-23.000000000000002a.parquet`.
fn name_of(paths: &Paths, stray: &Path) -> OsString {
    let segments = paths.segments();
    let parts = stray.strip_prefix(&segments).unwrap_or(stray).iter();
    parts.collect::<Vec<_>>().join(&OsString::from("."))
}

/// The name itself, or with the first free number appended.
fn free_place(quarantine: &Path, name: &OsString) -> Result<PathBuf, StoreError> {
    let mut place = quarantine.join(name);
    for number in 1.. {
        match fs::symlink_metadata(&place) {
            Err(error) if error.kind() == ErrorKind::NotFound => break,
            Err(error) => return Err(StoreError::io(&place)(error)),
            Ok(_) => {
                let mut numbered = name.clone();
                numbered.push(format!(".{number}"));
                place = quarantine.join(numbered);
            }
        }
    }
    Ok(place)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    use super::*;

    #[test]
    fn what_is_there_already_is_never_overwritten() {
        let root = tempfile::tempdir().unwrap();
        let paths = Paths::new(root.path());
        let day = paths.segments().join("2026-11-23");
        fs::create_dir_all(&day).unwrap();
        let mut places = Vec::new();
        for content in ["first", "second", "third"] {
            fs::write(day.join("notes.txt"), content).unwrap();
            places.push((take_in(&paths, &day.join("notes.txt")).unwrap(), content));
        }
        for (place, content) in &places {
            assert_eq!(fs::read_to_string(place).unwrap(), *content);
        }
        assert!(places[0].0.ends_with("quarantine/2026-11-23.notes.txt"), "{places:?}");
        assert_eq!(fs::metadata(paths.quarantine()).unwrap().permissions().mode() & 0o777, 0o700);
    }

    #[test]
    fn a_link_is_moved_itself() {
        let root = tempfile::tempdir().unwrap();
        let (paths, elsewhere) = (Paths::new(root.path()), tempfile::tempdir().unwrap());
        fs::create_dir_all(paths.segments()).unwrap();
        fs::write(elsewhere.path().join("kept"), "kept").unwrap();
        let link = paths.segments().join("2026-11-24");
        symlink(elsewhere.path(), &link).unwrap();
        let place = take_in(&paths, &link).unwrap();
        assert_eq!(fs::read_link(place).unwrap(), elsewhere.path());
        assert_eq!(fs::read_to_string(elsewhere.path().join("kept")).unwrap(), "kept");
    }
}
