//! A file writer that computes the checksum of each block on the way.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, ErrorKind, Write},
    os::unix::fs::OpenOptionsExt,
    path::Path,
};

use crate::{
    cache::{BLOCK_BYTES, FileMeta},
    data_directory::sync::sync_file,
};

/// The number of bytes written with one call.
const WRITTEN_BYTES: usize = 4 * BLOCK_BYTES;

/// Collects bytes into blocks and writes several with one call.
pub(super) struct ChecksumWriter {
    file: File,
    blocks: Vec<u8>,
    meta: FileMeta,
}

impl ChecksumWriter {
    /// Creates a file, replacing one that a crash may have left behind. The old file is not written to: its name may be
    /// the second name of a file that is in use.
    pub(super) fn create(path: &Path) -> io::Result<Self> {
        match fs::remove_file(path) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
        Ok(Self { file, blocks: Vec::with_capacity(WRITTEN_BYTES), meta: FileMeta::default() })
    }

    /// Writes the rest and waits until the whole file is on disk.
    pub(super) fn finish(mut self) -> io::Result<FileMeta> {
        if !self.blocks.is_empty() {
            self.write_blocks()?;
        }
        sync_file(&self.file)?;
        Ok(self.meta)
    }

    fn write_blocks(&mut self) -> io::Result<()> {
        self.meta.checksums.extend(self.blocks.chunks(BLOCK_BYTES).map(crc32fast::hash));
        self.meta.bytes += self.blocks.len() as u64;
        self.file.write_all(&self.blocks)?;
        self.blocks.clear();
        Ok(())
    }
}

impl Write for ChecksumWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let taken = bytes.len().min(WRITTEN_BYTES - self.blocks.len());
        self.blocks.extend_from_slice(&bytes[..taken]);
        if self.blocks.len() == WRITTEN_BYTES {
            self.write_blocks()?;
        }
        Ok(taken)
    }

    /// Does nothing: blocks are written when they are full, and the rest by `finish`.
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
