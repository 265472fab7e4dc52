//! Owns how texts are measured and shortened before a message quotes them.

use std::borrow::Cow;

/// The end of a shortened text.
const ELLIPSIS: char = '…';

/// The text, or its beginning and `…` where JSON would print more than `printed_bytes_max` bytes of it. A control
/// character counts as the six bytes of its escape, so that a shortened text does not grow when it is printed.
#[must_use]
pub fn shorten(text: &str, printed_bytes_max: usize) -> Cow<'_, str> {
    let mut printed_bytes = 0_usize;
    // The number of bytes that stay where the rest does not fit.
    let mut kept = 0;
    for (at, character) in text.char_indices() {
        printed_bytes = printed_bytes.saturating_add(printed_length(character));
        if printed_bytes > printed_bytes_max {
            let mut cut = String::with_capacity(kept + ELLIPSIS.len_utf8());
            cut.push_str(&text[..kept]);
            cut.push(ELLIPSIS);
            return Cow::Owned(cut);
        }
        if printed_bytes.saturating_add(ELLIPSIS.len_utf8()) <= printed_bytes_max {
            kept = at + character.len_utf8();
        }
    }
    Cow::Borrowed(text)
}

/// The maximum number of bytes of a text in a JSON string, without its quotes.
#[must_use]
pub fn printed_bytes(text: &str) -> usize {
    text.chars().map(printed_length).sum()
}

/// The maximum number of bytes of a character in a JSON string.
const fn printed_length(character: char) -> usize {
    match character {
        '\u{0}'..='\u{1f}' => 6,
        '"' | '\\' => 2,
        other => other.len_utf8(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_that_fits_stays_and_a_longer_one_ends_in_an_ellipsis() {
        assert_eq!(shorten("", 8), "");
        assert_eq!(shorten("12345678", 8), "12345678");
        assert_eq!(shorten("123456789", 8), "12345…");
        assert_eq!(shorten("ääää", 8), "ääää");
        assert_eq!(shorten("äääää", 8), "ää…");
        assert_eq!(shorten("\u{1}\u{1}", 12), "\u{1}\u{1}");
        assert_eq!(shorten("\u{1}\u{1}\u{1}", 12), "\u{1}…");
        assert_eq!(shorten(&"x".repeat(100_000), 128).len(), 128);
    }
}
