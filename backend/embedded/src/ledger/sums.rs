//! Owns the file ledger.sum: the checksums of ledger.db as a clean stop left it, authenticated with the ledger's key.
//!
//! While a store runs, rows carry their own checksums. After a clean stop the protection is stronger: any changed byte
//! of the file is found before it is read. docs/spec/data-directory.md fixes the bytes.

use std::{io::Read as _, path::Path};

use sha2::{Digest as _, Sha256};

use crate::{
    data_directory::{durable, private},
    error::StoreError,
    ledger::{LedgerKey, row::KEYED_BYTES},
};

const MAGIC: &[u8; 8] = b"AULGSUM2";
/// The number of bytes that one checksum covers.
pub(crate) const BLOCK_BYTES: usize = 32 * 1024;

/// The record beside a ledger that no process has open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum StopRecord {
    /// A start or a clean stop did not complete. The ledger is in the state of a crash.
    Changing {
        /// The mark of the clean stop that begins or is over.
        mark: u64,
    },
    /// The ledger is closed.
    Closed(Sums),
}

/// The contents of the file ledger.sum.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum StopFile {
    /// The file does not exist.
    Missing,
    /// The file cannot be read, and proves nothing about the ledger.
    Damaged,
    /// A record.
    Read(StopRecord),
}

/// The checksums of a closed ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Sums {
    /// The mark of the clean stop.
    pub mark: u64,
    bytes: u64,
    /// CRC-32 of each block, which locates damage.
    blocks: Vec<u32>,
    /// SHA-256 of the whole file, which detects every edit.
    digest: [u8; 32],
}

/// A place where the ledger does not match its checksums.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SumsFinding {
    /// The position in the file.
    pub offset: u64,
    /// The problem.
    pub detail: String,
}

impl Sums {
    /// Computes the checksums of the file at `ledger`.
    pub(crate) fn of(ledger: &Path, mark: u64) -> Result<Self, StoreError> {
        let mut file = private::open_for_reading(ledger).map_err(StoreError::io(ledger))?;
        let (mut bytes, mut blocks, mut digest) = (0, Vec::new(), Sha256::new());
        let mut block = Vec::with_capacity(BLOCK_BYTES);
        loop {
            block.clear();
            let limit = BLOCK_BYTES as u64;
            let read = file.by_ref().take(limit).read_to_end(&mut block).map_err(StoreError::io(ledger))?;
            if read == 0 {
                return Ok(Self { mark, bytes, blocks, digest: digest.finalize().into() });
            }
            bytes += read as u64;
            blocks.push(crc32fast::hash(&block));
            digest.update(&block);
        }
    }

    /// The places where the ledger differs from these checksums.
    pub(crate) fn findings(&self, ledger: &Path) -> Result<Vec<SumsFinding>, StoreError> {
        let found = Self::of(ledger, self.mark)?;
        let mut findings = Vec::new();
        if found.bytes != self.bytes {
            let detail = format!("the file has {} bytes and had {} when it was closed", found.bytes, self.bytes);
            findings.push(SumsFinding { offset: found.bytes.min(self.bytes), detail });
        }
        for (index, (found, expected)) in found.blocks.iter().zip(&self.blocks).enumerate() {
            if found != expected {
                let detail = "the block's checksum has changed since the file was closed".to_owned();
                findings.push(SumsFinding { offset: (index * BLOCK_BYTES) as u64, detail });
            }
        }
        if findings.is_empty() && found.digest != self.digest {
            let detail = "the file was edited so that the checksums of its blocks stayed the same".to_owned();
            findings.push(SumsFinding { offset: 0, detail });
        }
        Ok(findings)
    }
}

impl StopRecord {
    /// Reads the file. Bytes that are not a record of this directory are damage.
    pub(crate) fn read(path: &Path, key: &LedgerKey) -> Result<StopFile, StoreError> {
        let Some(bytes) = private::read(path).map_err(StoreError::io(path))? else { return Ok(StopFile::Missing) };
        let damaged = || {
            let path = path.display();
            StoreError::Corrupted(format!("{path}: the checksums are damaged or not those of this directory"))
        };
        Self::decode(&bytes, key).map(StopFile::Read).ok_or_else(damaged)
    }

    /// Writes the file; returns when it is on disk.
    pub(crate) fn write(&self, path: &Path, key: &LedgerKey) -> Result<(), StoreError> {
        durable::write_file(path, &self.encode(key))
    }

