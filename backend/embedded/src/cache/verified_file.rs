//! A sealed file whose every byte is checked before it is handed out.

use std::{
    fs::File,
    io::ErrorKind,
    ops::Range,
    os::unix::fs::FileExt,
    path::{Path, PathBuf},
    sync::Arc,
};

use auditlog_core::store::QueryError;
use bytes::{Bytes, BytesMut};

use super::{BLOCK_BYTES, BlockKey, Cache};

/// What the manifest knows of a sealed file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileMeta {
    /// Its length.
    pub bytes: u64,
    /// CRC-32 of each block of [`BLOCK_BYTES`], the last one shorter.
    pub checksums: Vec<u32>,
}

impl FileMeta {
    /// What the manifest would know of a file of these bytes.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        Self { bytes: bytes.len() as u64, checksums: bytes.chunks(BLOCK_BYTES).map(crc32fast::hash).collect() }
    }
}

/// A sealed file, opened once and read through the cache. Its descriptor stays open, so a reader that holds it can go
/// on after compaction or retention has removed the name.
#[derive(Clone)]
pub struct VerifiedFile {
    inner: Arc<Inner>,
}

struct Inner {
    file: File,
    path: PathBuf,
    name: u64,
    meta: FileMeta,
    cache: Arc<Cache>,
}

impl VerifiedFile {
    /// Opens a file that the manifest lists.
    ///
    /// # Errors
    /// [`QueryError::Corrupted`] where it is missing or of another length than it was sealed with,
    /// [`QueryError::Unavailable`] where it cannot be opened for another reason.
    pub fn open(path: &Path, meta: FileMeta, cache: &Arc<Cache>) -> Result<Self, QueryError> {
        let file = File::open(path).map_err(|error| match error.kind() {
            ErrorKind::NotFound => QueryError::Corrupted(format!("{} is missing", path.display())),
            _ => unavailable(path, &error),
        })?;
        let bytes = file.metadata().map_err(|error| unavailable(path, &error))?.len();
        let blocks = meta.bytes.div_ceil(BLOCK_BYTES as u64);
        if bytes != meta.bytes || blocks != meta.checksums.len() as u64 {
            let expected = meta.bytes;
            return Err(QueryError::Corrupted(format!("{} has {bytes} bytes instead of {expected}", path.display())));
        }
        let inner = Inner { file, path: path.to_owned(), name: cache.name_file(), meta, cache: Arc::clone(cache) };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// The file's length.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.inner.meta.bytes
    }

    /// Where it was opened.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.inner.path
    }

    /// A name for this opened file, unique in its cache.
    pub(crate) fn name(&self) -> u64 {
        self.inner.name
    }

    /// Whether both were opened by one call.
    pub(crate) fn is_same_as(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.inner, &other.inner)
    }

    /// The cache it is read through.
    pub(crate) fn cache(&self) -> &Cache {
        &self.inner.cache
    }

    /// Reads `length` bytes from `offset`, without a copy where they lie in one block.
    ///
    /// # Errors
    /// [`QueryError::Corrupted`] where a block fails its checksum or the range ends behind the file.
    pub fn read(&self, offset: u64, length: usize) -> Result<Bytes, QueryError> {
        let end = offset.checked_add(length as u64).filter(|end| *end <= self.bytes());
        let Some(end) = end else {
            return Err(self.damaged(offset, "is asked for bytes behind its end"));
        };
        let (first, start) = position(offset);
        if length == 0 {
            return Ok(Bytes::new());
        }
        if start + length <= BLOCK_BYTES {
            return self.block(first).map(|block| block.slice(start..start + length));
        }
        let mut joined = BytesMut::with_capacity(length);
        let mut at = offset;
        while at < end {
            let (number, start) = position(at);
            let block = self.block(number)?;
            let part = &block[start..block.len().min(start + length - joined.len())];
            joined.extend_from_slice(part);
            at += part.len() as u64;
        }
        Ok(joined.freeze())
    }

    /// Reads a range once, verified like any other: for what is copied and not asked for again.
    ///
    /// # Errors
    /// As [`VerifiedFile::read`].
    pub(crate) fn read_past_cache(&self, range: Range<u64>) -> Result<Bytes, QueryError> {
        if range.end > self.bytes() || range.start > range.end {
            return Err(self.damaged(range.start, "is asked for bytes behind its end"));
        }
        let length = usize::try_from(range.end - range.start).unwrap_or(usize::MAX);
        let mut joined = BytesMut::with_capacity(length);
        while joined.len() < length {
            let (number, start) = position(range.start + joined.len() as u64);
            let block = self.read_block(number)?;
            joined.extend_from_slice(&block[start..block.len().min(start + length - joined.len())]);
        }
        Ok(joined.freeze())
    }

    fn block(&self, number: u32) -> Result<Bytes, QueryError> {
        let key = BlockKey { file: self.inner.name, block: number };
        if let Some(block) = self.inner.cache.block(key) {
            return Ok(block);
        }
        let block = self.read_block(number)?;
        self.inner.cache.keep_block(key, block.clone());
        Ok(block)
    }

    /// Reads a block from the file, past the cache, and verifies it.
    fn read_block(&self, number: u32) -> Result<Bytes, QueryError> {
        let offset = u64::from(number) * BLOCK_BYTES as u64;
        let length = usize::try_from(self.bytes().saturating_sub(offset)).unwrap_or(BLOCK_BYTES).min(BLOCK_BYTES);
        let mut block = vec![0; length];
        self.inner.file.read_exact_at(&mut block, offset).map_err(|error| match error.kind() {
            ErrorKind::UnexpectedEof => self.damaged(offset, "ends too early"),
            _ => unavailable(self.path(), &error),
        })?;
        let expected = usize::try_from(number).ok().and_then(|number| self.inner.meta.checksums.get(number));
        if expected != Some(&crc32fast::hash(&block)) {
            return Err(self.damaged(offset, "does not match its checksum"));
        }
        Ok(block.into())
    }

    /// Reads every block from the file, past the cache, and gives each that is damaged to `damaged`.
    ///
    /// # Errors
    /// The first failure that is no damage.
    pub fn verify(&self, mut damaged: impl FnMut(QueryError)) -> Result<(), QueryError> {
        for number in 0..u32::try_from(self.inner.meta.checksums.len()).unwrap_or(u32::MAX) {
            match self.read_block(number) {
                Ok(_) => {}
                Err(error @ QueryError::Corrupted(_)) => damaged(error),
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    fn damaged(&self, offset: u64, what: &str) -> QueryError {
        QueryError::Corrupted(format!("{} {what} at offset {offset}", self.path().display()))
    }
}

/// The block a byte lies in, and where in it.
pub(super) fn position(offset: u64) -> (u32, usize) {
    let block = BLOCK_BYTES as u64;
    (u32::try_from(offset / block).unwrap_or(u32::MAX), usize::try_from(offset % block).unwrap_or(0))
}

fn unavailable(path: &Path, error: &std::io::Error) -> QueryError {
    QueryError::Unavailable(format!("{} cannot be read: {error}", path.display()))
}
