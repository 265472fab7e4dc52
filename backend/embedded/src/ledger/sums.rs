//! Owns the sidecar ledger.sum: the checksums of ledger.db as a clean stop left it.
//!
//! While a store runs, rows carry their own checksums. A store that stopped cleanly can do better: any changed byte of
//! the file is found before it is read. docs/spec/data-directory.md fixes the bytes.

use std::{io::Read as _, path::Path};

use crate::{
    data_directory::{durable, private},
    error::StoreError,
};

const MAGIC: &[u8; 8] = b"AULGSUM1";
/// One checksum covers so many bytes.
pub(crate) const BLOCK_BYTES: usize = 32 * 1024;

/// The checksums of a ledger at rest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Sums {
    bytes: u64,
    blocks: Vec<u32>,
}

/// One place where the ledger is not what its checksums say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SumsFinding {
    /// Where in the file.
    pub offset: u64,
    /// What is wrong.
    pub detail: String,
}

impl Sums {
    /// Computes the checksums of the file at `ledger`.
    pub(crate) fn of(ledger: &Path) -> Result<Self, StoreError> {
        let mut file = private::open_for_reading(ledger).map_err(StoreError::io(ledger))?;
        let mut sums = Self { bytes: 0, blocks: Vec::new() };
        let mut block = Vec::with_capacity(BLOCK_BYTES);
        loop {
            block.clear();
            let limit = BLOCK_BYTES as u64;
            let read = file.by_ref().take(limit).read_to_end(&mut block).map_err(StoreError::io(ledger))?;
            if read == 0 {
                return Ok(sums);
            }
            sums.bytes += read as u64;
            sums.blocks.push(crc32fast::hash(&block));
        }
    }

    /// Reads the sidecar. `None` where there is none: the last stop was no clean one.
    pub(crate) fn read(path: &Path) -> Result<Option<Self>, StoreError> {
        let Some(bytes) = private::read(path).map_err(StoreError::io(path))? else { return Ok(None) };
        let damaged = || StoreError::Corrupted(format!("{}: the checksums are damaged", path.display()));
        Self::decode(&bytes).map(Some).ok_or_else(damaged)
    }

    /// Writes the sidecar; returns when it is on disk.
    pub(crate) fn write(&self, path: &Path) -> Result<(), StoreError> {
        durable::write_file(path, &self.encode())
    }

    /// Where the ledger differs from these checksums.
    pub(crate) fn findings(&self, ledger: &Path) -> Result<Vec<SumsFinding>, StoreError> {
        let found = Self::of(ledger)?;
        let mut findings = Vec::new();
        if found.bytes != self.bytes {
            let detail = format!("the file has {} bytes and had {} when it was closed", found.bytes, self.bytes);
            findings.push(SumsFinding { offset: found.bytes.min(self.bytes), detail });
        }
        for (index, (found, expected)) in found.blocks.iter().zip(&self.blocks).enumerate() {
            if found != expected {
                let detail = "the block's checksum is another one than when the file was closed".to_owned();
                findings.push(SumsFinding { offset: (index * BLOCK_BYTES) as u64, detail });
            }
        }
        Ok(findings)
    }

    fn encode(&self) -> Vec<u8> {
        let mut bytes = MAGIC.to_vec();
        bytes.extend_from_slice(&self.bytes.to_le_bytes());
        for block in &self.blocks {
            bytes.extend_from_slice(&block.to_le_bytes());
        }
        let own = crc32fast::hash(&bytes);
        bytes.extend_from_slice(&own.to_le_bytes());
        bytes
    }

    fn decode(bytes: &[u8]) -> Option<Self> {
        let (content, own) = bytes.split_last_chunk::<4>()?;
        let (length, blocks) = content.strip_prefix(MAGIC)?.split_first_chunk::<8>()?;
        let bytes = u64::from_le_bytes(*length);
        let (blocks, rest) = blocks.as_chunks::<4>();
        let fits = usize::try_from(bytes).ok()?.div_ceil(BLOCK_BYTES) == blocks.len() && rest.is_empty();
        let intact = crc32fast::hash(content) == u32::from_le_bytes(*own);
        let blocks = blocks.iter().map(|block| u32::from_le_bytes(*block)).collect();
        (fits && intact).then_some(Self { bytes, blocks })
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
        let sums = Sums::of(&ledger).unwrap();
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
    fn a_damaged_sidecar_is_refused_whatever_byte_it_is() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("ledger.sum");
        let sums = Sums { bytes: BLOCK_BYTES as u64 + 1, blocks: vec![1, 2] };
        sums.write(&path).unwrap();
        assert_eq!(Sums::read(&path).unwrap(), Some(sums.clone()));
        let bytes = sums.encode();
        for index in 0..bytes.len() {
            let mut flipped = bytes.clone();
            flipped[index] ^= 0x10;
            assert_eq!(Sums::decode(&flipped), None, "byte {index}");
            assert_eq!(Sums::decode(&bytes[..index]), None, "cut at {index}");
        }
    }
}
