//! Owns the serialised checksums of a finished file. docs/spec/data-directory.md fixes the bytes.

use crate::cache::FileMeta;

const MAGIC: &[u8; 8] = b"AULGEXP1";

/// The contents of the checksum file.
pub(super) fn encode(meta: &FileMeta) -> Vec<u8> {
    let mut bytes = MAGIC.to_vec();
    bytes.extend_from_slice(&meta.bytes.to_le_bytes());
    bytes.extend(meta.checksums.iter().flat_map(|checksum| checksum.to_le_bytes()));
    let own = crc32fast::hash(&bytes);
    bytes.extend_from_slice(&own.to_le_bytes());
    bytes
}

/// Parses the contents. `None` where they are damaged; whether the number of checksums matches the blocks is checked
/// with the file.
pub(super) fn decode(bytes: &[u8]) -> Option<FileMeta> {
    let (content, own) = bytes.split_last_chunk::<4>()?;
    let (length, checksums) = content.strip_prefix(MAGIC)?.split_first_chunk::<8>()?;
    let (checksums, rest) = checksums.as_chunks::<4>();
    let intact = crc32fast::hash(content) == u32::from_le_bytes(*own) && rest.is_empty();
    let checksums = checksums.iter().map(|checksum| u32::from_le_bytes(*checksum)).collect();
    intact.then_some(FileMeta { bytes: u64::from_le_bytes(*length), checksums })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn damaged_checksums_are_noticed_whatever_byte_it_is() {
        let meta = FileMeta { bytes: 8_193, checksums: vec![7, 9] };
        let bytes = encode(&meta);
        assert_eq!(decode(&bytes), Some(meta));
        for index in 0..bytes.len() {
            let mut flipped = bytes.clone();
            flipped[index] ^= 0x10;
            assert_eq!(decode(&flipped), None, "byte {index}");
            assert_eq!(decode(&bytes[..index]), None, "cut at {index}");
        }
    }
}
