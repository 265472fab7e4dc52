//! Owns files that hold secrets. Only their owner can read them, from the first byte on. They are never written through
//! a link, and replace a file only if the user owns it and no other user can read it.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Read, Write},
    os::unix::fs::{MetadataExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

use rustix::{fs::OFlags, process::geteuid};

use crate::failure::Failure;

/// The maximum size of a file of secrets.
const BYTES_MAX: u64 = 1 << 20;

/// A new file for a secret. It is created before the secret, so that no secret is created that cannot be stored.
/// Removed again if none is written.
#[derive(Debug)]
pub(crate) struct SecretFile {
    path: PathBuf,
    file: File,
    state: State,
}

#[derive(Debug, PartialEq, Eq)]
enum State {
    Empty,
    Written,
}

impl SecretFile {
    /// Creates the file. Fails if it exists already, even as a link.
    pub(crate) fn create(path: &Path) -> Result<Self, Failure> {
        match Self::try_create(path) {
            Ok(file) => Ok(file),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Err(Failure::failed(format!(
                "{} already exists, and secrets are written to new files only",
                path.display()
            ))
            .hint("name a file that does not exist, or remove this one")),
            Err(error) => Err(unwritable(path, &error)),
        }
    }

    /// Creates the first file of `name.key`, `name-2.key`, … that does not exist yet.
    pub(crate) fn create_numbered(name: &str, ending: &str) -> Result<Self, Failure> {
        const NUMBER_MAX: u32 = 99;
        for number in 1..=NUMBER_MAX {
            let suffix = if number == 1 { String::new() } else { format!("-{number}") };
            let path = PathBuf::from(format!("{name}{suffix}.{ending}"));
            match Self::try_create(&path) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(unwritable(&path, &error)),
                Ok(file) => return Ok(file),
            }
        }
        Err(Failure::failed(format!("{name}.{ending} already exists, and so do {NUMBER_MAX} names like it")))
    }

    fn try_create(path: &Path) -> io::Result<Self> {
        // A new file is never a link.
        let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
        Ok(Self { path: path.to_owned(), file, state: State::Empty })
    }

    /// The path of the file.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Writes the secret and makes the file durable, including its name.
    pub(crate) fn write(mut self, text: &str) -> Result<(), Failure> {
        let written = self.try_write(text);
        written.map_err(|error| unwritable(&self.path, &error))
    }

    fn try_write(&mut self, text: &str) -> io::Result<()> {
        writeln!(self.file, "{text}")?;
        self.file.sync_all()?;
        sync_directory(&self.path)?;
        self.state = State::Written;
        Ok(())
    }
}

impl Drop for SecretFile {
    fn drop(&mut self) {
        if self.state == State::Empty {
            // Otherwise an incomplete secret stays in a file that only its owner can read.
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// Reads a file of secrets; `None` if there is none.
///
/// # Errors
/// Refuses links, and files that other users own or may read: they may know the secrets in them.
pub(crate) fn read_secret_file(path: &Path) -> Result<Option<String>, Failure> {
    let flags = i32::try_from((OFlags::NOFOLLOW | OFlags::NONBLOCK).bits()).unwrap_or_default();
    let file = match OpenOptions::new().read(true).custom_flags(flags).open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) if is_link(path) => return Err(untrusted(path, "is a link").detail(error.to_string())),
        Err(error) => return Err(Failure::caused_by(format!("{} cannot be read", path.display()), &error)),
    };
    let unreadable = |error: io::Error| Failure::caused_by(format!("{} cannot be read", path.display()), &error);
    let metadata = file.metadata().map_err(unreadable)?;
    if !metadata.is_file() {
        return Err(untrusted(path, "is not a file"));
    }
    if metadata.uid() != geteuid().as_raw() {
        return Err(untrusted(path, "belongs to another user"));
    }
    if metadata.mode() & 0o077 != 0 {
        return Err(untrusted(path, "can be read by other users").hint(format!("chmod 600 {}", path.display())));
    }
    let mut text = String::new();
    file.take(BYTES_MAX).read_to_string(&mut text).map_err(unreadable)?;
    Ok(Some(text))
}

/// Atomically replaces a file that [`read_secret_file`] reads; a concurrent reader sees either version, complete.
pub(crate) fn replace_secret_file(path: &Path, text: &str) -> Result<(), Failure> {
    read_secret_file(path)?;
    let mut name = path.as_os_str().to_owned();
    name.push(".new");
    let new = PathBuf::from(name);
    // Left by an interrupted run; removing a link leaves its target alone.
    match fs::remove_file(&new) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(unwritable(&new, &error)),
        Err(_) | Ok(()) => {}
    }
    SecretFile::create(&new)?.write(text)?;
    let replace = || -> io::Result<()> {
        fs::rename(&new, path)?;
        sync_directory(path)
    };
    replace().map_err(|error| unwritable(path, &error))
}

fn is_link(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok_and(|metadata| metadata.is_symlink())
}

fn untrusted(path: &Path, why: &str) -> Failure {
    Failure::failed(format!("{} {why}, so no secrets are kept in it", path.display()))
        .hint("name another file, or remove this one")
}

fn unwritable(path: &Path, error: &io::Error) -> Failure {
    Failure::caused_by(format!("{} cannot be written", path.display()), error)
}

/// Makes a file's name durable by syncing its directory.
fn sync_directory(path: &Path) -> io::Result<()> {
    let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(directory)?.sync_all()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn a_secret_goes_to_a_new_file_of_its_owner() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("key");
        SecretFile::create(&path).unwrap().write("secret").unwrap();
        assert_eq!((fs::read_to_string(&path).unwrap().as_str(), mode(&path)), ("secret\n", 0o600));
        assert!(SecretFile::create(&path).is_err());
        assert_eq!(read_secret_file(&path).unwrap().as_deref(), Some("secret\n"));
        replace_secret_file(&path, "other").unwrap();
        assert_eq!((fs::read_to_string(&path).unwrap().as_str(), mode(&path)), ("other\n", 0o600));
    }

    #[test]
    fn nothing_is_left_where_no_secret_was_written() {
        let directory = tempfile::tempdir().unwrap();
        drop(SecretFile::create(&directory.path().join("key")).unwrap());
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 0);
    }

    #[test]
    fn no_secret_goes_through_a_link_or_into_a_file_of_others() {
        let directory = tempfile::tempdir().unwrap();
        let (target, link) = (directory.path().join("target"), directory.path().join("link"));
        symlink(&target, &link).unwrap();
        assert!(SecretFile::create(&link).is_err() && !target.exists());
        fs::write(&target, "untouched").unwrap();
        fs::set_permissions(&target, fs::Permissions::from_mode(0o644)).unwrap();
        for path in [&link, &target] {
            assert!(SecretFile::create(path).is_err());
            assert!(read_secret_file(path).is_err());
            assert!(replace_secret_file(path, "secret").is_err());
        }
        assert_eq!((fs::read_to_string(&target).unwrap().as_str(), mode(&target)), ("untouched", 0o644));
    }
}
