//! Owns the file LOCK: at most one process has a data directory open.

use std::{
    fs::{File, TryLockError},
    io::{Read as _, Seek as _, Write as _},
    path::Path,
};

use crate::{
    data_directory::private,
    error::{OpenError, StoreError},
};

/// The system releases the lock when the file is closed, also when the process is killed.
#[derive(Debug)]
pub(super) struct Lock {
    _file: File,
}

impl Lock {
    pub(super) fn take(root: &Path, path: &Path) -> Result<Self, OpenError> {
        let opened = private::open(path, private::owner_only().read(true).write(true).create(true).truncate(false));
        let mut file = opened.map_err(StoreError::io(path))?;
        lock(&mut file, root, path)?;
        // The next process that is refused reads here which process holds the lock. Nothing depends on it, so it needs
        // no sync.
        let holder = format!("process {}\n", std::process::id());
        file.set_len(0).and_then(|()| file.write_all(holder.as_bytes())).map_err(StoreError::io(path))?;
        Ok(Self { _file: file })
    }

    /// Takes the lock without changing a byte of the directory.
    pub(super) fn take_read_only(root: &Path, path: &Path) -> Result<Self, OpenError> {
        let mut file = private::open_for_reading(path).map_err(StoreError::io(path))?;
        lock(&mut file, root, path)?;
        Ok(Self { _file: file })
    }
}

fn lock(file: &mut File, root: &Path, path: &Path) -> Result<(), OpenError> {
    match file.try_lock() {
        Ok(()) => Ok(()),
        Err(TryLockError::WouldBlock) => {
            let mut holder = String::new();
            let read = file.rewind().and_then(|()| file.read_to_string(&mut holder));
            let named = read.is_ok() && !holder.trim().is_empty();
            let holder = if named { holder.trim().to_owned() } else { "another process".to_owned() };
            Err(OpenError::Locked { path: root.to_owned(), holder })
        }
        Err(TryLockError::Error(error)) => Err(StoreError::io(path)(error).into()),
    }
}
