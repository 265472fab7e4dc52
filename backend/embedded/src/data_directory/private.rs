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

/// The permission bits of everybody but the owner.
const OTHERS: u32 = 0o077;
/// How the last part of a path is opened: not where it is a link, and without waiting where it is a pipe.
const GUARDED: OFlags = OFlags::NOFOLLOW.union(OFlags::NONBLOCK);

/// Options for a file that only its owner may read once it is made, and that is not opened where it is a link.
pub(crate) fn owner_only() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.mode(0o600).custom_flags(flags());
    options
}

/// Opens a regular file with these options, which come from [`owner_only`].
///
/// # Errors
/// What the system says, and where there is a link or anything else that is no regular file.
pub(crate) fn open(path: &Path, options: &OpenOptions) -> io::Result<File> {
    let file = options.open(path).map_err(explain)?;
    if file.metadata()?.is_file() {
        return Ok(file);
    }
    Err(io::Error::other("this is no regular file"))
}

/// Opens a regular file for reading.
///
/// # Errors
/// As [`open`].
pub(crate) fn open_for_reading(path: &Path) -> io::Result<File> {
    open(path, owner_only().read(true))
}

/// Reads a regular file; `None` where it is not there.
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

/// Takes the rights of others away from an open file. A volume may not allow that, which is only warned of.
pub(crate) fn protect_file(file: &File, path: &Path) {
    let changed = file.metadata().and_then(|metadata| {
        let is_open_to_others = metadata.permissions().mode() & OTHERS != 0;
        if is_open_to_others { file.set_permissions(Permissions::from_mode(0o600)).map(|()| true) } else { Ok(false) }
    });
    match changed {
        Ok(false) => {}
        Ok(true) => tracing::warn!(path = %path.display(), "other users had rights on this file; they were taken away"),
        Err(error) => tracing::warn!(path = %path.display(), %error, "other users may have rights on this file"),
    }
}

/// Makes a directory with mode 0700, and takes the rights of others away from one that is there. The path itself must
/// be ours, and no link.
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
    // The umask may have taken away rights of the owner too.
    if metadata.permissions().mode() & 0o777 != 0o700 {
        protect_directory(path);
    }
    Ok(())
}

/// Gives a directory of ours the mode 0700. A volume may belong to somebody else, which is only warned of.
pub(crate) fn protect_directory(path: &Path) {
    if let Err(error) = fs::set_permissions(path, Permissions::from_mode(0o700)) {
        tracing::warn!(path = %path.display(), %error, "other users may look into this directory");
    }
}

/// Whether there is a directory under this very name: a link to one is none.
pub(crate) fn is_directory(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok_and(|metadata| metadata.is_dir())
}

/// Names what the system calls too many levels of links.
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
