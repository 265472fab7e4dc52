//! A sealed file whose every byte is checked before it is returned.

use std::{
    fs::File,
    io::ErrorKind,
    ops::Range,
    os::unix::fs::FileExt,
    path::{Path, PathBuf},
    sync::Arc,
};

use auditlog_core::store::QueryError;
use bytes::Bytes;

use super::{BlockKey, Cache};
use crate::data_directory::private;

/// The number of bytes that one checksum covers, in newly written files. Reading one row accesses some fifty places of
/// its file, and for each a whole block has to be read and verified.
pub const BLOCK_BYTES: usize = 8 * 1024;
/// The same in files written by earlier versions.
const EARLIER_BLOCK_BYTES: usize = 32 * 1024;

/// The manifest's record of a sealed file.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FileMeta {
    /// Its length.
    pub bytes: u64,
    /// CRC-32 of each block of [`BLOCK_BYTES`], or of 32 KiB in files of earlier versions; the last one is shorter.
    pub checksums: Vec<u32>,
}

impl FileMeta {
    /// The record that the manifest would have of a file of these bytes.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        Self { bytes: bytes.len() as u64, checksums: bytes.chunks(BLOCK_BYTES).map(crc32fast::hash).collect() }
    }

    /// The number of bytes that each checksum covers, derived from the number of checksums: where both sizes result in
    /// the same number, the file is one block. `None` where neither size does.
    fn block_bytes(&self) -> Option<usize> {
        let gives_as_many = |size: &usize| self.bytes.div_ceil(*size as u64) == self.checksums.len() as u64;
        [BLOCK_BYTES, EARLIER_BLOCK_BYTES].into_iter().find(gives_as_many)
    }
}

/// A sealed file, opened once and read through the cache. Its descriptor stays open, so a reader that holds it can
/// continue after compaction or retention has removed the name.
#[derive(Clone)]
pub struct VerifiedFile {
    inner: Arc<Inner>,
}

struct Inner {
    file: File,
    path: PathBuf,
    name: u64,
    meta: FileMeta,
    /// The number of bytes that each checksum covers.
    block_bytes: usize,
    cache: Arc<Cache>,
}

impl VerifiedFile {
    /// Opens a file that the manifest lists.
    ///
    /// # Errors
    /// [`QueryError::Corrupted`] where it is missing or its length differs from that of the sealed file,
    /// [`QueryError::Unavailable`] where it cannot be opened for another reason.
    pub fn open(path: &Path, meta: FileMeta, cache: &Arc<Cache>) -> Result<Self, QueryError> {
        let file = private::open_for_reading(path).map_err(|error| match error.kind() {
            ErrorKind::NotFound => QueryError::Corrupted(format!("{} is missing", path.display())),
            _ => unavailable(path, &error),
        })?;
        let bytes = file.metadata().map_err(|error| unavailable(path, &error))?.len();
        let Some(block_bytes) = meta.block_bytes().filter(|_| bytes == meta.bytes) else {
            let (expected, blocks) = (meta.bytes, meta.checksums.len());
            let detail = format!("has {bytes} bytes instead of {expected} in {blocks} blocks");
            return Err(QueryError::Corrupted(format!("{} {detail}", path.display())));
        };
        let (path, cache) = (path.to_owned(), Arc::clone(cache));
        let inner = Inner { file, path, name: cache.name_file(), meta, block_bytes, cache };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// The same file, read through another cache: for a pass that must see the disk and leave the store's cache alone.
    ///
    /// # Errors
    /// [`QueryError::Unavailable`] where no descriptor is left for it.
    pub(crate) fn through(&self, cache: &Arc<Cache>) -> Result<Self, QueryError> {
        let Inner { file, path, meta, block_bytes, .. } = self.inner.as_ref();
        let file = file.try_clone().map_err(|error| unavailable(path, &error))?;
        let (path, meta, block_bytes, cache) = (path.clone(), meta.clone(), *block_bytes, Arc::clone(cache));
        let inner = Inner { file, path, name: cache.name_file(), meta, block_bytes, cache };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// The file's length.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.inner.meta.bytes
    }

    /// The path it was opened at.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.inner.path
    }

