//! Owns truncation: of texts that are longer than an event may hold, or that hold characters that it may not.

use sha2::{Digest, Sha256};

use auditlog_core::event::limits::ID_BYTES_MAX;

/// At most the first `bytes_max` bytes of `text`, in whole characters. Replaces U+0000, which no event may hold.
pub(super) fn cut(text: &str, bytes_max: usize) -> String {
    let text = if text.contains('\0') { text.replace('\0', "\u{fffd}") } else { text.to_owned() };
    text[..text.floor_char_boundary(bytes_max)].to_owned()
}

/// `text` as an id. An id that is too long keeps its beginning and ends in a hash of the whole, so that two long ids
/// with the same beginning stay distinct.
pub(super) fn cut_id(text: &str) -> String {
    if text.len() <= ID_BYTES_MAX {
        return cut(text, ID_BYTES_MAX);
    }
    let digest = hex(&Sha256::digest(text.as_bytes())[..8]);
    format!("{}#{digest}", cut(text, ID_BYTES_MAX - digest.len() - 1))
}

/// Bytes as lower-case hexadecimal digits.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
        for digit in [byte >> 4, byte & 0xf] {
            text.extend(char::from_digit(u32::from(digit), 16));
        }
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_ids_that_begin_alike_stay_two() {
        let [one, other] = ["é1", "é2"].map(|end| cut_id(&format!("{}{end}", "é".repeat(200))));
        assert!(one.len() <= ID_BYTES_MAX && one.len() > ID_BYTES_MAX - 4, "{}", one.len());
        assert_ne!(one, other);
        assert_eq!(cut_id("i-1\0"), "i-1\u{fffd}");
    }
}
