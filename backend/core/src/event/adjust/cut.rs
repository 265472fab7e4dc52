//! Cuts texts at their limits, so that equal inputs are cut alike and a cut text is not cut again.

use sha2::{Digest, Sha256};

use crate::json::write_string;

/// What is known of a text after it was cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::event) struct Cut {
    /// The length of the whole text, in bytes.
    pub(in crate::event) size: u64,
    /// SHA-256 of the whole text.
    pub(in crate::event) sha256: [u8; 32],
}

/// The size and hash of a whole text.
pub(in crate::event) fn whole_of(text: &str) -> Cut {
    Cut { size: u64::try_from(text.len()).unwrap_or(u64::MAX), sha256: Sha256::digest(text).into() }
}

/// Cuts a text to at most `bytes_max` bytes, between two characters. `None` where it fits.
pub(in crate::event) fn cut_text(text: &mut String, bytes_max: usize) -> Option<Cut> {
    if text.len() <= bytes_max {
        return None;
    }
    let cut = whole_of(text);
    text.truncate(text.floor_char_boundary(bytes_max));
    Some(cut)
}

/// Cuts a JSON Pointer so that it stays one: an escape is not cut in half.
pub(in crate::event) fn cut_pointer(pointer: &mut String, bytes_max: usize) -> Option<Cut> {
    let cut = cut_text(pointer, bytes_max)?;
    if pointer.ends_with('~') {
        pointer.pop();
    }
    Some(cut)
}

/// The beginning of a text as a JSON string whose RFC 8785 text has at most `bytes_max` bytes.
pub(in crate::event) fn cut_json_text(text: &str, bytes_max: usize) -> String {
    let mut left = bytes_max.saturating_sub(2);
    let fits = |character: &char| {
        let bytes = printed_bytes(*character);
        let fits = bytes <= left;
        left = if fits { left - bytes } else { 0 };
        fits
    };
    let end = text.chars().take_while(fits).map(char::len_utf8).sum();
    let mut printed = String::with_capacity(bytes_max);
    write_string(&text[..end], &mut printed);
    printed
}

/// The length of a character in RFC 8785 text.
const fn printed_bytes(character: char) -> usize {
    match character {
        '"' | '\\' | '\u{8}' | '\u{9}' | '\u{a}' | '\u{c}' | '\u{d}' => 2,
        '\u{0}'..='\u{1f}' => 6,
        other => other.len_utf8(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_cut_between_characters_and_only_once() {
        let mut text = "aäöü".to_owned();
        let cut = cut_text(&mut text, 4).unwrap();
        assert_eq!((text.as_str(), cut.size), ("aä", 7));
        assert_eq!(cut.sha256, <[u8; 32]>::from(Sha256::digest("aäöü")));
        assert_eq!(cut_text(&mut text, 4), None);
    }

    #[test]
    fn a_pointer_is_not_cut_inside_an_escape() {
        for (bytes_max, expected) in [(2, "/a"), (3, "/a"), (4, "/a~1"), (5, "/a~1b")] {
            let mut pointer = "/a~1bc".to_owned();
            assert!(cut_pointer(&mut pointer, bytes_max).is_some());
            assert_eq!(pointer, expected);
        }
    }

    #[test]
    fn the_beginning_of_a_json_text_fits_with_its_escapes() {
        for (text, bytes_max) in [("\"".repeat(100), 41), ("ä\u{1}".repeat(50), 33), ("x".repeat(100), 12)] {
            let printed = cut_json_text(&text, bytes_max);
            assert!(printed.len() <= bytes_max && printed.len() + 8 > bytes_max, "{printed}");
        }
    }
}
