//! The tokeniser: defines a word, for queries and indexes alike.
//!
//! Version 1: a token is a maximal run of characters that Unicode counts as alphabetic or numeric
//! ([`char::is_alphanumeric`]), each replaced by its lower-case form ([`char::to_lowercase`], which ignores
//! neighbouring characters). Everything else separates tokens: `get_bucket-acl` is three. A token keeps at most 64
//! bytes, cut at a character boundary; as queries are cut too, a longer word is found by its first 64 bytes.

use std::ops::{ControlFlow, Range};

/// The version of the rules above. An index that was built with other rules is rebuilt.
pub const TOKENIZER_VERSION: u32 = 1;

/// The maximum length of a token, in bytes.
pub const TOKEN_BYTES_MAX: usize = 64;

/// The class of a byte in the scan over ASCII.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Class {
    Separator,
    Plain,
    Upper,
    Foreign,
}

const CLASSES: [Class; 256] = {
    let mut classes = [Class::Separator; 256];
    let mut byte = 0;
    while byte < 256 {
        classes[byte] = match byte {
            0x30..=0x39 | 0x61..=0x7a => Class::Plain,
            0x41..=0x5a => Class::Upper,
            0x80.. => Class::Foreign,
            _ => Class::Separator,
        };
        byte += 1;
    }
    classes
};

/// Passes every token of `text` to `emit`, in order.
pub fn tokenize(text: &str, mut emit: impl FnMut(&str)) {
    let _ = walk_tokens(text, |token, _| {
        emit(token);
        ControlFlow::Continue(())
    });
}

/// Passes every token of `text` to `visit`, in order, with its byte range in `text`, until `visit` breaks off. Returns
/// whether it did.
pub fn walk_tokens(text: &str, mut visit: impl FnMut(&str, Range<usize>) -> ControlFlow<()>) -> ControlFlow<()> {
    let bytes = text.as_bytes();
    let class_at = |at: usize| bytes.get(at).map_or(Class::Separator, |byte| CLASSES[usize::from(*byte)]);
    let mut lowered = String::new();
    let mut at = 0;
    while at < bytes.len() {
        let start = at;
        while class_at(at) == Class::Plain {
            at += 1;
        }
        let plain_end = at;
        while matches!(class_at(at), Class::Plain | Class::Upper) {
            at += 1;
        }
        if class_at(at) == Class::Foreign {
            at = start + lower_foreign(&text[start..], &mut lowered);
            if !lowered.is_empty() {
                visit(&lowered, start..at)?;
            }
        } else if at == start {
            at += 1;
        } else if at == plain_end {
            // No letter to lower: most tokens of machine-written text are passed on without a copy.
            visit(&text[start..at.min(start + TOKEN_BYTES_MAX)], start..at)?;
        } else {
            lowered.clear();
            lowered.push_str(&text[start..at.min(start + TOKEN_BYTES_MAX)]);
            lowered.make_ascii_lowercase();
            visit(&lowered, start..at)?;
        }
    }
    ControlFlow::Continue(())
}

/// The tokens of `text`, each as a string of its own.
#[must_use]
pub fn tokens(text: &str) -> Vec<String> {
    let mut tokens = Vec::new();
    tokenize(text, |token| tokens.push(token.to_owned()));
    tokens
}

/// Lower-cases the token at the beginning of `text`, whatever its script, and returns the number of bytes it spans.
/// Where `text` begins with a separator the token is empty and the separator's length is returned.
fn lower_foreign(text: &str, lowered: &mut String) -> usize {
    lowered.clear();
    let mut full = false;
    for (at, character) in text.char_indices() {
        if !character.is_alphanumeric() {
            return if at == 0 { character.len_utf8() } else { at };
        }
        for lower in character.to_lowercase() {
            full = full || lowered.len() + lower.len_utf8() > TOKEN_BYTES_MAX;
            if !full {
                lowered.push(lower);
            }
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The rules of the module's documentation, implemented as plainly as possible.
    fn plain_tokens(text: &str) -> Vec<String> {
        text.split(|character: char| !character.is_alphanumeric())
            .filter(|run| !run.is_empty())
            .map(|run| {
                let lowered: String = run.chars().flat_map(char::to_lowercase).collect();
                let end = lowered.char_indices().map(|(at, one)| at + one.len_utf8()).take_while(|end| *end <= 64);
                lowered[..end.last().unwrap_or(0)].to_owned()
            })
            .collect()
    }

    #[test]
    fn words_are_runs_of_letters_and_digits_in_lower_case() {
        let cases: &[(&str, &[&str])] = &[
            ("", &[]),
            (" -_.,;:!?\"'\u{0}\u{2014} ", &[]),
            ("Deleted the payroll run", &["deleted", "the", "payroll", "run"]),
            ("get_bucket-acl/v2.1", &["get", "bucket", "acl", "v2", "1"]),
            ("arn:aws:iam::012:user/Bert-Jan", &["arn", "aws", "iam", "012", "user", "bert", "jan"]),
            ("ÄRGER mit Größe naïve", &["ärger", "mit", "größe", "naïve"]),
            ("ascii\u{00e9}Tail x", &["ascii\u{00e9}tail", "x"]),
            ("東京 2024年", &["東京", "2024年"]),
            ("ΣΊΣΥΦΟΣ", &["σίσυφοσ"]),
            ("{\"a\":[1,true]}", &["a", "1", "true"]),
        ];
        for (text, expected) in cases {
            assert_eq!(tokens(text), *expected, "{text}");
        }
    }

    #[test]
    fn long_tokens_keep_their_first_64_bytes_whole_characters_only() {
        assert_eq!(tokens(&"A".repeat(100)), ["a".repeat(64)]);
        assert_eq!(tokens(&format!("x{}", "é".repeat(50))), [format!("x{}", "é".repeat(31))]);
        // The character after the cut is dropped too, although it would fit by itself.
        assert_eq!(tokens(&format!("{}éz", "a".repeat(63))), ["a".repeat(63)]);
    }

    proptest! {
        #[test]
        fn the_fast_path_agrees_with_the_rules(text in "(\\PC|[a-zA-Z0-9 _.:-]|[ßİéΣ東\u{301}]){0,200}") {
            prop_assert_eq!(tokens(&text), plain_tokens(&text));
        }

        #[test]
        fn the_bytes_of_a_token_are_that_token(text in "(\\PC|[a-zA-Z0-9 _.:-]|[ßİéΣ東\u{301}]){0,200}") {
            let mut behind = 0;
            let _ = walk_tokens(&text, |token, range| {
                assert!(range.start >= behind);
                behind = range.end;
                assert_eq!(tokens(&text[range]), [token]);
                ControlFlow::Continue(())
            });
        }

        #[test]
        fn tokenising_a_token_gives_it_back(text in "[a-zA-Z0-9éäß東 ._-]{0,120}") {
            for token in tokens(&text) {
                prop_assert_eq!(tokens(&token), vec![token.clone()]);
            }
        }
    }
}
