//! Storage of export files. The files are derived from the log and can be rebuilt, so they are not part of the log. A
//! lost or damaged file is reported, and the client must request it again.

use crate::{id::TenantId, store::ExportId};

/// Names the file of one export.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ExportKey {
    /// The tenant of the export.
    pub tenant_id: TenantId,
    /// The export.
    pub id: ExportId,
}

/// Why a file could not be written or read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ExportFileError {
    /// Export files must leave free space for the log, and less is free than that.
    #[error("only {free_bytes} bytes of disk are free, but exports must leave {reserved_bytes} free")]
    InsufficientStorage {
        /// The free space, in bytes.
        free_bytes: u64,
        /// The space that exports may not use, in bytes.
        reserved_bytes: u64,
    },
    /// Stored bytes do not match their checksum. They are never served.
    #[error("the file of an export is damaged: {0}")]
    Corrupted(String),
    /// The disk could not be read or written.
    #[error("the file of an export cannot be read or written: {0}")]
    Unavailable(String),
}

/// Stores export files. A file is written from start to end, and can be read only once it is finished. Calls block
/// their thread.
pub trait ExportFiles: Send + Sync + 'static {
    /// Creates a file, replacing any file of the same export.
    fn create_file(&self, key: &ExportKey) -> Result<Box<dyn ExportWriter>, ExportFileError>;

    /// Resumes an unfinished file after its first `bytes` bytes, and discards the bytes after them. `None` where there
    /// is no such file or it is shorter.
    fn resume_file(&self, key: &ExportKey, bytes: u64) -> Result<Option<Box<dyn ExportWriter>>, ExportFileError>;

    /// Opens a finished file. `None` where there is none.
    fn open_file(&self, key: &ExportKey) -> Result<Option<Box<dyn ExportReader>>, ExportFileError>;

    /// Removes a file permanently, finished or not. A missing file is no error. Readers that have it open can continue.
    fn delete_file(&self, key: &ExportKey) -> Result<(), ExportFileError>;

    /// Every file, finished or not, in any order.
    fn list_files(&self) -> Result<Vec<ExportKey>, ExportFileError>;
}

/// A file that is being written. Dropped without [`ExportWriter::finish`] it stays unfinished.
pub trait ExportWriter: Send {
    /// Adds bytes at the end.
    fn append(&mut self, bytes: &[u8]) -> Result<(), ExportFileError>;

    /// SHA-256 of the whole contents so far, including those from before it was resumed.
    fn sha256(&self) -> [u8; 32];

    /// Returns when everything written so far survives a crash.
    fn sync(&mut self) -> Result<(), ExportFileError>;

    /// Finishes the file. When this returns it survives a crash, and can be read.
    fn finish(self: Box<Self>) -> Result<(), ExportFileError>;
}

/// A finished file.
pub trait ExportReader: Send + Sync {
    /// Its length, in bytes.
    fn bytes(&self) -> u64;

    /// `length` bytes from `offset` on; fewer where the file ends before.
    ///
    /// # Errors
    /// [`ExportFileError::Corrupted`] where they are not the bytes that were written.
    fn read(&self, offset: u64, length: usize) -> Result<Vec<u8>, ExportFileError>;
}