    /// A number for this opened file, unique in its cache.
    pub(crate) fn name(&self) -> u64 {
        self.inner.name
    }

    /// Whether both come from the same call of [`Self::open`].
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
    /// [`QueryError::Corrupted`] where a block fails its checksum or the range extends beyond the end of the file.
    pub fn read(&self, offset: u64, length: usize) -> Result<Bytes, QueryError> {
        let range = offset..offset.saturating_add(length as u64);
        let Some((numbers, start)) = self.blocks_of(&range)? else { return Ok(Bytes::new()) };
        let kept = numbers.clone().map(|number| self.inner.cache.block(self.key(number)));
        let kept: Option<Vec<Bytes>> = kept.collect();
        let blocks = match kept {
            Some(kept) if kept.len() == 1 => kept.into_iter().next().unwrap_or_default(),
            Some(kept) => kept.concat().into(),
            None => self.read_and_keep(numbers)?,
        };
        Ok(blocks.slice(start..start + length))
    }

    /// Reads a range once, verified like any other: for bytes that are copied or decompressed, and not read again.
    ///
    /// # Errors
    /// The same as [`VerifiedFile::read`].
    pub(crate) fn read_past_cache(&self, range: Range<u64>) -> Result<Bytes, QueryError> {
        let Some((numbers, start)) = self.blocks_of(&range)? else { return Ok(Bytes::new()) };
        let length = usize::try_from(range.end - range.start).unwrap_or(usize::MAX);
        Ok(self.read_blocks(numbers)?.slice(start..start + length))
    }