    fn encode(&self, key: &LedgerKey) -> Vec<u8> {
        let mut bytes = MAGIC.to_vec();
        match self {
            Self::Changing { mark } => bytes.extend_from_slice(&mark.to_le_bytes()),
            Self::Closed(sums) => {
                bytes.extend_from_slice(&sums.mark.to_le_bytes());
                bytes.extend_from_slice(&sums.bytes.to_le_bytes());
                bytes.extend(sums.blocks.iter().flat_map(|block| block.to_le_bytes()));
                bytes.extend_from_slice(&sums.digest);
            }
        }
        let own = key.checksum("ledger.sum").blob(&bytes).value();
        bytes.extend_from_slice(&own);
        bytes
    }

    fn decode(bytes: &[u8], key: &LedgerKey) -> Option<Self> {
        let (content, own) = bytes.split_last_chunk::<KEYED_BYTES>()?;
        if key.checksum("ledger.sum").blob(content).value() != *own {
            return None;
        }
        let (mark, rest) = content.strip_prefix(MAGIC)?.split_first_chunk::<8>()?;
        let mark = u64::from_le_bytes(*mark);
        if rest.is_empty() {
            return Some(Self::Changing { mark });
        }
        let (length, rest) = rest.split_first_chunk::<8>()?;
        let (blocks, digest) = rest.split_last_chunk::<32>()?;
        let bytes = u64::from_le_bytes(*length);
        let (blocks, rest) = blocks.as_chunks::<4>();
        let fits = usize::try_from(bytes).ok()?.div_ceil(BLOCK_BYTES) == blocks.len() && rest.is_empty();
        let blocks = blocks.iter().map(|block| u32::from_le_bytes(*block)).collect();
        fits.then_some(Self::Closed(Sums { mark, bytes, blocks, digest: *digest }))
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn every_flipped_byte_and_every_truncation_of_the_ledger_is_found() {
        let directory = tempfile::tempdir().unwrap();
        let ledger = directory.path().join("ledger.db");
        let content: Vec<u8> = (0..BLOCK_BYTES + 100).map(|index| u8::try_from(index % 251).unwrap()).collect();
        fs::write(&ledger, &content).unwrap();
        let sums = Sums::of(&ledger, 3).unwrap();
        assert_eq!(sums.findings(&ledger).unwrap(), []);
        for index in (0..content.len()).step_by(997) {
            let mut flipped = content.clone();
            flipped[index] ^= 1;
            fs::write(&ledger, &flipped).unwrap();
            let offset = (index / BLOCK_BYTES * BLOCK_BYTES) as u64;
            assert_eq!(sums.findings(&ledger).unwrap()[0].offset, offset, "byte {index}");
            fs::write(&ledger, &content[..index]).unwrap();
            assert_ne!(sums.findings(&ledger).unwrap(), [], "cut at {index}");
        }
    }

    #[test]
    fn an_edit_that_keeps_the_checksums_of_the_blocks_is_found() {
        let directory = tempfile::tempdir().unwrap();
        let ledger = directory.path().join("ledger.db");
        fs::write(&ledger, b"what was closed").unwrap();
        let sums = Sums::of(&ledger, 3).unwrap();
        fs::write(&ledger, b"what was edited").unwrap();
        // An attacker who edits a file can choose four of its bytes so that its CRC-32 stays the same.
        let edited = Sums { blocks: Sums::of(&ledger, 3).unwrap().blocks, ..sums };
        assert_eq!(edited.findings(&ledger).unwrap().len(), 1);
    }

    #[test]
    fn a_damaged_file_is_refused_whatever_byte_it_is_and_so_is_one_of_another_directory() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("ledger.sum");
        let key = LedgerKey::derive(&[7; 32]);
        let sums = Sums { mark: 3, bytes: BLOCK_BYTES as u64 + 1, blocks: vec![1, 2], digest: [9; 32] };
        for record in [StopRecord::Closed(sums), StopRecord::Changing { mark: 3 }] {
            record.write(&path, &key).unwrap();
            assert_eq!(StopRecord::read(&path, &key).unwrap(), StopFile::Read(record.clone()));
            assert!(StopRecord::read(&path, &LedgerKey::derive(&[8; 32])).is_err());
            let bytes = record.encode(&key);
            for index in 0..bytes.len() {
                let mut flipped = bytes.clone();
                flipped[index] ^= 0x10;
                assert_eq!(StopRecord::decode(&flipped, &key), None, "byte {index}");
                assert_eq!(StopRecord::decode(&bytes[..index], &key), None, "cut at {index}");
            }
        }
    }
}
