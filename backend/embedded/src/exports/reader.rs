//! Owns reading a finished file: every block is verified before it is returned, and none is cached.

use std::{fs, sync::Arc};

use auditlog_core::store::{ExportFileError, ExportReader, QueryError};

use crate::{
    cache::{Cache, VerifiedFile},
    data_directory::private,
    error::StoreError,
    exports::{Place, sidecar},
};

/// A finished file that is open.
pub(crate) struct FileReader {
    file: VerifiedFile,
}

impl FileReader {
    /// Opens a file; `None` where there is no finished one.
    pub(super) fn open(place: &Place, cache: &Arc<Cache>) -> Result<Option<Self>, ExportFileError> {
        let path = place.finished();
        if fs::symlink_metadata(&path).is_err() {
            return Ok(None);
        }
        let checksums = place.checksums();
        let damaged = || ExportFileError::Corrupted(format!("{} is damaged or missing", checksums.display()));
        let bytes = private::read(&checksums).map_err(StoreError::io(&checksums))?.ok_or_else(damaged)?;
        let meta = sidecar::decode(&bytes).ok_or_else(damaged)?;
        Ok(Some(Self { file: VerifiedFile::open(&path, meta, cache).map_err(failure)? }))
    }
}

impl ExportReader for FileReader {
    fn bytes(&self) -> u64 {
        self.file.bytes()
    }

    fn read(&self, offset: u64, length: usize) -> Result<Vec<u8>, ExportFileError> {
        let end = offset.saturating_add(length as u64).min(self.bytes());
        let range = offset.min(end)..end;
        self.file.read_past_cache(range).map(Vec::from).map_err(failure)
    }
}

fn failure(error: QueryError) -> ExportFileError {
    match error {
        QueryError::Corrupted(detail) => ExportFileError::Corrupted(detail),
        other => ExportFileError::Unavailable(other.to_string()),
    }
}
