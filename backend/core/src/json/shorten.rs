//! Owns how texts are measured and shortened before a message quotes them.

use std::borrow::Cow;

/// What a cut text ends in.
const ELLIPSIS: char = '…';

/// The text, or its beginning and `…` where JSON would print more than `printed_bytes_max` bytes of it. A control
/// character counts with the six bytes of its escape, so that what is cut does not grow again when it is printed.
#[must_use]
pub fn shorten(text: &str, printed_bytes_max: usize) -> Cow<'_, str> {
    let mut printed_bytes = 0_usize;
    // How much can stay where the rest does not fit.
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

/// How many bytes a text takes in a JSON string, without its quotes, at most.
#[must_use]
pub fn printed_bytes(text: &str) -> usize {
    text.chars().map(printed_length).sum()
}

/// How many bytes a character takes in a JSON string, at most.
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
