//! Owns writing a file: its bytes, the checksum of each block and the digest of the whole, computed on the way.

use std::{
    fs::{self, File},
    io::{ErrorKind, Read as _, Seek as _, SeekFrom, Write as _},
};

use auditlog_core::store::{ExportFileError, ExportWriter};
use sha2::{Digest as _, Sha256};

use crate::{
    cache::{BLOCK_BYTES, FileMeta},
    data_directory::{durable, free_bytes, private, sync},
    error::StoreError,
    exports::{Place, sidecar},
};

/// The number of bytes read at a time from a resumed file.
const READ_BYTES: usize = 1 << 20;

/// A file that is being written.
pub(crate) struct FileWriter {
    place: Place,
    file: File,
    sums: RunningSums,
    /// The disk space that exports must leave free.
    reserved_bytes: u64,
}

impl FileWriter {
    pub(super) fn create(place: Place, reserved_bytes: u64) -> Result<Self, StoreError> {
        let path = place.unfinished();
        let opened = private::open(&path, private::owner_only().write(true).create_new(true));
        let file = opened.map_err(StoreError::io(&path))?;
        durable::sync_directory(&place.directory)?;
        Ok(Self { place, file, sums: RunningSums::default(), reserved_bytes })
    }

    /// Reads back the kept bytes, so that their digest can be compared, and truncates the rest.
    pub(super) fn resume(place: Place, bytes: u64, reserved_bytes: u64) -> Result<Option<Self>, StoreError> {
        let path = place.unfinished();
        let mut file = match private::open(&path, private::owner_only().read(true).write(true)) {
            Ok(file) => file,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(StoreError::io(&path)(error)),
        };
        let mut sums = RunningSums::default();
        let mut room = vec![0; READ_BYTES];
        while sums.meta.bytes < bytes {
            let wanted = usize::try_from(bytes - sums.meta.bytes).unwrap_or(usize::MAX).min(READ_BYTES);
            let read = file.read(&mut room[..wanted]).map_err(StoreError::io(&path))?;
            if read == 0 {
                return Ok(None);
            }
            sums.add(&room[..read]);
        }
        file.set_len(bytes).map_err(StoreError::io(&path))?;
        file.seek(SeekFrom::Start(bytes)).map_err(StoreError::io(&path))?;
        Ok(Some(Self { place, file, sums, reserved_bytes }))
    }

    fn check_space(&self) -> Result<(), ExportFileError> {
        // Where the system does not report the free space, the write itself will fail.
        let Ok(free_bytes) = free_bytes(&self.place.directory) else { return Ok(()) };
        if free_bytes >= self.reserved_bytes {
            return Ok(());
        }
        Err(ExportFileError::InsufficientStorage { free_bytes, reserved_bytes: self.reserved_bytes })
    }
}

impl ExportWriter for FileWriter {
    fn append(&mut self, bytes: &[u8]) -> Result<(), ExportFileError> {
        self.check_space()?;
        self.file.write_all(bytes).map_err(|error| match error.kind() {
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded => {
                ExportFileError::InsufficientStorage { free_bytes: 0, reserved_bytes: self.reserved_bytes }
            }
            _ => StoreError::io(&self.place.unfinished())(error).into(),
        })?;
        self.sums.add(bytes);
        Ok(())
    }

    fn sha256(&self) -> [u8; 32] {
        self.sums.sha256.clone().finalize().into()
    }

    fn sync(&mut self) -> Result<(), ExportFileError> {
        Ok(sync::sync_file(&self.file).map_err(StoreError::io(&self.place.unfinished()))?)
    }

    fn finish(mut self: Box<Self>) -> Result<(), ExportFileError> {
        self.sync()?;
        let Self { place, sums, .. } = *self;
        durable::write_file(&place.checksums(), &sidecar::encode(&sums.finish()))?;
        // The last step: from here on the file can be found.
        let path = place.finished();
        fs::rename(place.unfinished(), &path).map_err(StoreError::io(&path))?;
        Ok(durable::sync_directory(&place.directory)?)
    }
}

/// The checksums of everything so far; the last block may not be full.
#[derive(Default)]
struct RunningSums {
    meta: FileMeta,
    sha256: Sha256,
    block: crc32fast::Hasher,
    /// The number of bytes in the last block.
    block_bytes: usize,
}

impl RunningSums {
    fn add(&mut self, bytes: &[u8]) {
        self.sha256.update(bytes);
        self.meta.bytes += bytes.len() as u64;
        let mut rest = bytes;
        while !rest.is_empty() {
            let (now, later) = rest.split_at(rest.len().min(BLOCK_BYTES - self.block_bytes));
            self.block.update(now);
            self.block_bytes += now.len();
            if self.block_bytes == BLOCK_BYTES {
                self.end_block();
            }
            rest = later;
        }
    }

    fn end_block(&mut self) {
        self.meta.checksums.push(std::mem::take(&mut self.block).finalize());
        self.block_bytes = 0;
    }

    fn finish(mut self) -> FileMeta {
        if self.block_bytes > 0 {
            self.end_block();
        }
        self.meta
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checksums_are_those_of_the_whole_however_the_bytes_come() {
        let bytes: Vec<u8> = (0..3 * BLOCK_BYTES + 17).map(|at| u8::try_from(at % 251).unwrap()).collect();
        for piece in [1_000, BLOCK_BYTES, BLOCK_BYTES + 1, bytes.len()] {
            let mut sums = RunningSums::default();
            bytes.chunks(piece).for_each(|piece| sums.add(piece));
            assert_eq!(sums.sha256.clone().finalize(), Sha256::digest(&bytes));
            assert_eq!(sums.finish(), FileMeta::of(&bytes), "in pieces of {piece}");
        }
        assert_eq!(RunningSums::default().finish(), FileMeta::of(&[]));
    }
}
