//! Storage of export files. They are derived from the log and can be rebuilt, so they are no part of it: a lost or
//! damaged file is reported, and must be requested again.

use crate::{id::TenantId, store::ExportId};

/// Names the file of one export.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ExportKey {
    /// Whose export it is.
    pub tenant_id: TenantId,
    /// Which one.
    pub id: ExportId,
}

/// Why a file could not be written or read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ExportFileError {
    /// Files of exports leave room for the log: less is free than that takes.
    #[error("only {free_bytes} bytes of disk are free, and exports leave {reserved_bytes}")]
    InsufficientStorage {
        /// What is free, in bytes.
        free_bytes: u64,
        /// What is not for exports, in bytes.
        reserved_bytes: u64,
    },
    /// Stored bytes do not match their checksum. They are never served.
    #[error("the file of an export is damaged: {0}")]
    Corrupted(String),
    /// The disk could not be read or written.
    #[error("the file of an export cannot be read or written: {0}")]
    Unavailable(String),
}

/// Keeps files of exports. A file is written from its beginning to its end, and is read only once it is finished. Calls
/// block their thread.
pub trait ExportFiles: Send + Sync + 'static {
    /// Begins a file, in place of whatever there was of this name.
    fn create_file(&self, key: &ExportKey) -> Result<Box<dyn ExportWriter>, ExportFileError>;

    /// Goes on behind the first `bytes` bytes of a file that was begun and not finished, and forgets what came behind
    /// them. `None` where there is no such file or it is shorter.
    fn resume_file(&self, key: &ExportKey, bytes: u64) -> Result<Option<Box<dyn ExportWriter>>, ExportFileError>;

    /// A file that is finished. `None` where there is none.
    fn open_file(&self, key: &ExportKey) -> Result<Option<Box<dyn ExportReader>>, ExportFileError>;

    /// Removes a file for good, finished or not. One that is not there is no error. Whoever has it open goes on reading.
    fn delete_file(&self, key: &ExportKey) -> Result<(), ExportFileError>;

    /// Every file there is, finished or not, in any order.
    fn list_files(&self) -> Result<Vec<ExportKey>, ExportFileError>;
}

/// A file that is being written. Dropped without [`ExportWriter::finish`] it stays unfinished.
pub trait ExportWriter: Send {
    /// Adds bytes at the end.
    fn append(&mut self, bytes: &[u8]) -> Result<(), ExportFileError>;

    /// SHA-256 of everything that the file holds so far, what was there before it was resumed included.
    fn sha256(&self) -> [u8; 32];

    /// Returns when everything so far outlives a crash.
    fn sync(&mut self) -> Result<(), ExportFileError>;

    /// Finishes the file. When this returns it outlives a crash, and can be read.
    fn finish(self: Box<Self>) -> Result<(), ExportFileError>;
}

/// A finished file.
pub trait ExportReader: Send + Sync {
    /// How long it is, in bytes.
    fn bytes(&self) -> u64;

    /// So many bytes from `offset` on; fewer where the file ends before.
    ///
    /// # Errors
    /// [`ExportFileError::Corrupted`] where they are not what was written.
    fn read(&self, offset: u64, length: usize) -> Result<Vec<u8>, ExportFileError>;
}
