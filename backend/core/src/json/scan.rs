//! Finds the end of a run of plain characters, eight bytes at a time. Most of the time of reading and writing strings
//! is spent here.

const ONES: u64 = 0x0101_0101_0101_0101;
const HIGH_BITS: u64 = 0x8080_8080_8080_8080;

/// The number of bytes at the start of `bytes` that need no escape in a JSON string: all but `"`, `\` and those below
/// 0x20.
pub(super) fn plain_length(bytes: &[u8]) -> usize {
    let (chunks, rest) = bytes.as_chunks::<8>();
    for (index, chunk) in chunks.iter().enumerate() {
        let special = special_bytes(u64::from_le_bytes(*chunk));
        if special != 0 {
            return index * 8 + special.trailing_zeros() as usize / 8;
        }
    }
    let plain = |byte: &u8| !matches!(byte, b'"' | b'\\' | 0..=0x1f);
    chunks.len() * 8 + rest.iter().position(|byte| !plain(byte)).unwrap_or(rest.len())
}

/// Sets the high bit of bytes that are not plain. Bits above the first one set may be wrong, because subtraction
/// borrows from the next byte; the first one is always right.
const fn special_bytes(word: u64) -> u64 {
    let quote = word ^ (ONES * b'"' as u64);
    let backslash = word ^ (ONES * b'\\' as u64);
    let below_space = word.wrapping_sub(ONES * 0x20) & !word;
    let is_quote = quote.wrapping_sub(ONES) & !quote;
    let is_backslash = backslash.wrapping_sub(ONES) & !backslash;
    (below_space | is_quote | is_backslash) & HIGH_BITS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agrees_with_a_byte_by_byte_search_at_every_position() {
        for length in 0..20 {
            for position in 0..length {
                for byte in 0..=255u8 {
                    let mut bytes = vec![b'a'; length];
                    bytes[position] = byte;
                    let special = byte < 0x20 || byte == b'"' || byte == b'\\';
                    let expected = if special { position } else { length };
                    assert_eq!(plain_length(&bytes), expected, "{byte} at {position} of {length}");
                }
            }
        }
    }
}
