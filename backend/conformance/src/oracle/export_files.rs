//! Owns export files in memory.

use std::{collections::BTreeMap, sync::Arc};

use auditlog_core::store::{ExportFileError, ExportFiles, ExportKey, ExportReader, ExportWriter};
use parking_lot::{Mutex, MutexGuard};
use sha2::{Digest as _, Sha256};

use super::Oracle;

/// Every file. Cheap to clone; all clones share the files.
#[derive(Debug, Clone, Default)]
pub(super) struct Files(Arc<Mutex<BTreeMap<ExportKey, File>>>);

#[derive(Debug, Default)]
struct File {
    bytes: Vec<u8>,
    finished: bool,
}

struct Writer {
    files: Files,
    key: ExportKey,
    bytes: Vec<u8>,
}

struct Reader(Vec<u8>);

impl Files {
    fn all(&self) -> MutexGuard<'_, BTreeMap<ExportKey, File>> {
        self.0.lock()
    }

    fn writer(&self, key: &ExportKey, bytes: Vec<u8>) -> Box<dyn ExportWriter> {
        self.all().insert(key.clone(), File { bytes: bytes.clone(), finished: false });
        Box::new(Writer { files: self.clone(), key: key.clone(), bytes })
    }
}

impl ExportFiles for Oracle {
    fn create_file(&self, key: &ExportKey) -> Result<Box<dyn ExportWriter>, ExportFileError> {
        Ok(self.files.writer(key, Vec::new()))
    }

    fn resume_file(&self, key: &ExportKey, bytes: u64) -> Result<Option<Box<dyn ExportWriter>>, ExportFileError> {
        let length = usize::try_from(bytes).unwrap_or(usize::MAX);
        let kept = match self.files.all().get(key) {
            Some(file) if !file.finished => file.bytes.get(..length).map(<[u8]>::to_vec),
            _ => None,
        };
        Ok(kept.map(|kept| self.files.writer(key, kept)))
    }

    fn open_file(&self, key: &ExportKey) -> Result<Option<Box<dyn ExportReader>>, ExportFileError> {
        let files = self.files.all();
        let finished = files.get(key).filter(|file| file.finished);
        Ok(finished.map(|file| -> Box<dyn ExportReader> { Box::new(Reader(file.bytes.clone())) }))
    }

    fn delete_file(&self, key: &ExportKey) -> Result<(), ExportFileError> {
        self.files.all().remove(key);
        Ok(())
    }

    fn list_files(&self) -> Result<Vec<ExportKey>, ExportFileError> {
        Ok(self.files.all().keys().cloned().collect())
    }
}

impl ExportWriter for Writer {
    fn append(&mut self, bytes: &[u8]) -> Result<(), ExportFileError> {
        self.bytes.extend_from_slice(bytes);
        if let Some(file) = self.files.all().get_mut(&self.key) {
            file.bytes.extend_from_slice(bytes);
        }
        Ok(())
    }

    fn sha256(&self) -> [u8; 32] {
        Sha256::digest(&self.bytes).into()
    }

    fn sync(&mut self) -> Result<(), ExportFileError> {
        Ok(())
    }

    fn finish(self: Box<Self>) -> Result<(), ExportFileError> {
        self.files.all().insert(self.key.clone(), File { bytes: self.bytes, finished: true });
        Ok(())
    }
}

impl ExportReader for Reader {
    fn bytes(&self) -> u64 {
        self.0.len() as u64
    }

    fn read(&self, offset: u64, length: usize) -> Result<Vec<u8>, ExportFileError> {
        let start = usize::try_from(offset).unwrap_or(usize::MAX);
        Ok(self.0.iter().skip(start).take(length).copied().collect())
    }
}