    /// The same into `room`, which grows where necessary.
    ///
    /// # Errors
    /// The same as [`VerifiedFile::read`].
    pub(super) fn read_into<'a>(&self, range: Range<u64>, room: &'a mut Vec<u8>) -> Result<&'a [u8], QueryError> {
        let Some((numbers, start)) = self.blocks_of(&range)? else { return Ok(&[]) };
        let bytes = self.bytes_of(&numbers);
        if room.len() < bytes {
            room.resize(bytes, 0);
        }
        let blocks = &mut room[..bytes];
        self.fill(numbers, blocks)?;
        let length = usize::try_from(range.end - range.start).unwrap_or(usize::MAX);
        Ok(&blocks[start..start + length])
    }

    /// The blocks that contain a range, and the range's offset in the first of them; `None` for an empty range.
    fn blocks_of(&self, range: &Range<u64>) -> Result<Option<(Range<u32>, usize)>, QueryError> {
        if range.end > self.bytes() || range.start > range.end {
            return Err(self.damaged(range.start, "was read beyond its end"));
        }
        if range.start == range.end {
            return Ok(None);
        }
        let size = self.inner.block_bytes as u64;
        let number = |block: u64| u32::try_from(block).unwrap_or(u32::MAX);
        let numbers = number(range.start / size)..number(range.end.div_ceil(size));
        Ok(Some((numbers, usize::try_from(range.start % size).unwrap_or(0))))
    }

    fn key(&self, number: u32) -> BlockKey {
        BlockKey { file: self.inner.name, block: number }
    }

    /// Reads neighbouring blocks and caches each of them in memory of its own.
    fn read_and_keep(&self, numbers: Range<u32>) -> Result<Bytes, QueryError> {
        let blocks = self.read_blocks(numbers.clone())?;
        let is_one = numbers.len() == 1;
        for (number, block) in numbers.zip(blocks.chunks(self.inner.block_bytes)) {
            let block = if is_one { blocks.clone() } else { Bytes::copy_from_slice(block) };
            self.inner.cache.keep_block(self.key(number), block);
        }
        Ok(blocks)
    }

    /// Reads neighbouring blocks from the file, past the cache, and verifies each.
    fn read_blocks(&self, numbers: Range<u32>) -> Result<Bytes, QueryError> {
        let mut blocks = vec![0; self.bytes_of(&numbers)];
        self.fill(numbers, &mut blocks)?;
        Ok(blocks.into())
    }

    fn offset_of(&self, number: u32) -> u64 {
        u64::from(number) * self.inner.block_bytes as u64
    }

    /// The total length of neighbouring blocks, in bytes.
    fn bytes_of(&self, numbers: &Range<u32>) -> usize {
        let end = self.offset_of(numbers.end).min(self.bytes());
        usize::try_from(end.saturating_sub(self.offset_of(numbers.start))).unwrap_or(usize::MAX)
    }

    /// Reads neighbouring blocks into a buffer of their total length, and verifies each.
    fn fill(&self, numbers: Range<u32>, blocks: &mut [u8]) -> Result<(), QueryError> {
        let offset = self.offset_of(numbers.start);
        self.inner.file.read_exact_at(blocks, offset).map_err(|error| match error.kind() {
            ErrorKind::UnexpectedEof => self.damaged(offset, "ends too early"),
            _ => unavailable(self.path(), &error),
        })?;
        for (number, block) in numbers.zip(blocks.chunks(self.inner.block_bytes)) {
            let expected = usize::try_from(number).ok().and_then(|number| self.inner.meta.checksums.get(number));
            if expected != Some(&crc32fast::hash(block)) {
                return Err(self.damaged(self.offset_of(number), "does not match its checksum"));
            }
        }
        Ok(())
    }

    /// Reads every block from the file, past the cache, and passes each damaged one to `damaged`.
    ///
    /// # Errors
    /// The first failure that is not damage.
    pub fn verify(&self, mut damaged: impl FnMut(QueryError)) -> Result<(), QueryError> {
        for number in 0..u32::try_from(self.inner.meta.checksums.len()).unwrap_or(u32::MAX) {
            match self.read_blocks(number..number + 1) {
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

fn unavailable(path: &Path, error: &std::io::Error) -> QueryError {
    QueryError::Unavailable(format!("{} cannot be read: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn opened(meta: FileMeta, bytes: &[u8]) -> (tempfile::TempDir, VerifiedFile) {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("file");
        fs::write(&path, bytes).unwrap();
        let file = VerifiedFile::open(&path, meta, &Arc::new(Cache::new(1 << 20))).unwrap();
        (directory, file)
    }

    #[test]
    fn files_with_blocks_of_either_size_are_read_and_verified() {
        let bytes: Vec<u8> = (0..100_000_u32).map(|at| u8::try_from(at % 251).unwrap()).collect();
        for size in [BLOCK_BYTES, EARLIER_BLOCK_BYTES] {
            let checksums = bytes.chunks(size).map(crc32fast::hash).collect();
            let meta = FileMeta { bytes: bytes.len() as u64, checksums };
            let (_directory, file) = opened(meta.clone(), &bytes);
            let (_other_directory, damaged) = opened(meta, &{
                let mut damaged = bytes.clone();
                damaged[70_000] ^= 1;
                damaged
            });
            for (start, end) in [(0, 100_000), (8_000, 8_300), (32_700, 33_000), (69_990, 70_010), (99_999, 100_000)] {
                let expected = &bytes[start..end];
                let range = start as u64..end as u64;
                // The second read is served from memory.
                assert_eq!(file.read(range.start, expected.len()).unwrap(), expected);
                assert_eq!(file.read(range.start, expected.len()).unwrap(), expected);
                assert_eq!(file.read_past_cache(range.clone()).unwrap(), expected);
                assert_eq!(file.read_into(range.clone(), &mut Vec::new()).unwrap(), expected);
                let blocks = start / size..end.div_ceil(size);
                let is_damaged = blocks.contains(&(70_000 / size));
                assert_eq!(damaged.read(range.start, expected.len()).is_err(), is_damaged, "{start} to {end}");
                assert_eq!(damaged.read_past_cache(range.clone()).is_err(), is_damaged, "{start} to {end}");
                assert_eq!(damaged.read_into(range, &mut Vec::new()).is_err(), is_damaged, "{start} to {end}");
            }
            assert!(file.read(99_999, 2).is_err());
        }
    }
}
