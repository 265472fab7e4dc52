//! Owns the file RESERVE: disk that is kept for changes that protect or free space, so that a key can be revoked on a
//! full disk.
//!
//! `min_free_bytes` keeps such room free from our own writes; this file keeps it from everybody else's. It is given up
//! when hardly anything is left, and made again when there is space.

use std::{
    fs,
    io::Write as _,
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
};

use auditlog_core::store::AppendError;
use rustix::fs::{FallocateFlags, fallocate};

use crate::{
    data_directory::{Paths, durable, free_bytes, private},
    error::StoreError,
};

const MIB: u64 = 1 << 20;

/// How much is kept: a change of control data adds about 100 KiB to the write-ahead log, so more than a hundred.
const RESERVE_BYTES: u64 = 16 * MIB;
/// With less free disk the reserve is given up before a change that protects.
const RELEASED_BELOW_BYTES: u64 = 8 * MIB;
/// Where not even so much can be had, the reserve given up, such a change is refused too: a commit that fails stops the
/// store.
const NEEDED_BYTES: u64 = 2 * MIB;
/// What a file's length in blocks counts.
const BLOCK_BYTES: u64 = 512;

/// The disk that is kept.
#[derive(Debug)]
pub(crate) struct Reserve {
    root: PathBuf,
    path: PathBuf,
    min_free_bytes: u64,
    is_whole: bool,
}

impl Reserve {
    /// Takes over what an earlier start kept: gives it up where the ledger needs it now, and makes it where there is
    /// space. A reserve that cannot be made keeps nobody from starting.
    pub(crate) fn open(paths: &Paths, min_free_bytes: u64) -> Self {
        let path = paths.reserve();
        let is_whole = is_whole(&path);
        let mut reserve = Self { root: paths.root().to_owned(), path, min_free_bytes, is_whole };
        // Where the system does not say how much is free, the writes themselves will tell.
        if let Ok(free_bytes) = free_bytes(&reserve.root) {
            if reserve.is_whole && free_bytes < RELEASED_BELOW_BYTES {
                reserve.release();
            }
            reserve.restore(free_bytes);
        }
        reserve
    }

    /// Whether an ordinary change may be written: at least the configured minimum is free. Makes the reserve again where
    /// it was given up and there is space now.
    pub(crate) fn check_ordinary(&mut self) -> Result<(), AppendError> {
        let Ok(free_bytes) = free_bytes(&self.root) else { return Ok(()) };
        if free_bytes < self.min_free_bytes {
            return Err(AppendError::InsufficientStorage { free_bytes, min_free_bytes: self.min_free_bytes });
        }
        self.restore(free_bytes);
        Ok(())
    }

    /// Makes room for a change that protects or frees space. Fails only where the reserve is used up too.
    pub(crate) fn make_room(&mut self) -> Result<(), AppendError> {
        let Ok(free_bytes) = free_bytes(&self.root) else { return Ok(()) };
        if free_bytes < RELEASED_BELOW_BYTES && self.is_whole {
            self.release();
        }
        if free_bytes >= RELEASED_BELOW_BYTES || self.can_write() {
            return Ok(());
        }
        Err(AppendError::InsufficientStorage { free_bytes, min_free_bytes: NEEDED_BYTES })
    }

    /// Whether the system gives this process as much disk as a change needs. What it says is free may be less than that,
    /// where some is kept for root, or more, where there are quotas: so it is asked for.
    fn can_write(&self) -> bool {
        let can_write = allocate(&self.path, NEEDED_BYTES).is_ok();
        durable::remove_file(&self.path).is_ok() && can_write
    }

    fn release(&mut self) {
        tracing::warn!(path = %self.path.display(), "the disk is full: what was kept for protective changes is given up");
        self.is_whole = false;
        if let Err(error) = durable::remove_file(&self.path) {
            tracing::warn!(%error, "the reserve cannot be given up");
        }
    }

    fn restore(&mut self, free_bytes: u64) {
        if self.is_whole || free_bytes < self.min_free_bytes.saturating_add(RESERVE_BYTES + RELEASED_BELOW_BYTES) {
            return;
        }
        // Tried again by the next start where it fails, or by the next release: not at every commit.
        self.is_whole = true;
        if let Err(error) = allocate(&self.path, RESERVE_BYTES) {
            tracing::warn!(%error, "no disk can be kept for changes that protect or free space");
            // What was made of it takes space and serves nobody; a failure was told above.
            drop(durable::remove_file(&self.path));
        }
    }
}

/// Makes a file of this length, its blocks included.
fn allocate(path: &Path, bytes: u64) -> Result<(), StoreError> {
    let options = private::owner_only().write(true).create(true).truncate(true).clone();
    let mut file = private::open(path, &options).map_err(StoreError::io(path))?;
    match fallocate(&file, FallocateFlags::empty(), 0, bytes) {
        Ok(()) => Ok(()),
        // Some file systems cannot give blocks to a file that is not written.
        Err(rustix::io::Errno::OPNOTSUPP) => {
            let zeros = vec![0; usize::try_from(MIB).unwrap_or(usize::MAX)];
            (0..bytes / MIB).try_for_each(|_| file.write_all(&zeros)).map_err(StoreError::io(path))
        }
        Err(error) => Err(StoreError::io(path)(error.into())),
    }
}

/// A copy of a data directory may hold the file's length without its blocks.
fn is_whole(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok_and(|metadata| {
        metadata.is_file() && metadata.len() == RESERVE_BYTES && metadata.blocks() * BLOCK_BYTES >= RESERVE_BYTES
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allocated(reserve: &Reserve) -> u64 {
        fs::symlink_metadata(&reserve.path).map_or(0, |metadata| metadata.blocks() * BLOCK_BYTES)
    }

    #[test]
    fn the_reserve_takes_blocks_and_gives_them_back() {
        let place = tempfile::tempdir().unwrap();
        let paths = Paths::new(place.path());
        let mut reserve = Reserve::open(&paths, 0);
        assert!(reserve.is_whole && allocated(&reserve) >= RESERVE_BYTES);
        reserve.release();
        assert_eq!(allocated(&reserve), 0);
        reserve.restore(RESERVE_BYTES);
        assert_eq!(allocated(&reserve), 0, "there is no space for it yet");
        reserve.restore(u64::MAX);
        assert!(allocated(&reserve) >= RESERVE_BYTES);
        fs::OpenOptions::new().write(true).open(&reserve.path).unwrap().set_len(0).unwrap();
        fs::OpenOptions::new().write(true).open(&reserve.path).unwrap().set_len(RESERVE_BYTES).unwrap();
        assert!(!is_whole(&reserve.path), "a length without blocks keeps nothing");
        assert!(allocated(&Reserve::open(&paths, 0)) >= RESERVE_BYTES);
    }

    #[test]
    fn too_little_free_disk_refuses_ordinary_changes_alone() {
        let place = tempfile::tempdir().unwrap();
        let mut reserve = Reserve::open(&Paths::new(place.path()), u64::MAX);
        assert_eq!(allocated(&reserve), 0, "there is less space than must stay free");
        assert!(matches!(reserve.check_ordinary(), Err(AppendError::InsufficientStorage { .. })));
        assert_eq!(reserve.make_room(), Ok(()));
    }
}
