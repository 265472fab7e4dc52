//! Owns which characters of untrusted text must be escaped before they reach a terminal: an audit log is full of
//! strings that attackers chose, and a terminal executes some of them.

use std::{borrow::Cow, fmt::Write as _};

/// The text on one line, with every character that a terminal would interpret or that would be invisible escaped: `\n`,
/// `\u{1b}`, `\u{202e}`.
#[must_use]
pub fn printable(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_unprintable) {
        return Cow::Borrowed(text);
    }
    let mut safe = String::with_capacity(text.len() + 16);
    for character in text.chars() {
        if is_unprintable(character) {
            safe.extend(character.escape_default());
        } else {
            safe.push(character);
        }
    }
    Cow::Owned(safe)
}

/// Appends a character as JSON strings escape it: the text stays the same JSON.
pub fn push_json_escape(character: char, out: &mut String) {
    for unit in character.encode_utf16(&mut [0; 2]) {
        // Writing to a string cannot fail.
        let _ = write!(out, "\\u{unit:04x}");
    }
}

/// Whether a terminal interprets the character or shows nothing for it: C0 and C1 controls, the marks that change the
/// direction of text, line and paragraph separators, and characters without width.
#[must_use]
pub fn is_unprintable(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{ad}'
                | '\u{61c}'
                | '\u{180e}'
                | '\u{200b}'..='\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{feff}'
                | '\u{fff9}'..='\u{fffb}'
                | '\u{e0000}'..='\u{e007f}'
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_terminal_would_obey_is_written_out() {
        assert_eq!(printable("curl/8 (a b) ü 日本 🎉"), "curl/8 (a b) ü 日本 🎉");
        assert_eq!(printable("a\u{1b}[2Jb\n\u{202e}c"), r"a\u{1b}[2Jb\n\u{202e}c");
    }

    #[test]
    fn every_control_and_direction_mark_is_unprintable() {
        let controls = ('\0'..' ').chain('\u{7f}'..='\u{9f}');
        let directions = ['\u{61c}', '\u{200e}', '\u{200f}'].into_iter();
        let embeddings = ('\u{202a}'..='\u{202e}').chain('\u{2066}'..='\u{2069}');
        let others = ['\u{2028}', '\u{2029}', '\u{200b}', '\u{200d}', '\u{2060}', '\u{feff}', '\u{e0041}'];
        for character in controls.chain(directions).chain(embeddings).chain(others) {
            let text = character.to_string();
            assert!(printable(&text).is_ascii() && !printable(&text).contains(char::is_control), "{character:?}");
        }
    }

    #[test]
    fn an_escaped_character_is_the_same_to_a_json_reader() {
        for character in ['\u{9b}', '\u{202e}', '\u{e0041}'] {
            let mut escaped = String::new();
            push_json_escape(character, &mut escaped);
            assert!(escaped.is_ascii());
            assert_eq!(serde_json::from_str::<String>(&format!("\"{escaped}\"")).unwrap(), character.to_string());
        }
    }
}
