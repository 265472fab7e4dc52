//! Owns how files and directories of the data directory are opened and created: accessible to their owner alone,
//! whatever the umask, and never through a symbolic link.

use std::{
    fs::{self, File, OpenOptions, Permissions},
    io::{self, ErrorKind, Read as _},
    os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _},
    path::Path,
};

use rustix::{fs::OFlags, io::Errno};

use crate::error::StoreError;

/// The permission bits of all users except the owner.
const OTHERS: u32 = 0o077;
/// Flags for opening the last part of a path: not if it is a link, and without waiting if it is a pipe.
const GUARDED: OFlags = OFlags::NOFOLLOW.union(OFlags::NONBLOCK);

/// Options for a file that only its owner may read once it is created, and that is not opened if it is a link.
pub(crate) fn owner_only() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.mode(0o600).custom_flags(flags());
    options
}

/// Opens a regular file with these options, which come from [`owner_only`].
///
/// # Errors
/// The system's error, and an error where the path is a link or anything else that is not a regular file.
pub(crate) fn open(path: &Path, options: &OpenOptions) -> io::Result<File> {
    let file = options.open(path).map_err(explain)?;
    if file.metadata()?.is_file() {
        return Ok(file);
    }
    Err(io::Error::other("this is not a regular file"))
}

/// Opens a regular file for reading.
///
/// # Errors
/// The same as [`open`].
pub(crate) fn open_for_reading(path: &Path) -> io::Result<File> {
    open(path, owner_only().read(true))
}

/// Reads a regular file; `None` where it does not exist.
pub(crate) fn read(path: &Path) -> io::Result<Option<Vec<u8>>> {
    let mut file = match open_for_reading(path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    Ok(Some(bytes))
}

/// Removes the permissions of other users from an open file. Where the volume does not allow it, only logs a warning.
pub(crate) fn protect_file(file: &File, path: &Path) {
    let changed = file.metadata().and_then(|metadata| {
        let is_open_to_others = metadata.permissions().mode() & OTHERS != 0;
        if is_open_to_others { file.set_permissions(Permissions::from_mode(0o600)).map(|()| true) } else { Ok(false) }
    });
    match changed {
        Ok(false) => {}
        Ok(true) => {
            tracing::warn!(path = %path.display(), "other users had permissions on this file; they were removed");
        }
        Err(error) => tracing::warn!(path = %path.display(), %error, "other users may have permissions on this file"),
    }
}

/// Creates a directory with mode 0700, and removes the permissions of other users from an existing one. The path itself
/// must be ours, and not a link.
pub(crate) fn make_directory(path: &Path) -> Result<(), StoreError> {
    let failed = |error| StoreError::io(path)(error);
    let found = match fs::symlink_metadata(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            fs::DirBuilder::new().mode(0o700).create(path).map_err(failed)?;
            fs::symlink_metadata(path)
        }
        found => found,
    };
    let metadata = found.map_err(failed)?;
    if metadata.is_symlink() {
        return Err(failed(explain(Errno::LOOP.into())));
    }
    if !metadata.is_dir() {
        return Err(failed(ErrorKind::NotADirectory.into()));
    }
    // The umask may have removed permissions of the owner too.
    if metadata.permissions().mode() & 0o777 != 0o700 {
        protect_directory(path);
    }
    Ok(())
}

/// Sets the mode of a directory of ours to 0700. Where another user owns the volume, only logs a warning.
pub(crate) fn protect_directory(path: &Path) {
    if let Err(error) = fs::set_permissions(path, Permissions::from_mode(0o700)) {
        tracing::warn!(path = %path.display(), %error, "other users may read this directory");
    }
}

/// Whether the path itself is a directory: a link to one is not.
pub(crate) fn is_directory(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok_and(|metadata| metadata.is_dir())
}

/// Explains the error that the system calls too many levels of links.
fn explain(error: io::Error) -> io::Error {
    if error.raw_os_error() == Some(Errno::LOOP.raw_os_error()) {
        return io::Error::other("this is a symbolic link, and links are never followed");
    }
    error
}

fn flags() -> i32 {
    // Flags of open are few and low bits.
    i32::try_from(GUARDED.bits()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn links_are_neither_read_nor_written_through() {
        let place = tempfile::tempdir().unwrap();
        let (target, link) = (place.path().join("target"), place.path().join("link"));
        fs::write(&target, "untouched").unwrap();
        symlink(&target, &link).unwrap();
        for opened in [open_for_reading(&link), open(&link, owner_only().write(true).create(true).truncate(true))] {
            assert!(opened.unwrap_err().to_string().contains("symbolic link"));
        }
        assert_eq!(fs::read(&target).unwrap(), b"untouched");
        assert!(open_for_reading(place.path()).is_err(), "a directory is no file");
        assert_eq!(read(&target).unwrap().as_deref(), Some(b"untouched".as_slice()));
        assert_eq!(read(&place.path().join("nothing")).unwrap(), None);
    }

    #[test]
    fn directories_are_made_for_their_owner_and_links_to_them_refused() {
        let place = tempfile::tempdir().unwrap();
        let (own, link) = (place.path().join("own"), place.path().join("link"));
        fs::create_dir(&own).unwrap();
        fs::set_permissions(&own, Permissions::from_mode(0o755)).unwrap();
        symlink(&own, &link).unwrap();
        assert!(make_directory(&link).unwrap_err().to_string().contains("symbolic link"));
        assert_eq!(fs::metadata(&own).unwrap().permissions().mode() & 0o777, 0o755);
        make_directory(&own).unwrap();
        assert_eq!(fs::metadata(&own).unwrap().permissions().mode() & 0o777, 0o700);
        assert!(is_directory(&own) && !is_directory(&link));
    }
}
