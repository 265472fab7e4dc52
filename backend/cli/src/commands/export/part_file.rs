//! A partly downloaded file. It lies beside its final name until it is complete and verified.

use std::{
    ffi::OsString,
    fs::{self, File, OpenOptions},
    io::{self, Read, Seek, Write},
    path::{Path, PathBuf},
};

use sha2::{Digest, Sha256};

use crate::failure::Failure;

const BUFFER_BYTES: usize = 256 << 10;

/// The downloaded part of a file.
pub(super) struct PartFile {
    target: PathBuf,
    path: PathBuf,
    file: File,
    digest: Sha256,
    length: u64,
    /// How many bytes an earlier command left.
    found: u64,
}

impl PartFile {
    /// Starts an empty file.
    pub(super) fn begin(target: &Path) -> Result<Self, Failure> {
        Self::open(target, |file| file.set_len(0))
    }

    /// Opens the file to append to its existing bytes.
    pub(super) fn resume(target: &Path) -> Result<Self, Failure> {
        Self::open(target, |_| Ok(()))
    }

    fn open(target: &Path, prepare: impl FnOnce(&File) -> io::Result<()>) -> Result<Self, Failure> {
        let path = beside(target, ".part");
        let open = || {
            let mut file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&path)?;
            prepare(&file)?;
            let (digest, length) = digest_of(&mut file)?;
            Ok((file, digest, length))
        };
        let (file, digest, length) = open().map_err(|error: io::Error| unwritable(&path, &error))?;
        Ok(Self { target: target.to_owned(), path, file, digest, length, found: length })
    }

    pub(super) fn length(&self) -> u64 {
        self.length
    }

    /// How many bytes existed before this command.
    pub(super) fn found(&self) -> u64 {
        self.found
    }

    /// The path while the file is incomplete.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn append(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        self.file.write_all(bytes).map_err(|error| unwritable(&self.path, &error))?;
        self.digest.update(bytes);
        self.length += bytes.len() as u64;
        Ok(())
    }

    /// Discards all bytes.
    pub(super) fn restart(&mut self) -> Result<(), Failure> {
        self.file.set_len(0).and_then(|()| self.file.rewind()).map_err(|error| unwritable(&self.path, &error))?;
        (self.digest, self.length, self.found) = (Sha256::new(), 0, 0);
        Ok(())
    }

    /// The SHA-256 of the bytes so far, in hexadecimal digits.
    pub(super) fn sha256(&self) -> String {
        format!("{:x}", self.digest.clone().finalize())
    }

    /// Moves the file to its final name, with the manifest beside it. The file appears last, and complete.
    pub(super) fn put_in_place(self, manifest: &str) -> Result<(), Failure> {
        self.file.sync_all().map_err(|error| unwritable(&self.path, &error))?;
        let manifest_path = beside(&self.target, ".manifest.json");
        write_synced(&manifest_path, manifest).map_err(|error| unwritable(&manifest_path, &error))?;
        let directory = directory_of(&self.target);
        fs::rename(&self.path, &self.target)
            .and_then(|()| File::open(directory)?.sync_all())
            .map_err(|error| unwritable(&self.target, &error))
    }
}

/// The directory that holds a file.
pub(super) fn directory_of(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

/// A file's path with `ending` appended.
pub(super) fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(ending);
    PathBuf::from(name)
}

/// Reads the file to its end, and leaves its position there.
fn digest_of(file: &mut File) -> io::Result<(Sha256, u64)> {
    let (mut digest, mut length) = (Sha256::new(), 0);
    let mut buffer = vec![0; BUFFER_BYTES];
    loop {
        let count = file.read(&mut buffer)?;
        if count == 0 {
            return Ok((digest, length));
        }
        digest.update(&buffer[..count]);
        length += count as u64;
    }
}

fn write_synced(path: &Path, text: &str) -> io::Result<()> {
    let mut file = File::create(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

fn unwritable(path: &Path, error: &io::Error) -> Failure {
    Failure::caused_by(format!("{} cannot be written", path.display()), error)
}
