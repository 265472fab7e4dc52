//! Owns the file RESERVE: disk space reserved for changes that protect or free space, so that a key can be revoked on a
//! full disk.
//!
//! `min_free_bytes` keeps the store's own writes out of such space; this file keeps other processes out. The file is
//! released slice by slice, one for each change that finds hardly any space left, because the process that fills the
//! disk also takes the released space. It is restored when there is space again.

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

/// The size of the reserve: eight slices, each for one change while another process takes all free disk space.
const RESERVE_BYTES: u64 = 16 * MIB;
/// With less free disk a slice of the reserve is released before a protective change.
const RELEASED_BELOW_BYTES: u64 = 4 * MIB;
/// The size of a slice.
const SLICE_BYTES: u64 = 2 * MIB;
/// A change of control data adds about 100 KiB to the write-ahead log. Where less than this can be written, such a
/// change is refused too, because a failed commit stops the store.
const NEEDED_BYTES: u64 = MIB;
/// The unit in which the system counts a file's blocks.
const BLOCK_BYTES: u64 = 512;

/// The reserved disk space.
#[derive(Debug)]
pub(crate) struct Reserve {
    root: PathBuf,
    path: PathBuf,
    min_free_bytes: u64,
    /// The current size of the file.
    kept_bytes: u64,
    /// Whether it could not be restored. Not retried before a slice of it is released or the next start.
    is_refused: bool,
}

impl Reserve {
    /// Takes over the reserve of an earlier start: releases a slice where the ledger needs it now, and restores it
    /// where there is space. A failure to create the reserve does not stop the start.
    pub(crate) fn open(paths: &Paths, min_free_bytes: u64) -> Self {
        let path = paths.reserve();
        let kept_bytes = kept_bytes(&path);
        let root = paths.root().to_owned();
        let mut reserve = Self { root, path, min_free_bytes, kept_bytes, is_refused: false };
        // Where the system does not report the free space, the writes themselves will fail.
        if let Ok(free_bytes) = free_bytes(&reserve.root) {
            if free_bytes < RELEASED_BELOW_BYTES {
                reserve.release_slice();
            }
            reserve.restore(free_bytes);
        }
        reserve
    }

    /// Whether an ordinary change may be written: at least the configured minimum is free. Restores the reserve where a
    /// part of it was released and there is space now.
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
        if free_bytes >= RELEASED_BELOW_BYTES {
            return Ok(());
        }
        self.release_slice();
        if self.can_write() {
            return Ok(());
        }
        Err(AppendError::InsufficientStorage { free_bytes, min_free_bytes: NEEDED_BYTES })
    }

    /// Whether the system lets this process allocate the space that a change needs. The reported free space may be too
    /// low, where some is kept for root, or too high, where there are quotas: so an allocation is tried.
    fn can_write(&self) -> bool {
        let probe = self.path.with_extension("probe");
        let can_write = allocate(&probe, NEEDED_BYTES).is_ok();
        durable::remove_file(&probe).is_ok() && can_write
    }

    fn release_slice(&mut self) {
        if self.kept_bytes == 0 {
            return;
        }
        let kept_bytes = self.kept_bytes.saturating_sub(SLICE_BYTES);
        tracing::warn!(
            path = %self.path.display(), kept_bytes,
            "the disk is full: a part of the reserve for protective changes is released"
        );
        match shrink(&self.path, kept_bytes) {
            Ok(()) => (self.kept_bytes, self.is_refused) = (kept_bytes, false),
            Err(error) => tracing::warn!(%error, "no part of the reserve can be released"),
        }
    }

    fn restore(&mut self, free_bytes: u64) {
        let wanted_bytes = self.min_free_bytes.saturating_add(RESERVE_BYTES + RELEASED_BELOW_BYTES);
        if self.kept_bytes == RESERVE_BYTES || self.is_refused || free_bytes < wanted_bytes {
            return;
        }
        match allocate(&self.path, RESERVE_BYTES) {
            Ok(()) => self.kept_bytes = RESERVE_BYTES,
            Err(error) => {
                tracing::warn!(%error, "no disk can be reserved for changes that protect or free space");
                (self.kept_bytes, self.is_refused) = (0, true);
                // A partly written file takes space and is of no use; the failure was logged above.
                drop(durable::remove_file(&self.path));
            }
        }
    }
}

/// Truncates the file to this length and so releases the rest.
fn shrink(path: &Path, bytes: u64) -> Result<(), StoreError> {
    let options = private::owner_only().write(true).clone();
    let file = private::open(path, &options).map_err(StoreError::io(path))?;
    // Other files can use the blocks only once the journal has recorded their release.
    file.set_len(bytes).and_then(|()| file.sync_all()).map_err(StoreError::io(path))
}

/// Creates a file of this length, with its blocks allocated.
fn allocate(path: &Path, bytes: u64) -> Result<(), StoreError> {
    let options = private::owner_only().write(true).create(true).truncate(true).clone();
    let mut file = private::open(path, &options).map_err(StoreError::io(path))?;
    match fallocate(&file, FallocateFlags::empty(), 0, bytes) {
        Ok(()) => Ok(()),
        // Some file systems cannot allocate blocks of a file that are not written.
        Err(rustix::io::Errno::OPNOTSUPP) => {
            let zeros = vec![0; usize::try_from(MIB).unwrap_or(usize::MAX)];
            (0..bytes / MIB).try_for_each(|_| file.write_all(&zeros)).map_err(StoreError::io(path))
        }
        Err(error) => Err(StoreError::io(path)(error.into())),
    }
}

/// The reserved size of the file. A copy of a data directory may have its length without its blocks, which reserves
/// nothing.
fn kept_bytes(path: &Path) -> u64 {
    let Ok(metadata) = fs::symlink_metadata(path) else { return 0 };
    let is_allocated = metadata.is_file() && metadata.blocks().saturating_mul(BLOCK_BYTES) >= metadata.len();
    if is_allocated { metadata.len().min(RESERVE_BYTES) } else { 0 }
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
        assert!(allocated(&reserve) >= RESERVE_BYTES);
        for slices_left in (0..RESERVE_BYTES / SLICE_BYTES).rev() {
            reserve.release_slice();
            assert_eq!(allocated(&reserve), slices_left * SLICE_BYTES);
            assert_eq!(kept_bytes(&reserve.path), slices_left * SLICE_BYTES);
        }
        reserve.release_slice();
        reserve.restore(RESERVE_BYTES);
        assert_eq!(allocated(&reserve), 0, "there is no space for it yet");
        reserve.restore(u64::MAX);
        assert!(allocated(&reserve) >= RESERVE_BYTES);
        fs::OpenOptions::new().write(true).open(&reserve.path).unwrap().set_len(0).unwrap();
        fs::OpenOptions::new().write(true).open(&reserve.path).unwrap().set_len(RESERVE_BYTES).unwrap();
        assert_eq!(kept_bytes(&reserve.path), 0, "a length without blocks keeps nothing");
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
