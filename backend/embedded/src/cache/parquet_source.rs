//! Lets the Parquet reader read a verified file, and keeps the error of a failed read. The Parquet reader turns errors
//! into text, from which damage cannot be distinguished from a disk that does not respond.

use std::{io::Read, ops::Range, sync::Arc};

use auditlog_core::store::QueryError;
use bytes::Bytes;
use parking_lot::Mutex;
use parquet::{
    errors::ParquetError,
    file::reader::{ChunkReader, Length},
};

use super::{Cache, VerifiedFile};

/// A verified file as the Parquet reader sees it.
#[derive(Clone)]
pub(crate) struct ParquetSource {
    file: VerifiedFile,
    failure: Arc<Mutex<Option<QueryError>>>,
}

impl ParquetSource {
    pub(crate) fn new(file: VerifiedFile) -> Self {
        Self { file, failure: Arc::default() }
    }

    /// The file's number in its cache.
    pub(crate) fn name(&self) -> u64 {
        self.file.name()
    }

    /// The cache the file is read through.
    pub(crate) fn cache(&self) -> &Cache {
        self.file.cache()
    }

    /// Explains why the Parquet reader failed. Without a failed read, the file does not parse although its checksums
    /// match.
    pub(crate) fn explain(&self, error: &dyn std::error::Error) -> QueryError {
        let failure = self.failure.lock().take();
        failure.unwrap_or_else(|| {
            QueryError::Corrupted(format!("{} cannot be decoded: {error}", self.file.path().display()))
        })
    }

    fn read(&self, offset: u64, length: usize) -> Result<Bytes, QueryError> {
        self.file.read(offset, length).inspect_err(|error| self.remember(error))
    }

    /// Reads the bytes of a page into `room`. The cache does not keep them, but the page that is decompressed from
    /// them.
    pub(crate) fn read_page<'a>(&self, range: Range<u64>, room: &'a mut Vec<u8>) -> Result<&'a [u8], ParquetError> {
        let read = self.file.read_into(range, room).inspect_err(|error| self.remember(error));
        read.map_err(|error| ParquetError::External(Box::new(error)))
    }

    fn remember(&self, error: &QueryError) {
        *self.failure.lock() = Some(error.clone());
    }
}

impl Length for ParquetSource {
    fn len(&self) -> u64 {
        self.file.bytes()
    }
}

impl ChunkReader for ParquetSource {
    type T = SourceReader;

    fn get_read(&self, start: u64) -> Result<SourceReader, ParquetError> {
        Ok(SourceReader { source: self.clone(), at: start })
    }

    fn get_bytes(&self, start: u64, length: usize) -> Result<Bytes, ParquetError> {
        self.read(start, length).map_err(|error| ParquetError::External(Box::new(error)))
    }
}

/// Reads from an offset on.
pub(crate) struct SourceReader {
    source: ParquetSource,
    at: u64,
}

impl Read for SourceReader {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let left = usize::try_from(self.source.len().saturating_sub(self.at)).unwrap_or(usize::MAX);
        let length = buffer.len().min(left);
        let bytes = self.source.read(self.at, length).map_err(std::io::Error::other)?;
        buffer[..length].copy_from_slice(&bytes);
        self.at += length as u64;
        Ok(length)
    }
}
